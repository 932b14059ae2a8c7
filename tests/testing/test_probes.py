from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import Actor, ActorSystem, AlreadyReplied, AskTimeout, Terminated
from holon_actors.testing import ExpectationFailed, Probe, Simulation
from tests.testing.kit import Put, Register


class Delayed(Actor):
    """Tells its sender back what it is told, a second later."""

    async def receive(self, message: Any, sender: Any) -> None:
        await asyncio.sleep(1)
        self.tell(sender, message)


def run(scenario: Any) -> None:
    for seed in range(5):
        Simulation(seed).run(scenario)


def test_a_probe_waits_for_what_is_expected() -> None:
    async def scenario(sim: Simulation) -> None:
        probe = sim.probe()
        delayed = sim.node("a").spawn(Delayed)
        for value in range(3):
            probe.tell(delayed, Put(value))
        assert await probe.expect(Put, within=2) == Put(0)
        assert probe.sender == delayed
        assert await probe.expect(Put(1), within=2) == Put(1)
        assert await probe.expect(lambda message: message.value == 2, within=2) == Put(2)
        assert probe.messages == [Put(0), Put(1), Put(2)]
        await probe.expect_none(within=5)

    run(scenario)


def test_what_came_instead_is_named() -> None:
    async def scenario(sim: Simulation) -> None:
        probe = sim.probe(node="a", name="probe")
        probe.ref.tell(Put(3))
        with pytest.raises(ExpectationFailed, match=r"expected str, but Put\(3\) came"):
            await probe.expect(str)
        with pytest.raises(ExpectationFailed, match=r"expected str, but nothing came within 2 s"):
            await probe.expect(str, within=2)
        probe.ref.tell("late")
        with pytest.raises(ExpectationFailed, match=r"nothing for 1 s, but 'late' came"):
            await probe.expect_none()

    run(scenario)


def test_a_probe_answers_when_it_is_told_to() -> None:
    async def scenario(sim: Simulation) -> None:
        probe = sim.probe()
        asking = asyncio.create_task(probe.ref.ask("what?"))
        await probe.expect("what?")
        probe.reply("that")
        assert await asking == "that"
        with pytest.raises(AlreadyReplied):
            probe.reply("more")
        with pytest.raises(AskTimeout):
            await probe.ref.ask("and now?", timeout=1)

    run(scenario)


def test_a_probe_is_told_of_ends() -> None:
    async def scenario(sim: Simulation) -> None:
        probe = sim.probe()
        register = sim.node("a").spawn(Register)
        probe.watch(register)
        register.stop()
        assert (await probe.expect(Terminated)).ref == register

    run(scenario)


async def test_a_probe_works_outside_of_simulations_too() -> None:
    async with ActorSystem("real") as system:
        probe = Probe(system)
        probe.ref.tell("hello")
        assert await probe.expect(str) == "hello"
