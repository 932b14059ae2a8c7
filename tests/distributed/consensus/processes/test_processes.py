"""Members in real processes with real disks: killed, paused, and all killed at once, under load."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from holon_actors import HolonError
from holon_actors.distributed.consensus import RaftClient, RaftGroup
from holon_actors.testing import check_linearizable
from holon_actors.testing.models import KeyValue
from tests.distributed.consensus.processes.cluster import Processes
from tests.distributed.consensus.processes.load import History, run_load

SOAK = int(os.environ.get("HOLON_SOAK", "1"))
TORMENT_S = 15.0 if SOAK <= 1 else 120.0
# Longer than an election, so that a paused leader comes back to a group that has another.
PAUSE_S = 1.5


@pytest.fixture
async def group_of(tmp_path: Path) -> AsyncIterator[Callable[[int], Processes]]:
    made: list[Processes] = []

    def make(size: int) -> Processes:
        made.append(Processes.on_loopback(tmp_path, size))
        return made[-1]

    yield make
    for processes in made:
        await processes.close()


async def reach(client: RaftClient, processes: Processes, limit_s: float = 20.0) -> None:
    """Until the group takes a command."""
    try:
        await client.propose(["put", "reached", 0], timeout=limit_s)
    except HolonError as error:
        pytest.fail(f"the group does not answer: {error!r}\n{processes.logs()}")


async def torment(processes: Processes, seed: int, seconds: float) -> None:
    """Kill or pause some members, again and again; at the end all of them run."""
    rng = random.Random(seed)
    names = list(processes.members)
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        victims = rng.sample(names, rng.randint(1, len(names) // 2 + 1))
        match rng.choice(["kill", "pause", "pause and kill"]):
            case "kill":
                await killed(processes, victims, rng.random())
            case "pause":
                await paused(processes, victims, [])
            case _:
                # What the others have acknowledged by themselves meanwhile would be lost.
                await paused(processes, victims, [name for name in names if name not in victims])
        await asyncio.sleep(1.0 + rng.random())


async def killed(processes: Processes, names: list[str], seconds: float) -> None:
    """Kill members, and start them after some time."""
    await processes.kill(*names)
    await asyncio.sleep(seconds)
    for name in names:
        await processes.start(name)


async def paused(processes: Processes, names: list[str], others: list[str]) -> None:
    """Pause members; kill the others before they go on."""
    for name in names:
        processes.pause(name)
    await asyncio.sleep(PAUSE_S)
    await processes.kill(*others)
    for name in names:
        processes.go_on(name)
    for name in others:
        await processes.start(name)


@pytest.mark.timeout(120 if SOAK <= 1 else 600)
@pytest.mark.parametrize("size", [3, 5] if SOAK > 1 else [3])
async def test_a_group_whose_members_are_killed_and_paused_stays_linearizable_and_loses_nothing(
    group_of: Callable[[int], Processes], size: int
) -> None:
    processes = group_of(size)
    await processes.start_all()
    history, stop = History(), asyncio.Event()
    async with RaftGroup.client(processes.members) as client:
        await reach(client, processes)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_load(processes.members, history, seed=size, stop=stop))
            await torment(processes, seed=size, seconds=TORMENT_S)
            await reach(client, processes)
            stop.set()

        await processes.kill(*processes.members)
        await processes.start_all()
        await reach(client, processes)
        await read_all(client, history)
    assert history.answered > 100, processes.logs()
    verdict = check_linearizable(history.operations, KeyValue())
    assert verdict, verdict.explanation


async def read_all(client: RaftClient, history: History) -> None:
    """Read every key, as one more client whose answers have to fit in as well."""
    await run_reads(client, history, sorted({o.call[1] for o in history.operations}))


async def run_reads(client: RaftClient, history: History, keys: list[str]) -> None:
    from holon_actors.testing import Operation

    loop = asyncio.get_running_loop()
    for key in keys:
        start = loop.time()
        value = await client.read(key, timeout=10.0)
        history.operations.append(Operation("last", ("get", key), value, start, loop.time()))
