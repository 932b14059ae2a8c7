from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.testing._loop.life import Clock

times = st.integers(0, 10**15)
drifts = st.integers(-900_000_000, 2_000_000_000)


@given(times, times, st.integers(-(10**9), 10**9), drifts)
def test_a_timer_is_due_at_the_first_time_that_shows_it(
    set_at: int, wanted: int, step: int, drift: int
) -> None:
    clock = Clock()
    clock.set(set_at, step, drift)
    true = clock.true(wanted)
    assert clock.local(true) >= wanted
    assert clock.local(true - 1) < wanted


@given(times, times, drifts)
def test_a_change_of_pace_lets_the_clock_go_on_from_what_it_shows(
    first: int, later: int, drift: int
) -> None:
    clock = Clock()
    clock.set(first, 5, drift)
    shown = clock.local(first + later)
    clock.set(first + later, 0, 0)
    assert clock.local(first + later) == shown
    assert clock.local(first + later + 7) == shown + 7


@given(st.integers(0, 10**12), drifts)
def test_a_duration_takes_as_long_as_the_clock_takes_to_count_it(wait: int, drift: int) -> None:
    clock = Clock()
    clock.set(0, 0, drift)
    lasting = clock.lasting(wait)
    assert clock.local(lasting) >= wait
    assert lasting == 0 or clock.local(lasting - 1) < wait
