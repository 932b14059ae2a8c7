"""The rate limit of the kernel's log lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors._log import RateLimit

GAPS = st.lists(st.floats(0, 3, allow_nan=False), max_size=80)


def test_ten_lines_pass_in_a_second_and_the_rest_are_counted() -> None:
    limit = RateLimit()
    admitted = [limit.admit(0.5)[0] for _ in range(25)]
    assert admitted == [True] * 10 + [False] * 15
    assert limit.admit(1.5) == (True, 15)
    assert limit.admit(1.5) == (True, 0)


def test_what_was_left_out_is_drained_once() -> None:
    limit = RateLimit()
    for _ in range(13):
        limit.admit(7.0)
    assert limit.drain() == 3
    assert limit.drain() == 0


def test_a_clock_that_starts_at_zero_is_limited_like_any_other() -> None:
    limit = RateLimit()
    assert [limit.admit(0.0)[0] for _ in range(12)].count(True) == 10


@given(GAPS)
def test_lines_told_and_lines_left_out_add_up(gaps: list[float]) -> None:
    limit, now, told, counted = RateLimit(), 0.0, 0, 0
    for gap in gaps:
        now += gap
        admitted, suppressed = limit.admit(now)
        told += admitted
        counted += suppressed
    assert told + counted + limit.drain() == len(gaps)
