from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import Actor, ActorRef, AskTimeout
from holon_actors.testing import AskCycle, Simulation


class Asker(Actor):
    """Asks the next in line what it is asked, until the line is at its end."""

    def __init__(self, how: str = "handler") -> None:
        self.how = how

    def receive(self, message: list[ActorRef[Any]], sender: Any) -> Any:
        if not message:
            return "end"
        first, *rest = message
        match self.how:
            case "deferred":
                reply = self.defer_reply()

                async def ask() -> None:
                    reply.send(await self.ask(first, rest))

                self.pipe_to_self(ask())
                return None
            case _:
                return self.ask(first, rest, timeout=3)


def line(sim: Simulation, names: str, **how: str) -> list[ActorRef[Any]]:
    system = sim.node("a")
    return [system.spawn(Asker, how.get(name, "handler"), name=name) for name in names]


def test_a_cycle_of_asks_fails_the_run_and_is_named() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b, c = line(sim, "abc")
        await a.ask([b, c, a])

    with pytest.raises(AskCycle) as caught:
        Simulation(1).run(scenario)
    steps = caught.value.steps
    assert {step[:2] for step in steps} == {
        ("/user/a in a", "/user/b in a"),
        ("/user/b in a", "/user/c in a"),
        ("/user/c in a", "/user/a in a"),
    }
    assert all(step[2] == "list" for step in steps)


def test_a_cycle_across_nodes_is_found_too() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b = sim.node("a").spawn(Asker, name="x"), sim.node("b").spawn(Asker, name="y")
        far_a, far_b = sim.node("b").ref(a.address), sim.node("a").ref(b.address)
        await a.ask([far_b, far_a])

    with pytest.raises(AskCycle) as caught:
        Simulation(1).run(scenario)
    assert {step[:2] for step in caught.value.steps} == {
        ("/user/x in a", "/user/y in b"),
        ("/user/y in b", "/user/x in a"),
    }


def test_two_lines_that_cross_are_a_cycle_under_some_seeds_only() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b = line(sim, "ab")

        async def later(first: ActorRef[Any], second: ActorRef[Any]) -> None:
            await asyncio.sleep(sim.draw("start", 2))
            await first.ask([second])

        await asyncio.gather(later(a, b), later(b, a))

    ends = []
    for seed in range(40):
        try:
            Simulation(seed).run(scenario)
            ends.append("fine")
        except AskCycle:
            ends.append("cycle")
    assert set(ends) == {"fine", "cycle"}


def test_a_chain_and_a_diamond_are_no_cycle() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b, c, d = line(sim, "abcd")
        await asyncio.gather(a.ask([b, d]), c.ask([b, d]), a.ask([c, d]))

    for seed in range(50):
        Simulation(seed).run(scenario)


def test_an_answer_that_was_deferred_is_no_part_of_a_cycle() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b = line(sim, "ab", a="deferred", b="deferred")
        assert await asyncio.gather(a.ask([b, a]), b.ask([a, b])) == ["end", "end"]

    for seed in range(50):
        Simulation(seed).run(scenario)


def test_cycles_can_be_left_to_their_time_out() -> None:
    async def scenario(sim: Simulation) -> None:
        a, b = line(sim, "ab")
        with pytest.raises(AskTimeout):
            await a.ask([b, a], timeout=10)

    Simulation(1, ask_cycles="ignore").run(scenario)
