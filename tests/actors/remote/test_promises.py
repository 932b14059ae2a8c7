"""The promises between nodes, on a simulated network with faults drawn by seeds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import ActorError, ActorSystem, LinkDown, Terminated
from holon_actors.testing import FaultPlan, Simulation
from tests.actors.kit import Heard
from tests.actors.remote.kit import Listener, Watcher, sizes

SEEDS = 25


async def _chat(there: Any, count: int) -> tuple[list[int], list[Any]]:
    """Tell, and ask now and then. What was said, in order, and the ends of the asks."""
    said: list[int] = []
    ends: list[Any] = []

    async def ask(n: int) -> None:
        said.append(n)
        try:
            ends.append((n, await there.ask(n, timeout=2.0)))
        except ActorError as error:
            ends.append((n, error))

    async with asyncio.TaskGroup() as asks:
        for n in range(count):
            if n % 5 == 4:
                asks.create_task(ask(n))
                await asyncio.sleep(0)
            else:
                said.append(n)
                there.tell(n)
            if n % 7 == 0:
                await asyncio.sleep(0.05)
    return said, ends


async def _talk(sim: Any) -> None:
    one, two = sim.node("one"), sim.node("two")
    seen: list[Any] = []
    ended: list[Any] = []
    downs = Heard(one, LinkDown)
    listener = two.spawn(Listener, seen, name="ear")
    there = one.ref(listener.address)
    one.spawn(Watcher, ended, there)
    said, ends = await _chat(there, 200)
    await asyncio.sleep(0.1)  # for the watcher's turn, if its signal came with the last end
    assert sorted(said) == list(range(200))
    assert sorted(n for n, _ in ends) == list(range(4, 200, 5))
    got = [message for message, _ in seen]
    assert got == [n for n in said if n in got]  # in order, and none twice
    if downs:
        assert ended == [Terminated(there, "node-lost")]
    else:
        assert got == said[: len(got)]  # no gap without a loss
        assert not ended


@pytest.mark.parametrize("seed", range(SEEDS))
def test_order_and_endings_hold_on_a_bad_network(seed: int) -> None:
    Simulation(seed, faults=FaultPlan.swarm()).run(_talk)


def test_a_cut_link_is_noticed_within_two_heartbeats_and_a_new_one_is_clean() -> None:
    async def scenario(sim: Any) -> None:
        one, two = sim.node("one"), sim.node("two")
        seen: list[Any] = []
        ended: list[Any] = []
        listener = two.spawn(Listener, seen)
        there = one.ref(listener.address)
        await there.send("before")
        watcher = one.spawn(Watcher, ended, there)
        await asyncio.sleep(0.1)
        sim.network.partition({"one"}, {"two"})
        cut = sim.time()
        there.tell("lost")
        while not ended:  # noqa: ASYNC110  # virtual time passes
            await asyncio.sleep(0.01)
        assert sim.time() - cut <= 2 * one.heartbeat
        sim.network.heal()
        await there.send("after")
        watcher.tell(("watch", there))
        await asyncio.sleep(3)
        listener.stop()
        await asyncio.sleep(1)
        assert [message for message, _ in seen] == ["before", "after"]
        assert [end.reason for end in ended] == ["node-lost", "stopped"]
        _assert_quiet(one, two)

    Simulation(5).run(scenario)


def _assert_quiet(*systems: ActorSystem) -> None:
    for system in systems:
        left = sizes(system)
        assert {k for k, v in left.items() if v} <= {"links", "conversations"}, left
