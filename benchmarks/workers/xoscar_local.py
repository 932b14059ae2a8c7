"""xoscar, pool and caller in one process.

xoscar has two kinds of ref. `create_actor` gives one that sends a message through the pool;
`actor_ref`, inside the process, gives a compiled shortcut that runs the method under the actor's
lock, with no message and no mailbox ("direct"). Tell, ping-pong and the actor-to-actor ask take
the shortcut, its best way. The ask from outside is measured both ways: as a message, which is what
an ask is, and direct when the options say so.
"""

import asyncio
from time import perf_counter
from typing import Any

import xoscar

from benchmarks.workers._serve import on_loop, options, resident_bytes, serve, warm_up_size

ADDRESS = "127.0.0.1:0"


class Counter(xoscar.Actor):  # type: ignore[misc]
    """Counts down and says when it has handled the last message."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.done: asyncio.Event = asyncio.Event()

    async def expect(self, count: int) -> asyncio.Event:
        self.left = count
        self.done = asyncio.Event()
        return self.done

    def receive(self, message: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Player(xoscar.Actor):  # type: ignore[misc]
    """Sends each ball back, one lower."""

    async def meet(self, other: Any, done: asyncio.Event) -> None:
        self.other = other
        self.done = done

    async def receive(self, ball: int) -> None:
        if ball > 0:
            await self.other.receive.tell(ball - 1)
        else:
            self.done.set()


class Echo(xoscar.Actor):  # type: ignore[misc]
    """Answers with what it got; also the idle actor."""

    async def receive(self, message: Any) -> Any:
        return message


class Caller(xoscar.Actor):  # type: ignore[misc]
    """Asks another actor, one question after another."""

    async def ask_all(self, other: Any, count: int) -> float:
        started = perf_counter()
        for _ in range(count):
            await other.receive(1)
        return perf_counter() - started


async def _direct(actor: type[xoscar.Actor], address: str) -> Any:
    """A new actor, by its compiled shortcut."""
    created = await xoscar.create_actor(actor, address=address)
    return await xoscar.actor_ref(created.address, created.uid)


async def _messaged(actor: type[xoscar.Actor], address: str) -> Any:
    """A new actor, by a ref that sends messages."""
    return await xoscar.create_actor(actor, address=address)


async def tell(count: int) -> float:
    """Messages handled per second."""
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        counter = await _direct(Counter, pool.external_address)
        await _tell_all(counter, warm_up_size(count))
        return count / await _tell_all(counter, count)


async def _tell_all(counter: Any, count: int) -> float:
    done = await counter.expect(count)
    message = object()
    started = perf_counter()
    for _ in range(count):
        await counter.receive.tell(message)
    await done.wait()
    return perf_counter() - started


async def ping_pong(count: int) -> float:
    """Messages per second between two actors."""
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        address = pool.external_address
        one = await _direct(Player, address)
        two = await _direct(Player, address)
        await _rally(one, two, warm_up_size(count))
        return count / await _rally(one, two, count)


async def _rally(one: Any, two: Any, count: int) -> float:
    done = asyncio.Event()
    await one.meet(two, done)
    await two.meet(one, done)
    started = perf_counter()
    await one.receive.tell(count - 1)
    await done.wait()
    return perf_counter() - started


async def ask(count: int) -> float:
    """Questions answered per second, one after another: as messages, or by the direct call."""
    make = _direct if "direct" in options() else _messaged
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        echo = await make(Echo, pool.external_address)
        for _ in range(warm_up_size(count)):
            await echo.receive(1)
        started = perf_counter()
        for _ in range(count):
            await echo.receive(1)
        return count / (perf_counter() - started)


async def ask_actor(count: int) -> float:
    """Questions answered per second from one actor to another, by the compiled direct call."""
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        echo = await _direct(Echo, pool.external_address)
        caller = await _direct(Caller, pool.external_address)
        await caller.ask_all(echo, warm_up_size(count))
        elapsed: float = await caller.ask_all(echo, count)
        return count / elapsed


async def spawn(count: int) -> float:
    """Actors per second, until the last one answers."""
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        address = pool.external_address
        warm_up = [
            await xoscar.create_actor(Echo, address=address) for _ in range(warm_up_size(count))
        ]
        started = perf_counter()
        refs = [await xoscar.create_actor(Echo, address=address) for _ in range(count)]
        await refs[-1].receive(1)
        elapsed = perf_counter() - started
        assert warm_up
        return count / elapsed


async def memory(count: int) -> float:
    """Bytes of resident memory per idle actor."""
    async with await xoscar.create_actor_pool(ADDRESS, n_process=0) as pool:
        address = pool.external_address
        first = await xoscar.create_actor(Echo, address=address)
        await first.receive(1)
        before = resident_bytes()
        refs = [await xoscar.create_actor(Echo, address=address) for _ in range(count)]
        await refs[-1].receive(1)
        return (resident_bytes() - before) / count


if __name__ == "__main__":
    serve(
        {
            "tell": on_loop(tell),
            "ping-pong": on_loop(ping_pong),
            "ask": on_loop(ask),
            "ask-actor": on_loop(ask_actor),
            "spawn": on_loop(spawn),
            "memory": on_loop(memory),
        }
    )
