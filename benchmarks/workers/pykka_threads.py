"""Pykka: every actor a `ThreadingActor`, the runtime that its manual recommends."""

import threading
from time import perf_counter
from typing import Any

import pykka

from benchmarks.workers._serve import resident_bytes, serve, warm_up_size


class Counter(pykka.ThreadingActor):
    """Counts down and says when it has handled the last message."""

    def __init__(self, count: int, done: threading.Event) -> None:
        super().__init__()
        self.left = count
        self.done = done

    def on_receive(self, message: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Player(pykka.ThreadingActor):
    """Sends each ball back, one lower, to the player it was told about first."""

    def __init__(self, done: threading.Event) -> None:
        super().__init__()
        self.other: Any = None
        self.done = done

    def on_receive(self, message: Any) -> None:
        if isinstance(message, int):
            if message > 0:
                self.other.tell(message - 1)
            else:
                self.done.set()
        else:
            self.other = message


class Echo(pykka.ThreadingActor):
    """Answers with what it got; also the idle actor."""

    def on_receive(self, message: Any) -> Any:
        return message


def tell(count: int) -> float:
    """Messages handled per second."""
    _tell_all(warm_up_size(count))
    return count / _tell_all(count)


def _tell_all(count: int) -> float:
    done = threading.Event()
    counter = Counter.start(count, done)
    message = object()
    put = counter.tell
    started = perf_counter()
    for _ in range(count):
        put(message)
    done.wait()
    elapsed = perf_counter() - started
    counter.stop()
    return elapsed


def ping_pong(count: int) -> float:
    """Messages per second between two actors."""
    _rally(warm_up_size(count))
    return count / _rally(count)


def _rally(count: int) -> float:
    done = threading.Event()
    one, two = Player.start(done), Player.start(done)
    one.tell(two)
    two.tell(one)
    started = perf_counter()
    one.tell(count - 1)
    done.wait()
    elapsed = perf_counter() - started
    pykka.ActorRegistry.stop_all()
    return elapsed


def ask(count: int) -> float:
    """Questions answered per second, one after another."""
    echo = Echo.start()
    for _ in range(warm_up_size(count)):
        echo.ask(1)
    started = perf_counter()
    for _ in range(count):
        echo.ask(1)
    elapsed = perf_counter() - started
    echo.stop()
    return count / elapsed


def spawn(count: int) -> float:
    """Actors per second, until the last one answers."""
    for _ in range(warm_up_size(count)):
        Echo.start()
    started = perf_counter()
    refs = [Echo.start() for _ in range(count)]
    refs[-1].ask(1)
    elapsed = perf_counter() - started
    pykka.ActorRegistry.stop_all()
    return count / elapsed


def memory(count: int) -> float:
    """Bytes of resident memory per idle actor."""
    Echo.start().ask(1)
    before = resident_bytes()
    refs = [Echo.start() for _ in range(count)]
    refs[-1].ask(1)
    grown = resident_bytes() - before
    pykka.ActorRegistry.stop_all()
    return grown / count


if __name__ == "__main__":
    serve({"tell": tell, "ping-pong": ping_pong, "ask": ask, "spawn": spawn, "memory": memory})
