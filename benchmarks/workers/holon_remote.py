"""Holon between two processes, by its public face alone: one system in each, with its defaults.

remote-tell: an actor of the other process tells messages with 100 bytes, batch after batch; `send`
now and then keeps it from running ahead of the link. remote-ask: one question after another.
remote-ask-64, remote-ask-1000: so many under way at a time. remote-array: 1 MiB arrays of numpy.
The options `ipc` (the default) and `tcp` choose the link.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.workers._serve import on_loop, options, serve, warm_up_size
from holon_actors import Actor, ActorRef, ActorSystem, Request, message

ARRAY_BYTES = 1024 * 1024
_MESSAGES_PER_BATCH = 5_000
_ARRAYS_PER_BATCH = 8
_PATIENCE_S = 30.0


@message(name="bench.Load")
class Load:
    """A message with 100 bytes."""

    body: bytes


@message(name="bench.Array")
class Array:
    """A message with an array."""

    values: Any


@message(name="bench.Echo")
class Echo(Request[bytes]):
    """A question that is answered by what it brings."""

    body: bytes


@message(name="bench.Start")
class Start:
    """Where to send how many messages, or arrays."""

    count: int
    target: Any
    arrays: bool = False


@message(name="bench.Hello")
class Hello:
    """The actor of the other process introduces itself."""


class Counter(Actor):
    """Counts what comes."""

    def __init__(self) -> None:
        self.left = 0
        self.bytes = 0
        self.done = asyncio.Event()
        self.peer: asyncio.Future[ActorRef[Any]] = asyncio.get_running_loop().create_future()

    def receive(self, message: Any, sender: Any) -> None:
        if isinstance(message, Hello):
            self.peer.set_result(sender)
            return
        if isinstance(message, Array):
            self.bytes += message.values.nbytes
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Known(Counter):
    """A counter that this process can look at."""

    def __init__(self, made: list[Counter]) -> None:
        super().__init__()
        made.append(self)


class Peer(Actor):
    """The actor of the other process: echoes, and sends when it is told to."""

    def __init__(self, counter: ActorRef[Any]) -> None:
        self.tell(counter, Hello())

    def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, Echo):
            return message.body
        if message.arrays:
            content: Any = Array(np.ones(ARRAY_BYTES // 8))
            return self._send(message, content, _ARRAYS_PER_BATCH)
        return self._send(message, Load(bytes(100)), _MESSAGES_PER_BATCH)

    async def _send(self, start: Start, content: Any, batch: int) -> None:
        tell, send = start.target.tell, start.target.send
        under_way: list[asyncio.Task[None]] = []
        left = start.count
        while left > 0:
            for _ in range(min(batch, left) - 1):
                tell(content)
            left -= batch
            under_way.append(asyncio.create_task(send(content)))
            await asyncio.sleep(0)
            if len(under_way) > 4:
                await under_way.pop(0)
        await asyncio.gather(*under_way)


@asynccontextmanager
async def _pair() -> AsyncIterator[tuple[Counter, ActorRef[Any], ActorRef[Any]]]:
    """The counter of this process, its reference, and the actor of the other process."""
    with tempfile.TemporaryDirectory() as folder:
        link = "tcp://127.0.0.1:0" if "tcp" in options() else f"ipc://{folder}/socket"
        async with ActorSystem("bench", bind=link, attach=False) as system:
            made: list[Counter] = []
            ref = system.spawn(Known, made, name="counter")
            command = [sys.executable, "-m", "benchmarks.workers.holon_remote", "peer"]
            with _process([*command, str(ref.address)]):
                async with asyncio.timeout(_PATIENCE_S):
                    peer = await made[0].peer
                yield made[0], ref, peer


@contextmanager
def _process(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


async def _peer(address: str) -> None:
    async with ActorSystem("peer", attach=False) as system:
        system.spawn(Peer, system.ref(address))
        await asyncio.Event().wait()


async def tell(count: int) -> float:
    """Messages handled per second."""
    async with _pair() as (counter, ref, peer):
        await _receive(counter, peer, Start(warm_up_size(count), ref))
        return count / await _receive(counter, peer, Start(count, ref))


async def array(count: int) -> float:
    """Bytes handled per second, in arrays."""
    async with _pair() as (counter, ref, peer):
        await _receive(counter, peer, Start(warm_up_size(count), ref, arrays=True))
        counter.bytes = 0
        elapsed = await _receive(counter, peer, Start(count, ref, arrays=True))
        return counter.bytes / elapsed


async def _receive(counter: Counter, peer: ActorRef[Any], start: Start) -> float:
    counter.left = start.count
    counter.done.clear()
    started = perf_counter()
    peer.tell(start)
    await counter.done.wait()
    return perf_counter() - started


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


async def _ask_all(peer: ActorRef[Any], count: int, at_a_time: int) -> float:
    async def asker(number: int) -> None:
        question = Echo(bytes(100))
        for _ in range(number):
            await peer.ask(question, timeout=30.0)

    started = perf_counter()
    if at_a_time == 1:
        await asker(count)
    else:
        await asyncio.gather(*(asker(count // at_a_time) for _ in range(at_a_time)))
    return perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1] == "peer":
        asyncio.run(_peer(sys.argv[2]))
    else:
        serve(
            {
                "remote-tell": on_loop(tell),
                "remote-ask": on_loop(ask),
                "remote-ask-64": on_loop(ask_64),
                "remote-ask-1000": on_loop(ask_1000),
                "remote-array": on_loop(array),
            }
        )
