"""Holon's Raft with three members in three processes; the load comes from the leader's process.

raft-commit-1000: 1,000 commands of 100 bytes under way at a time, each answered once it is on the
disks of a majority and applied. raft-commit: the median seconds from one command to its result, one
at a time. raft-read-1000: linearizable reads, 1,000 under way at a time; with the option `commits`
commands instead. All with the defaults.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.workers._raft import MEMBERS, PATIENCE_S, PAYLOAD, Count, free_ports, others
from benchmarks.workers._serve import on_loop, options, serve, warm_up_size
from holon_actors.distributed.consensus import RaftGroup

WINDOW = 1_000


def _group(name: str, ports: list[str], folder: str) -> RaftGroup:
    members = {each: f"tcp://127.0.0.1:{port}" for each, port in zip(MEMBERS, ports, strict=True)}
    return RaftGroup(
        node_id=name, members=members, machine=Count(), data_dir=str(Path(folder) / name)
    )


@asynccontextmanager
async def _leader() -> AsyncIterator[RaftGroup]:
    """This process's member, once it leads two others that run in processes of their own."""
    ports = free_ports(len(MEMBERS))
    with tempfile.TemporaryDirectory() as folder:
        async with (
            others("benchmarks.workers.holon_raft", MEMBERS[1:], folder, *ports),
            _group(MEMBERS[0], ports, folder) as group,
        ):
            await group.propose(PAYLOAD, timeout=PATIENCE_S)
            if group.leader != MEMBERS[0]:
                await group.transfer_leadership(MEMBERS[0], timeout=PATIENCE_S)
            yield group


async def commit_many(count: int) -> float:
    """Commands per second with many under way."""
    async with _leader() as group:
        return await _rate(lambda: group.propose(PAYLOAD, timeout=PATIENCE_S), count)


async def read_many(count: int) -> float:
    """Linearizable reads per second with many under way; commands with the option `commits`."""
    if "commits" in options():
        return await commit_many(count)
    async with _leader() as group:
        return await _rate(lambda: group.read(None, timeout=PATIENCE_S), count)


async def _rate(ask: Callable[[], Awaitable[Any]], count: int) -> float:
    await _run_window(ask, warm_up_size(count))
    started = perf_counter()
    await _run_window(ask, count)
    return count / (perf_counter() - started)


async def _run_window(ask: Callable[[], Awaitable[Any]], count: int) -> None:
    left = count

    async def client() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await ask()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(WINDOW, count)):
            tasks.create_task(client())


async def commit_one(count: int) -> float:
    """Median seconds of a command on its own."""
    async with _leader() as group:
        await _one_by_one(group, warm_up_size(count))
        return statistics.median(await _one_by_one(group, count))


async def _one_by_one(group: RaftGroup, count: int) -> list[float]:
    took = []
    for _ in range(count):
        started = perf_counter()
        await group.propose(PAYLOAD, timeout=PATIENCE_S)
        took.append(perf_counter() - started)
    return took


async def member(name: str, folder: str, *ports: str) -> None:
    """One of the two others."""
    async with _group(name, list(ports), folder):
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "member":
        asyncio.run(member(*sys.argv[2:]))
    else:
        serve(
            {
                "raft-commit-1000": on_loop(commit_many),
                "raft-commit": on_loop(commit_one),
                "raft-read-1000": on_loop(read_many),
            }
        )
