from __future__ import annotations

import asyncio

import pytest

from holon_actors.testing import (
    InvariantBroken,
    NotInTime,
    Simulation,
    SimulationNotRunning,
    always,
    eventually,
)


def test_eventually_waits_for_truth_and_returns_it() -> None:
    async def scenario(sim: Simulation) -> None:
        async def two_later() -> str | None:
            await asyncio.sleep(0.5)
            return "yes" if sim.time() > 2 else None

        assert await eventually(two_later, within=5) == "yes"
        assert sim.time() < 4

    Simulation(1).run(scenario)


def test_eventually_gives_up_and_says_why() -> None:
    async def scenario(sim: Simulation) -> None:
        def never() -> bool:
            assert sim.time() < 0, "not before the beginning"
            return True

        with pytest.raises(NotInTime, match="within 3 s") as caught:
            await eventually(never, within=3)
        assert "before the beginning" in str(caught.value.__cause__)

    Simulation(1).run(scenario)


def test_a_time_out_of_the_predicate_is_its_own() -> None:
    async def scenario(sim: Simulation) -> None:
        def broken() -> bool:
            raise TimeoutError("mine")

        with pytest.raises(TimeoutError, match="mine"):
            await eventually(broken)

    Simulation(1).run(scenario)


def test_always_holds_for_the_block_and_no_longer() -> None:
    state = {"fine": True}

    async def scenario(sim: Simulation) -> None:
        with always(lambda: state["fine"], "all is fine"):
            await asyncio.sleep(1)
        state["fine"] = False
        await asyncio.sleep(1)
        with always(lambda: state["fine"], "all is fine"):
            await asyncio.sleep(1)

    with pytest.raises(InvariantBroken, match="all is fine"):
        Simulation(1).run(scenario)


async def test_always_needs_a_simulation() -> None:
    with pytest.raises(SimulationNotRunning), always(lambda: True):
        pass
