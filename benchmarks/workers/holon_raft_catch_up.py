"""A new member of a group of Holon's that gets all of the state as one snapshot.

The state is in parts of 1 MiB; the size is their number. Three members run in three processes and
have a snapshot; a fourth one, in one more process, begins with nothing. The load comes from the
leader's process: one command after the other.

raft-catch-up: the bytes of state per second, from the change that adds the member until it votes.
raft-catch-up-p99: seconds that 99 of 100 commands take at most meanwhile; with the option `before`
those before it came.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import repeat
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.workers._raft import MEMBERS, PATIENCE_S, PAYLOAD, Count, free_ports, others
from benchmarks.workers._serve import on_loop, options, serve
from holon_actors.distributed.consensus import CoreSettings, RaftGroup, RaftSettings

PART = bytes(1 << 20)
_NEW = "d"
_BEFORE_S = 2.0
# So that a new member cannot have the log instead.
_SETTINGS = RaftSettings(core=CoreSettings(trailing_entries=1))


class Large(Count):
    """Counts, and has so many parts beside it, which are not kept: they would only fill memory."""

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.parts = parts

    def snapshot_parts(self) -> Iterator[Any]:
        yield self.count
        yield from repeat(PART, self.parts)

    def restore_parts(self, parts: Iterator[Any]) -> Iterator[None]:
        self.count = next(parts)
        self.parts = 0
        for part in parts:
            assert len(part) == len(PART)
            self.parts += 1
            yield


def _group(name: str, ports: list[str], folder: str, parts: int) -> RaftGroup:
    names = (*MEMBERS, _NEW)
    members = {each: f"tcp://127.0.0.1:{port}" for each, port in zip(names, ports, strict=True)}
    if name != _NEW:
        del members[_NEW]
    return RaftGroup(
        name,
        members,
        Large(parts),
        str(Path(folder) / name),
        join=name == _NEW,
        settings=_SETTINGS,
    )


@asynccontextmanager
async def _leader(parts: int) -> AsyncIterator[tuple[RaftGroup, str]]:
    """A member that leads two others and has a snapshot, and where the new one will be."""
    ports = free_ports(len(MEMBERS) + 1)
    with tempfile.TemporaryDirectory() as folder:
        module = "benchmarks.workers.holon_raft_catch_up"
        names = (*MEMBERS[1:], _NEW)
        async with (
            others(module, names, folder, str(parts), *ports),
            _group(MEMBERS[0], ports, folder, parts) as group,
        ):
            await group.propose(PAYLOAD, timeout=PATIENCE_S)
            if group.leader != MEMBERS[0]:
                await group.transfer_leadership(MEMBERS[0], timeout=PATIENCE_S)
            for _ in range(10):
                await group.propose(PAYLOAD, timeout=PATIENCE_S)
            await group.snapshot(timeout=PATIENCE_S)
            yield group, f"tcp://127.0.0.1:{ports[-1]}"


async def catch_up(parts: int) -> float:
    """Bytes per second."""
    async with _leader(parts) as (group, address):
        load = asyncio.create_task(_commands(group, []))
        try:
            return parts * len(PART) / await _added(group, address)
        finally:
            load.cancel()


async def latency(parts: int) -> float:
    """The leader's 99th percentile, in seconds."""
    async with _leader(parts) as (group, address):
        took: list[float] = []
        load = asyncio.create_task(_commands(group, took))
        try:
            await asyncio.sleep(_BEFORE_S)
            if "before" not in options():
                took.clear()
                await _added(group, address)
            return statistics.quantiles(took, n=100)[-1]
        finally:
            load.cancel()


async def _added(group: RaftGroup, address: str) -> float:
    """How many seconds it takes until the new member votes."""
    started = perf_counter()
    await group.add(_NEW, address, timeout=PATIENCE_S)
    return perf_counter() - started


async def _commands(group: RaftGroup, took: list[float]) -> None:
    """One after the other, for as long as it is let."""
    while True:
        started = perf_counter()
        await group.propose(PAYLOAD, timeout=PATIENCE_S)
        took.append(perf_counter() - started)


async def member(name: str, folder: str, parts: str, *ports: str) -> None:
    """One of the others."""
    size = 0 if name == _NEW else int(parts)
    async with _group(name, list(ports), folder, size):
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "member":
        asyncio.run(member(*sys.argv[2:]))
    else:
        serve({"raft-catch-up": on_loop(catch_up), "raft-catch-up-p99": on_loop(latency)})
