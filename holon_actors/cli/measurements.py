"""What `holon bench` measures: this installation against the plainest thing that does the same.

Each work is timed in turns, ours and the limit, and the median counts; ratios of one run are worth
comparing, numbers from different machines are not. The comparison with other libraries lives in the
repository's benchmarks, not here.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from holon_actors.actors import Actor, ActorSystem, Unbounded
from holon_actors.flows import Isolation, flow
from holon_actors.runtime import Engine

__all__ = ["WORKS", "Measurement", "measure"]

Timed = Callable[[int], Awaitable[float]]

REPEATS = 3
QUICK_SHARE = 10


@dataclass(frozen=True, kw_only=True)
class Work:
    """Something done `count` times, by Holon and by the limit it is held against."""

    name: str
    count: int
    ours: Timed
    limit_name: str
    limit: Timed


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How often per second the work was done."""

    name: str
    per_second: float
    limit_name: str
    limit_per_second: float

    @property
    def ratio(self) -> float:
        """Ours over the limit: 1.0 is as fast."""
        return self.per_second / self.limit_per_second


async def measure(work: Work, *, quick: bool) -> Measurement:
    """Time `work`, ours and the limit in turns."""
    count = work.count // QUICK_SHARE if quick else work.count
    times: list[tuple[float, float]] = []
    for _ in range(REPEATS):
        ours_s = await work.ours(count)
        limit_s = await work.limit(count)
        times.append((ours_s, limit_s))

    ours, limits = zip(*times, strict=True)
    return Measurement(
        name=work.name,
        per_second=count / statistics.median(ours),
        limit_name=work.limit_name,
        limit_per_second=count / statistics.median(limits),
    )


class Counter(Actor):
    """Counts down, and says when it is done."""

    def __init__(self, expected: int, done: asyncio.Future[None]) -> None:
        self.left = expected
        self.done = done

    def receive(self, _message: Any, _sender: Any) -> None:
        self.left -= 1
        if not self.left:
            self.done.set_result(None)


class Echo(Actor):
    """Answers with the message."""

    def receive(self, message: Any, _sender: Any) -> Any:
        return message


class Box:
    """An object with a method, as plain as they come."""

    def __init__(self) -> None:
        self.seen = 0

    def receive(self, _message: Any) -> None:
        self.seen += 1


def nothing() -> None:
    """The least a flow can do."""


async def tell(count: int) -> float:
    done = asyncio.get_running_loop().create_future()
    async with ActorSystem("bench") as system:
        mailbox = Unbounded(high_water=count)  # all of them wait at first: no cause for alarm
        counter = system.spawn(Counter, count, done, mailbox=mailbox)
        started = time.perf_counter()
        for number in range(count):
            counter.tell(number)
        await done
        return time.perf_counter() - started


async def queue_and_call(count: int) -> float:
    queue: deque[int] = deque()
    box = Box()
    started = time.perf_counter()
    for number in range(count):
        queue.append(number)
    while queue:
        box.receive(queue.popleft())
    return time.perf_counter() - started


async def ask(count: int) -> float:
    async with ActorSystem("bench") as system:
        echo = system.spawn(Echo)
        started = time.perf_counter()
        for number in range(count):
            await echo.ask(number)
        return time.perf_counter() - started


def resolve(answer: asyncio.Future[int], number: int) -> None:
    if not answer.cancelled():  # as it is once the user has had enough
        answer.set_result(number)


async def future_and_callback(count: int) -> float:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    for number in range(count):
        answer = loop.create_future()
        loop.call_soon(resolve, answer, number)
        await answer
    return time.perf_counter() - started


async def spawn(count: int) -> float:
    async with ActorSystem("bench") as system:
        started = time.perf_counter()
        for _ in range(count):
            system.spawn(Echo)
        return time.perf_counter() - started


async def task_each(count: int) -> float:
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(asyncio.sleep(0))
    return time.perf_counter() - started


def engine(isolation: Isolation) -> Timed:
    async def run(count: int) -> float:
        async with Engine(max_concurrency=2, queue_size=count) as runs:
            noop = flow(nothing)
            started = time.perf_counter()
            submitted = [runs.submit(noop, None, isolation=isolation) for _ in range(count)]
            await asyncio.gather(*submitted)
            return time.perf_counter() - started

    return run


async def thread_pool(count: int) -> float:
    with ThreadPoolExecutor(2) as pool:
        started = time.perf_counter()
        submitted = [pool.submit(nothing) for _ in range(count)]
        for future in submitted:
            future.result()
        return time.perf_counter() - started


def _works() -> Iterator[Work]:
    yield Work(
        name="tell", count=200_000, ours=tell, limit_name="deque + call", limit=queue_and_call
    )
    yield Work(
        name="ask",
        count=50_000,
        ours=ask,
        limit_name="future + callback",
        limit=future_and_callback,
    )
    yield Work(name="spawn", count=50_000, ours=spawn, limit_name="asyncio task", limit=task_each)
    isolations: tuple[Isolation, ...] = ("inline", "thread")
    for isolation in isolations:
        yield Work(
            name=f"engine, {isolation}",
            count=20_000,
            ours=engine(isolation),
            limit_name="ThreadPoolExecutor",
            limit=thread_pool,
        )


WORKS = tuple(_works())
