"""Restart budgets, against a model of a few lines: never more than allowed, and never fewer."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from holon_actors import Actor, Directive, OneForAll, OneForOne, RestForOne
from holon_actors.actors import supervision
from holon_actors.testing import SimulationFailure, explore
from tests.promises.kit import SEEDS

CHILDREN = 3
STRATEGIES = (OneForOne, OneForAll, RestForOne)


class Model:
    """Who lives, and how often each child was made; made anew from the promise, not the code."""

    def __init__(self, strategy: type, max_restarts: int, window_s: float) -> None:
        self.strategy = strategy
        self.max_restarts = max_restarts
        self.window_s = window_s
        self.made = [1] * CHILDREN
        self.is_alive = True
        self.failures: list[tuple[float, int]] = []  # when, and whose budget

    def fails(self, child: int, now: float) -> None:
        if not self.is_alive:
            return
        budget = child if self.strategy is OneForOne else -1
        self.failures.append((now, budget))
        recent = [t for t, b in self.failures if b == budget and now - t < self.window_s]
        if len(recent) > self.max_restarts:
            self.is_alive = False
            return
        first, last = {
            OneForOne: (child, child),
            OneForAll: (0, CHILDREN - 1),
            RestForOne: (child, CHILDREN - 1),
        }[self.strategy]
        for place in range(first, last + 1):
            self.made[place] += 1


class Fragile(Actor):
    def __init__(self, made: list[int], place: int) -> None:
        made[place] += 1

    def receive(self, message: Any, sender: Any) -> Any:
        raise ValueError(message)


class Parent(Actor):
    def __init__(self, made: list[int]) -> None:
        for place in range(CHILDREN):
            self.spawn(Fragile, made, place, name=f"c{place}")


async def scenario(sim: Any) -> None:
    strategy = STRATEGIES[sim.draw("strategy", 3)]
    max_restarts = sim.draw("max_restarts", 4)
    window_s = 1.0 + sim.draw("window", 5)
    give_up = OneForOne(decide=lambda error: Directive.STOP)
    system = sim.node("a", supervision=give_up)
    made = [0] * CHILDREN
    policy = strategy(max_restarts=max_restarts, window=window_s)
    parent = system.spawn(Parent, made, name="p", supervision=policy)
    children = [system.lookup(f"/user/p/c{place}") for place in range(CHILDREN)]
    model = Model(strategy, max_restarts, window_s)
    for _ in range(10):
        place = sim.draw("child", CHILDREN)
        model.fails(place, sim.time())
        children[place].tell("fail")
        await asyncio.sleep(0.25 * (1 + sim.draw("pause", 8)))
        assert made == model.made, f"made {made}, not {model.made}"
        assert parent.is_alive == model.is_alive, f"lives: {parent.is_alive}"
        for child in children:
            assert child.is_alive == model.is_alive, "children live and die with their parent"


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_a_restart_budget_is_kept_and_used_up(strategy: Any) -> None:
    explore(scenario, seeds=SEEDS, strategy=strategy)


def test_a_budget_without_end_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def allow(past: Any, now: float, max_restarts: int, window_s: float) -> Any:
        return True, allowed(past, now, max_restarts, window_s)[1]

    allowed = supervision.allow_restart
    monkeypatch.setattr(supervision, "allow_restart", allow)
    with pytest.raises(SimulationFailure, match=r"not|lives"):
        explore(scenario, seeds=100, shrink_s=0)


def test_a_budget_that_never_recovers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def allow(past: Any, now: float, max_restarts: int, window_s: float) -> Any:
        return allowed(past, now, max_restarts, 1_000.0)

    allowed = supervision.allow_restart
    monkeypatch.setattr(supervision, "allow_restart", allow)
    with pytest.raises(SimulationFailure, match=r"not|lives"):
        explore(scenario, seeds=100, shrink_s=0)


def test_a_strategy_that_restarts_too_few_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneForAll, "affected", lambda self, children, failed: (failed,))
    with pytest.raises(SimulationFailure, match="made"):
        explore(scenario, seeds=100, shrink_s=0)


def test_the_model_counts_what_lies_in_the_window_only() -> None:
    model = Model(OneForOne, 1, 2.0)
    for now in itertools.accumulate([0.0, 2.0, 2.0]):
        model.fails(0, now)
    assert (model.made[0], model.is_alive) == (4, True)
    model.fails(0, 5.0)
    assert not model.is_alive
