"""xoscar between two processes: the pool's main process and one of its sub-processes.

The tells come from an actor of the sub-process, the questions from the main process; both by
`actor_ref`, whose compiled refs are the documented way. The option `tcp` is understood and changes
nothing: between processes of one machine xoscar picks its own Unix sockets.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import numpy as np
import xoscar

from benchmarks.workers._serve import on_loop, serve, warm_up_size

ARRAY_BYTES = 1024 * 1024


class Counter(xoscar.Actor):  # type: ignore[misc]
    """Counts down and says when the last message has come."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.done = asyncio.Event()

    async def expect(self, count: int) -> None:
        self.left = count
        self.done = asyncio.Event()

    def receive(self, message: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Peer(xoscar.Actor):  # type: ignore[misc]
    """The actor of the other process: echoes, and sends when it is told to."""

    async def echo(self, message: Any) -> Any:
        return message

    async def send(self, counter: Any, count: int, arrays: bool) -> None:
        content: Any = np.ones(ARRAY_BYTES // 8) if arrays else bytes(100)
        tell = counter.receive.tell
        for _ in range(count):
            await tell(content)


@asynccontextmanager
async def _pair() -> AsyncIterator[tuple[Counter, Any, Any]]:
    """The counter, its reference, and the reference of the actor in the other process."""
    made: list[Counter] = []

    class Known(Counter):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    async with await xoscar.create_actor_pool("127.0.0.1:0", n_process=1) as pool:
        address = pool.external_address
        counter = await xoscar.create_actor(Known, address=address)
        other = xoscar.allocate_strategy.ProcessIndex(1)
        peer = await xoscar.create_actor(Peer, address=address, allocate_strategy=other)
        yield made[0], counter, await xoscar.actor_ref(peer.address, peer.uid)


async def tell(count: int) -> float:
    """Messages handled per second."""
    return await _one_way(count, arrays=False)


async def array(count: int) -> float:
    """Bytes handled per second, in arrays."""
    return ARRAY_BYTES * await _one_way(count, arrays=True)


async def _one_way(count: int, *, arrays: bool) -> float:
    async with _pair() as (counter, ref, peer):
        await _receive(counter, ref, peer, warm_up_size(count), arrays)
        return count / await _receive(counter, ref, peer, count, arrays)


async def _receive(counter: Counter, ref: Any, peer: Any, count: int, arrays: bool) -> float:
    await counter.expect(count)
    started = perf_counter()
    sending = asyncio.ensure_future(peer.send(ref, count, arrays))
    await counter.done.wait()
    elapsed = perf_counter() - started
    await sending
    return elapsed


async def ask(count: int) -> float:
    """Questions answered per second, one after another."""
    return await _ask(count, 1)


async def ask_64(count: int) -> float:
    """Questions answered per second, 64 at a time."""
    return await _ask(count, 64)


async def ask_1000(count: int) -> float:
    """Questions answered per second, 1,000 at a time."""
    return await _ask(count, 1_000)


async def _ask(count: int, at_a_time: int) -> float:
    async with _pair() as (_, _, peer):
        await _ask_all(peer, max(warm_up_size(count), at_a_time), at_a_time)
        return count / await _ask_all(peer, count, at_a_time)


async def _ask_all(peer: Any, count: int, at_a_time: int) -> float:
    async def asker(number: int) -> None:
        question = bytes(100)
        for _ in range(number):
            await peer.echo(question)

    started = perf_counter()
    await asyncio.gather(*(asker(count // at_a_time) for _ in range(at_a_time)))
    return perf_counter() - started


if __name__ == "__main__":
    serve(
        {
            "remote-tell": on_loop(tell),
            "remote-ask": on_loop(ask),
            "remote-ask-64": on_loop(ask_64),
            "remote-ask-1000": on_loop(ask_1000),
            "remote-array": on_loop(array),
        }
    )
