"""Thespian on `simpleSystemBase`, its fastest base: every actor in the calling thread.

`tell` from outside runs the system until it is quiet, so each message has been handled when the
call returns.
"""

from time import perf_counter
from typing import Any

from thespian.actors import Actor, ActorSystem

from benchmarks.workers._serve import resident_bytes, serve, warm_up_size


class Counter(Actor):  # type: ignore[misc]
    """Counts its messages."""

    def __init__(self) -> None:
        super().__init__()
        self.handled = 0

    def receiveMessage(self, message: Any, sender: Any) -> None:  # noqa: N802
        if message == "how many":
            self.send(sender, self.handled)
        else:
            self.handled += 1


class Player(Actor):  # type: ignore[misc]
    """Sends each ball back, one lower; a ball and the address to play it with start a rally."""

    def receiveMessage(self, message: Any, sender: Any) -> None:  # noqa: N802
        if isinstance(message, int):
            if message > 0:
                self.send(sender, message - 1)
        elif isinstance(message, tuple):
            other, ball = message
            self.send(other, ball)


class Echo(Actor):  # type: ignore[misc]
    """Answers with what it got; also the idle actor."""

    def receiveMessage(self, message: Any, sender: Any) -> None:  # noqa: N802
        if isinstance(message, int):
            self.send(sender, message)


def _system() -> Any:
    return ActorSystem("simpleSystemBase", logDefs=False)


def tell(count: int) -> float:
    """Messages handled per second."""
    system = _system()
    counter = system.createActor(Counter)
    message = object()
    warm_up = warm_up_size(count)
    for _ in range(warm_up):
        system.tell(counter, message)
    started = perf_counter()
    for _ in range(count):
        system.tell(counter, message)
    elapsed = perf_counter() - started
    assert system.ask(counter, "how many") == warm_up + count
    return count / elapsed


def ping_pong(count: int) -> float:
    """Messages per second between two actors."""
    system = _system()
    one, two = system.createActor(Player), system.createActor(Player)
    system.tell(one, (two, warm_up_size(count)))
    started = perf_counter()
    system.tell(one, (two, count - 1))
    return count / (perf_counter() - started)


def ask(count: int) -> float:
    """Questions answered per second, one after another."""
    system = _system()
    echo = system.createActor(Echo)
    for _ in range(warm_up_size(count)):
        system.ask(echo, 1)
    started = perf_counter()
    for _ in range(count):
        system.ask(echo, 1)
    return count / (perf_counter() - started)


def spawn(count: int) -> float:
    """Actors per second, until the last one answers."""
    system = _system()
    for _ in range(warm_up_size(count)):
        system.createActor(Echo)
    started = perf_counter()
    refs = [system.createActor(Echo) for _ in range(count)]
    system.ask(refs[-1], 1)
    return count / (perf_counter() - started)


def memory(count: int) -> float:
    """Bytes of resident memory per idle actor."""
    system = _system()
    system.ask(system.createActor(Echo), 1)
    before = resident_bytes()
    refs = [system.createActor(Echo) for _ in range(count)]
    system.ask(refs[-1], 1)
    return (resident_bytes() - before) / count


if __name__ == "__main__":
    serve({"tell": tell, "ping-pong": ping_pong, "ask": ask, "spawn": spawn, "memory": memory})
