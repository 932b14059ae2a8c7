from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from holon_actors import ActorRef, ActorStopped, ActorSystem, AskTimeout
from holon_actors.testing.stateful import SimulationMachine, initialize, invariant, rule
from tests.testing.kit import Add, Clerk, Counter, Get

QUICK = settings(
    max_examples=25, stateful_step_count=10, deadline=None, database=None, derandomize=True
)


class Counting(SimulationMachine):
    """A counter that clerks add to, and the sum that it should have."""

    bug = False

    @initialize()
    async def open(self) -> None:
        self.sum = 0
        system = self.sim.node("a")
        self.counter: ActorRef[Any] = system.spawn(Counter)
        self.clerks = [system.spawn(Clerk, self.counter, self.bug) for _ in range(2)]

    @rule(amounts=st.lists(st.integers(1, 5), max_size=4))
    async def add(self, amounts: list[int]) -> None:
        self.sum += sum(amounts)
        asks = (self.clerks[i % 2].ask(amount) for i, amount in enumerate(amounts))
        await asyncio.gather(*asks)
        assert await self.counter.ask(Get()) == self.sum

    @invariant()
    def never_too_much(self) -> None:
        if hasattr(self, "sum"):
            actor: Any = self.counter._actor  # type: ignore[attr-defined]
            assert actor.value <= self.sum


class Careless(Counting):
    bug = True


TestCounting = Counting.TestCase
TestCounting.settings = QUICK


def test_a_bug_is_found_and_shrunk_to_few_steps(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(Careless, settings=settings(QUICK, max_examples=100))
    told = "\n".join(getattr(caught.value, "__notes__", ())) + capsys.readouterr().out
    steps = [line for line in told.splitlines() if "state.add(" in line]
    assert steps[-1] == "state.add(amounts=[1, 1], order=0)"
    assert len(steps) <= 2


class Troubled(SimulationMachine):
    """Whatever happens to the nodes, an ask ends."""

    faults = ("crash", "pause", "partition")

    @initialize()
    async def start(self) -> None:
        def spawn(system: ActorSystem) -> None:
            system.spawn(Counter, name="counter")

        for name in "ab":
            self.sim.node(name, start=spawn)
        self.sim.node("c")

    @rule(node=st.sampled_from("ab"))
    async def ask(self, node: str) -> None:
        counter = self.sim.node("c").ref(f"holon://{node}@sim:{node}/user/counter")
        try:
            await counter.ask(Add(1), timeout=3)
        except (ActorStopped, AskTimeout, ConnectionError):
            return


TestTroubled = Troubled.TestCase
TestTroubled.settings = QUICK


def test_faults_happen_only_where_they_are_switched_on() -> None:
    kinds: set[str] = set()

    class Recorded(Troubled):
        def teardown(self) -> None:
            kinds.update(event.kind for event in self.sim.trace)
            super().teardown()

    class Quiet(Recorded):
        faults = ()

    trouble = {"crashed", "paused", "partitioned"}
    run_state_machine_as_test(Quiet, settings=QUICK)
    assert not kinds & trouble
    run_state_machine_as_test(Recorded, settings=QUICK)
    assert kinds >= trouble
