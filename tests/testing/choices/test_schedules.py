from __future__ import annotations

from itertools import product

from holon_actors.testing._choices.schedules import Schedules


def all_of(bounds: list[int]) -> list[tuple[int, ...]]:
    """What comes up when every run has these bounds."""
    schedules = Schedules()
    seen = []
    while (schedule := schedules.next()) is not None:
        seen.append(schedule + (0,) * (len(bounds) - len(schedule)))
        schedules.ran(schedule, bounds)
    return seen


def test_each_schedule_comes_up_once() -> None:
    seen = all_of([2, 3, 1, 2])
    assert sorted(seen) == sorted(product(range(2), range(3), range(1), range(2)))


def test_those_with_fewer_departures_come_first() -> None:
    departures = [sum(map(bool, schedule)) for schedule in all_of([2, 2, 2, 2])]
    assert departures == sorted(departures)


def test_a_run_may_have_other_bounds_after_a_departure() -> None:
    schedules = Schedules()
    assert schedules.next() == ()
    schedules.ran((), [2])
    assert schedules.next() == (1,)
    schedules.ran((1,), [2, 3])
    assert [schedules.next() for _ in range(3)] == [(1, 1), (1, 2), None]
