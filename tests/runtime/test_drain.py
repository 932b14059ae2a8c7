from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime.drain import DrainRate


def test_an_engine_that_finished_nothing_yet_says_a_second() -> None:
    assert DrainRate(0.0).retry_after_s(1000, 5.0) == 1.0


def test_the_wait_is_a_tenth_of_the_queue_at_the_observed_rate() -> None:
    rate = DrainRate(0.0)
    for tick in range(1, 1001):
        rate.note(1, tick / 100)  # a hundred per second
    assert rate.retry_after_s(1000, 10.0) == pytest.approx(1.0, rel=0.05)
    assert rate.retry_after_s(1, 10.0) == pytest.approx(0.01, rel=0.05)


def test_a_stall_makes_the_wait_longer() -> None:
    rate = DrainRate(0.0)
    for tick in range(1, 1001):
        rate.note(1, tick / 100)
    assert rate.retry_after_s(1000, 40.0) > 5 * rate.retry_after_s(1000, 10.0)


@given(
    st.lists(st.tuples(st.floats(0, 100), st.integers(1, 1000)), max_size=50),
    st.integers(0, 10**9),
)
def test_the_wait_is_never_silly(events: list[tuple[float, int]], waiting: int) -> None:
    rate, now = DrainRate(0.0), 0.0
    for pause, count in events:
        now += pause
        rate.note(count, now)
    assert 0.01 <= rate.retry_after_s(waiting, now) <= 60.0
