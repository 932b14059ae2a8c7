"""Holon's kernel, by its public face alone, with supervision and metrics as default.

Handlers are plain `receive` methods; only the actor-to-actor ask is async on both sides.
"""

import asyncio
from time import perf_counter
from typing import Any

from benchmarks.workers._serve import on_loop, options, resident_bytes, serve, warm_up_size
from holon_actors import Actor, ActorRef, ActorSystem, Request, message


@message
class Tick:
    """A message that says nothing."""


@message
class Question(Request[int]):
    """A question with a number for an answer."""


class Counter(Actor):
    """Counts down and says when it has handled the last message."""

    def __init__(self, count: int, done: asyncio.Event) -> None:
        self.left = count
        self.done = done

    def receive(self, message: Any, sender: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Player(Actor):
    """Sends a ball back, one lower, to the player that it came from."""

    def __init__(self, done: asyncio.Event) -> None:
        self.done = done

    def receive(self, message: int, sender: Any) -> None:
        if message > 0:
            self.tell(sender, message - 1)
        else:
            self.done.set()


class Opener(Player):
    """A player that opens the rally: its first message comes from outside."""

    def __init__(self, other: ActorRef[Any], done: asyncio.Event) -> None:
        super().__init__(done)
        self.other = other

    def receive(self, message: int, sender: Any) -> None:
        if message > 0:
            self.tell(self.other, message - 1)
        else:
            self.done.set()


class Echo(Actor):
    """Answers every question; also the idle actor."""

    def receive(self, message: Any, sender: Any) -> int:
        return 1


class AsyncEcho(Actor):
    """Answers every question from an async handler."""

    async def receive(self, message: Any, sender: Any) -> int:
        return 1


class Caller(Actor):
    """Asks another actor, one question after another, inside its own async handler."""

    def __init__(self, other: ActorRef[Any], elapsed: "asyncio.Future[float]") -> None:
        self.other = other
        self.elapsed = elapsed

    async def receive(self, message: int, sender: Any) -> None:
        for _ in range(warm_up_size(message)):
            await self.ask(self.other, Question())
        started = perf_counter()
        for _ in range(message):
            await self.ask(self.other, Question())
        self.elapsed.set_result(perf_counter() - started)


class Node(Actor):
    """One node of the skynet tree: told to grow, a leaf tells its parent its number, another node
    spawns ten more and tells its parent their sum.

    A node stops once it has told its parent: a finished subtree is released, as finished tasks are.
    """

    def __init__(self, first: int, leaves: int) -> None:
        self.first = first
        self.leaves = leaves
        self.awaited = 10
        self.total = 0

    def receive(self, message: "Tick | int", sender: Any) -> None:
        if isinstance(message, int):
            self.total += message
            self.awaited -= 1
            if self.awaited == 0:
                self.finish(self.total)
        elif self.leaves == 1:
            self.finish(self.first)
        else:
            share = self.leaves // 10
            for i in range(10):
                self.spawn(Node, self.first + i * share, share).tell(message)

    def finish(self, total: int) -> None:
        self.tell(self.parent, total)
        self.stop()


class Root(Node):
    """The node with no parent; it reports when it has stopped, and nothing of the tree is left."""

    def __init__(self, leaves: int, result: "asyncio.Future[int]") -> None:
        super().__init__(0, leaves)
        self.result = result

    def finish(self, total: int) -> None:
        self.stop()

    def stopped(self) -> None:
        self.result.set_result(self.total)


async def tell(count: int) -> float:
    """Messages handled per second."""
    async with ActorSystem("bench") as system:
        await _tell_all(system, warm_up_size(count))
        return count / await _tell_all(system, count)


async def _tell_all(system: ActorSystem, count: int) -> float:
    done = asyncio.Event()
    put = system.spawn(Counter, count, done).tell
    tick = Tick()
    started = perf_counter()
    for _ in range(count):
        put(tick)
    await done.wait()
    return perf_counter() - started


async def ping_pong(count: int) -> float:
    """Messages per second between two actors."""
    async with ActorSystem("bench") as system:
        await _rally(system, warm_up_size(count))
        return count / await _rally(system, count)


async def _rally(system: ActorSystem, count: int) -> float:
    done = asyncio.Event()
    opener = system.spawn(Opener, system.spawn(Player, done), done)
    started = perf_counter()
    opener.tell(count - 1)
    await done.wait()
    return perf_counter() - started


async def ask(count: int) -> float:
    """Questions answered per second, one after another, asked from outside."""
    async with ActorSystem("bench") as system:
        echo = system.spawn(Echo)
        question = Question()
        for _ in range(warm_up_size(count)):
            await echo.ask(question)
        started = perf_counter()
        for _ in range(count):
            await echo.ask(question)
        return count / (perf_counter() - started)


async def ask_actor(count: int) -> float:
    """Questions answered per second from one actor to another, async handlers on both sides."""
    async with ActorSystem("bench") as system:
        elapsed: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        system.spawn(Caller, system.spawn(AsyncEcho), elapsed).tell(count)
        return count / await elapsed


async def spawn(count: int) -> float:
    """Actors per second, until the last one answers."""
    async with ActorSystem("bench") as system:
        await _spawn_all(system, warm_up_size(count))
        started = perf_counter()
        await _spawn_all(system, count)
        return count / (perf_counter() - started)


async def _spawn_all(system: ActorSystem, count: int) -> list[ActorRef[Any]]:
    refs = [system.spawn(Echo) for _ in range(count)]
    await refs[-1].ask(Question())
    return refs


async def memory(count: int) -> float:
    """Bytes of resident memory per idle actor, fresh or, when the options say so, once used."""
    async with ActorSystem("bench") as system:
        await system.spawn(Echo).ask(Question())
        before = resident_bytes()
        refs = await _spawn_all(system, count)
        if "used" in options():
            for ref in refs:
                await ref.ask(Question())
        grown = resident_bytes() - before
        return grown / len(refs)


async def skynet(leaves: int) -> float:
    """Seconds until the tree has summed its leaves and every actor of it has stopped."""
    async with ActorSystem("bench") as system:
        await _tree(system, max(leaves // 100, 10))
        started = perf_counter()
        total = await _tree(system, leaves)
        elapsed = perf_counter() - started
        assert total == leaves * (leaves - 1) // 2
        return elapsed


async def _tree(system: ActorSystem, leaves: int) -> int:
    result: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    system.spawn(Root, leaves, result).tell(Tick())
    return await result


if __name__ == "__main__":
    serve(
        {
            "tell": on_loop(tell),
            "ping-pong": on_loop(ping_pong),
            "ask": on_loop(ask),
            "ask-actor": on_loop(ask_actor),
            "spawn": on_loop(spawn),
            "memory": on_loop(memory),
            "skynet": on_loop(skynet),
        }
    )
