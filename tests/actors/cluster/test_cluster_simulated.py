"""`system.cluster` over real links, codec and actors in the simulation: faults that a test of real
systems could only have by chance, and much time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from holon_actors import ActorSystem
from holon_actors.actors.cluster import MemberDown, SelfDown
from holon_actors.testing import Simulation, eventually

SOAK = int(os.environ.get("HOLON_SOAK", "0"))
SEEDS = range(3) if not SOAK else range(100, 100 + 3 * SOAK)

# Far beyond what ends a link, and long enough to be downed for.
PAUSE_MAX_S = 9.0

pytestmark = pytest.mark.timeout(60 + 60 * SOAK)


async def form(sim: Simulation, names: Iterable[str]) -> list[ActorSystem]:
    systems = [sim.node(name) for name in names]
    for system in systems[1:]:
        assert systems[0].bind is not None
        await system.cluster.join(systems[0].bind)
    await eventually(lambda: agreed(systems), within=5.0)
    return systems


def agreed(systems: Sequence[ActorSystem]) -> bool:
    """All see the same, and each other alive."""
    views = [system.cluster.members for system in systems]
    names = {system.name for system in systems}
    return all(view == views[0] for view in views) and names == {
        member.name for member in views[0] if member.state == "alive"
    }


def states(system: ActorSystem) -> dict[str, str]:
    return {member.name: member.state for member in system.cluster.members}


def hear(systems: Iterable[ActorSystem]) -> list[Any]:
    """The ends of members, as they are announced from now on."""
    heard: list[Any] = []
    for system in systems:
        system.events.subscribe(MemberDown, heard.append)
        system.events.subscribe(SelfDown, heard.append)
    return heard


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healed_partition_converges_within_five_seconds(seed: int) -> None:
    async def scenario(sim: Simulation) -> None:
        count = sim.rng.randint(3, 7)
        systems = await form(sim, "abcdefg"[:count])
        mixed = sim.rng.sample([system.name for system in systems], count)
        at = sim.rng.randint(1, count - 1)
        sim.network.partition(set(mixed[:at]), set(mixed[at:]))
        await asyncio.sleep(sim.rng.uniform(1, 60))
        sim.network.heal()
        await eventually(lambda: agreed(systems), within=5.0)

    Simulation(seed).run(scenario)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_minority_suspects_and_a_majority_decides(seed: int) -> None:
    async def scenario(sim: Simulation) -> None:
        a, b, c = await form(sim, "abc")
        sim.network.partition({"a"}, {"b", "c"})
        await eventually(
            lambda: states(b) == states(c) == {"a": "down", "b": "alive", "c": "alive"}, within=15.0
        )
        await asyncio.sleep(300)
        assert states(a) == {"a": "alive", "b": "suspect", "c": "suspect"}

    Simulation(seed).run(scenario)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_node_that_pauses_again_and_again_takes_nobody_down(seed: int) -> None:
    """apache/pekko#578, on whole systems."""

    async def scenario(sim: Simulation) -> None:
        systems = await form(sim, "abcd")
        heard = hear(systems)
        for _ in range(10):
            sim.pause("b")
            await asyncio.sleep(sim.rng.uniform(0.1, PAUSE_MAX_S))
            sim.resume("b")
            await asyncio.sleep(sim.rng.uniform(0.1, 3))
        assert {event.member.name for event in heard} <= {"b"}
        await eventually(lambda: agreed(systems), within=5.0)

    Simulation(seed).run(scenario)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crashed_node_is_downed_and_its_next_start_takes_its_place(seed: int) -> None:
    async def scenario(sim: Simulation) -> None:
        a, _, c = await form(sim, "abc")
        sim.crash("b")
        await eventually(lambda: states(a)["b"] == states(c)["b"] == "down", within=15.0)
        sim.restart("b")
        b = sim.node("b")
        await b.cluster.join(a.bind or "")
        await eventually(lambda: agreed([a, b, c]), within=5.0)

    Simulation(seed).run(scenario)


def test_ten_minutes_of_a_quiet_cluster_changes_nothing() -> None:
    async def scenario(sim: Simulation) -> None:
        systems = await form(sim, "abc")
        before, heard = systems[0].cluster.members, hear(systems)
        await asyncio.sleep(600)
        assert agreed(systems)
        assert systems[0].cluster.members == before
        assert not heard

    Simulation(3).run(scenario)


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_nodes_that_join_one_another_at_once_agree_and_one_leaves_and_comes_back(
    seed: int,
) -> None:
    async def scenario(sim: Simulation) -> None:
        systems = [sim.node(f"n{number}") for number in range(10)]
        async with asyncio.TaskGroup() as tasks:
            for number, system in enumerate(systems):
                tasks.create_task(system.cluster.join(str(systems[number - 1].bind), timeout=10))
        await eventually(lambda: agreed(systems), within=10.0)
        await systems[3].cluster.leave()
        await eventually(lambda: all(states(s)["n3"] == "left" for s in systems), within=10.0)
        await systems[3].cluster.join(str(systems[5].bind))
        await eventually(lambda: agreed(systems), within=10.0)

    Simulation(seed).run(scenario)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_joins_one_side_of_a_partition_is_known_to_all_when_it_heals(seed: int) -> None:
    async def scenario(sim: Simulation) -> None:
        systems = await form(sim, "ab")
        late = sim.node("c")
        sim.network.partition({"a"}, {"b", "c"})
        await late.cluster.join(str(systems[1].bind))
        await asyncio.sleep(3)
        sim.network.heal()
        await eventually(lambda: agreed([*systems, late]), within=15.0)

    Simulation(seed).run(scenario)
