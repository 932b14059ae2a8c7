"""The member actor where it has much to do: long backlogs and large snapshots."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from holon_actors.distributed.consensus import RaftSettings
from holon_actors.testing import Simulation, eventually
from tests.distributed.consensus.kit import Registers, SimGroup, with_core

ENTRIES = 600
PARTS = 40


def one_at_a_time(**changes: Any) -> RaftSettings:
    """An entry for each command, none of which is in a snapshot."""
    settings = RaftSettings(batch_bytes=1, batches_max=ENTRIES, snapshot_entries=10 * ENTRIES)
    return replace(settings, **changes)


class Turns(Registers):
    """Notes in how many turns of the loop it was applied to."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = 0
        self.seen: set[int] = set()

    def apply(self, command: Any) -> Any:
        if not self.seen:
            self.count()
        self.seen.add(self.turn)
        return super().apply(command)

    def count(self) -> None:
        self.turn += 1
        if self.turn < 2 * ENTRIES:
            asyncio.get_running_loop().call_soon(self.count)


def test_a_long_log_is_applied_in_slices_between_other_work() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, "a", machine=Turns, settings=one_at_a_time(apply_slice=1))
        await eventually(lambda: group.leader, within=30)
        async with group.client() as client:
            await asyncio.gather(
                *(client.propose(["put", "x", n], timeout=60) for n in range(ENTRIES))
            )
            sim.crash("a")
            sim.restart("a")
            assert await client.read("applied", timeout=60) == ENTRIES
        machine = group.groups["a"]._machine
        assert isinstance(machine, Turns)
        assert len(machine.seen) > ENTRIES / 2

    Simulation(seed=1).run(scenario)


class InSteps(Registers):
    """Its state is restored step by step, and nothing may be asked of it meanwhile."""

    restoring = False
    steps = 0

    def apply(self, command: Any) -> Any:
        assert not self.restoring
        return super().apply(command)

    def query(self, request: Any) -> Any:
        assert not self.restoring
        return super().query(request)

    def deadline(self) -> float | None:
        assert not self.restoring
        return None

    def advance(self, now: float) -> None:
        assert not self.restoring

    def snapshot_parts(self) -> Iterator[Any]:
        assert not self.restoring
        return iter([[self.applied, dict(self.items)]] * PARTS)

    def restore_parts(self, parts: Iterator[Any]) -> Iterator[None]:
        self.restoring = True
        for part in parts:
            self.items = {}
            yield
            self.steps += 1
            self.restore(part)
        self.restoring = False


def test_a_snapshot_is_restored_in_steps_between_other_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pause = asyncio.sleep

    async def long_pause(delay: float, result: Any = None) -> Any:
        # So that what the others send comes between the steps.
        return await pause(delay or 0.02, result)

    monkeypatch.setattr(asyncio, "sleep", long_pause)

    async def scenario(sim: Simulation) -> None:
        settings = with_core(RaftSettings(snapshot_entries=20), trailing_entries=2)
        group = SimGroup(sim, "abc", machine=InSteps, settings=settings)
        group.join("d")
        async with group.client() as client, asyncio.timeout(120):
            for number in range(30):
                await client.propose(["append", "x", number], timeout=30)
            leader = group.leader
            assert leader is not None
            await group.groups[leader].snapshot(timeout=30)
            adding = asyncio.ensure_future(group.groups[leader].add("d", "sim://d"))
            number = 30
            while not adding.done():
                await client.propose(["append", "x", number], timeout=30)
                number += 1
            await adding
            await eventually(lambda: group.alike, within=30)
            assert await client.read("x", timeout=30) == list(range(number))
        machine = group.groups["d"]._machine
        assert isinstance(machine, InSteps)
        assert machine.steps >= PARTS

    for seed in range(3):
        Simulation(seed=seed).run(scenario)
