from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.testing import FaultPlan, Tape
from holon_actors.testing._choices.shrinking import Attempt, shrink
from holon_actors.testing._choices.tape import Draw


def tape(values: list[int], stream: str = "sched") -> Tape:
    return Tape({stream: tuple(Draw("run", 1000, value) for value in values)})


def values(of: Tape, stream: str = "sched") -> list[int]:
    return [draw[2] for draw in of.streams[stream]]


def shrunk(
    start: list[int], fails: Callable[[list[int]], bool], stream: str = "sched"
) -> list[int]:
    def attempt(faults: Any, source: Tape | int) -> Attempt | None:
        assert isinstance(source, Tape)
        return Attempt(None, source, None) if fails(values(source, stream)) else None

    best = shrink(attempt, lambda: False, Attempt(None, tape(start, stream), None))
    return values(best.tape, stream)


@given(st.lists(st.integers(0, 999), min_size=1, max_size=40), st.data())
def test_only_the_draws_that_matter_stay_odd(start: list[int], data: st.DataObject) -> None:
    odd = [place for place, value in enumerate(start) if value]
    needed = set(data.draw(st.lists(st.sampled_from(odd), max_size=3))) if odd else set()
    found = shrunk(start, lambda now: all(now[place] for place in needed))
    assert {place for place, value in enumerate(found) if value} == needed


def test_numbers_of_the_workload_get_smaller() -> None:
    assert shrunk([700, 5, 900], lambda now: now[2] >= 100, "work") == [0, 0, 112]


def test_nothing_is_tried_once_the_time_is_up() -> None:
    found = Attempt(None, tape([1, 2]), None)

    def attempt(faults: Any, source: Tape | int) -> Attempt | None:
        raise AssertionError

    assert shrink(attempt, lambda: True, found) is found


def test_the_seed_of_the_workload_is_left_alone() -> None:
    start = Tape({"work": (Draw("seed", 1000, 7), Draw("value", 1000, 7))})
    best = shrink(
        lambda faults, source: Attempt(None, source, None) if isinstance(source, Tape) else None,
        lambda: False,
        Attempt(None, start, None),
    )
    assert values(best.tape, "work") == [7, 0]


def test_faults_that_are_not_needed_go_even_if_it_takes_another_seed() -> None:
    plan = FaultPlan(loss=0.1, duplicate=0.1, crash_every_s=1.0)

    def attempt(faults: FaultPlan, source: Tape | int) -> Attempt | None:
        by_seed = isinstance(source, int) and source == 2
        needed = "loss" in faults.active and (by_seed or "duplicate" in faults.active)
        return Attempt(faults, tape([0]), None) if needed else None

    best = shrink(attempt, lambda: False, Attempt(plan, tape([1]), None))
    assert best.faults.active == ("loss",)
