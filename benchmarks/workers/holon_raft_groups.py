"""Many groups of Holon's Raft on three nodes in three processes, which share links and logs.

raft-groups: commands of 100 bytes per second of 100 groups, 10 of each under way at a time, sent
from the process that leads all of them; with the option `one`, of one group with 1,000 under way.
raft-idle: the share of a core that this process takes while nothing is asked of the groups.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.workers._raft import MEMBERS, PATIENCE_S, PAYLOAD, Count, free_ports, others
from benchmarks.workers._serve import on_loop, options, serve, warm_up_size
from holon_actors.distributed.consensus import RaftGroup, RaftHost

_GROUPS = 100
_WINDOW = 1_000
_IDLE_S = 5.0


@asynccontextmanager
async def _node(
    name: str, folder: str, count: int, ports: list[str]
) -> AsyncIterator[list[RaftGroup]]:
    """This process's members."""
    members = {each: f"tcp://127.0.0.1:{port}" for each, port in zip(MEMBERS, ports, strict=True)}
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(
            RaftHost(name, members[name], str(Path(folder) / name))
        )
        yield [
            await stack.enter_async_context(
                RaftGroup(name, members, Count(), group=f"group-{number}", host=host)
            )
            for number in range(count)
        ]


@asynccontextmanager
async def _leaders(count: int) -> AsyncIterator[list[RaftGroup]]:
    """This process's members, once they lead."""
    ports = free_ports(len(MEMBERS))
    module = "benchmarks.workers.holon_raft_groups"
    with tempfile.TemporaryDirectory() as folder:
        async with (
            others(module, MEMBERS[1:], folder, str(count), *ports),
            _node(MEMBERS[0], folder, count, ports) as groups,
        ):
            async with asyncio.TaskGroup() as tasks:
                for group in groups:
                    tasks.create_task(_lead(group))
            yield groups


async def _lead(group: RaftGroup) -> None:
    await group.propose(PAYLOAD, timeout=PATIENCE_S)
    if group.leader != MEMBERS[0]:
        await group.transfer_leadership(MEMBERS[0], timeout=PATIENCE_S)
        await group.propose(PAYLOAD, timeout=PATIENCE_S)


async def commit_many(count: int) -> float:
    """Commands per second of all groups together."""
    number = 1 if "one" in options() else _GROUPS
    async with _leaders(number) as groups:
        await _run(groups, warm_up_size(count))
        started = perf_counter()
        await _run(groups, count)
        return count / (perf_counter() - started)


async def _run(groups: list[RaftGroup], count: int) -> None:
    left = count

    async def client(group: RaftGroup) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await group.propose(PAYLOAD, timeout=PATIENCE_S)

    async with asyncio.TaskGroup() as tasks:
        for at in range(_WINDOW):
            tasks.create_task(client(groups[at % len(groups)]))


async def idle(count: int) -> float:
    """The share of a core."""
    async with _leaders(count):
        await asyncio.sleep(1.0)
        used, started = process_time(), perf_counter()
        await asyncio.sleep(_IDLE_S)
        return (process_time() - used) / (perf_counter() - started)


async def member(name: str, folder: str, count: str, *ports: str) -> None:
    """One of the two others."""
    async with _node(name, folder, int(count), list(ports)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "member":
        asyncio.run(member(*sys.argv[2:]))
    else:
        serve({"raft-groups": on_loop(commit_many), "raft-idle": on_loop(idle)})
