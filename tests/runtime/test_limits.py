from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError
from holon_actors.runtime.limits import RateLimit, TokenBucket

limits = st.builds(
    RateLimit,
    max_requests=st.integers(1, 1000),
    interval=st.floats(0.01, 100),
    burst=st.none() | st.integers(1, 100),
)


@given(limits, st.lists(st.floats(0, 10), max_size=200))
def test_no_window_starts_more_than_the_burst_and_its_share(
    limit: RateLimit, pauses: list[float]
) -> None:
    bucket, now, taken = TokenBucket(limit, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now)
    assert taken * 0.999 <= limit.capacity + now * limit.max_requests / limit.interval


@given(limits, st.floats(0, 1e6))
def test_a_token_is_there_when_the_bucket_said_it_would_be(limit: RateLimit, start: float) -> None:
    bucket, now = TokenBucket(limit, start), start
    for _ in range(2 * limit.capacity + 5):
        wait_s = bucket.wait_s(now)
        assert (wait_s == 0) == bucket.take(now)
        if wait_s:
            now += wait_s
            assert bucket.take(now)


def test_a_burst_is_taken_at_once_and_then_refilled() -> None:
    bucket = TokenBucket(RateLimit(10, interval=1.0, burst=2), 0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [True, True, False]
    assert bucket.wait_s(0.0) == pytest.approx(0.1)
    assert bucket.take(0.1)


def test_a_token_given_back_can_be_taken_again() -> None:
    bucket = TokenBucket(RateLimit(1), 0.0)
    assert bucket.take(0.0)
    bucket.give_back()
    bucket.give_back()
    assert [bucket.take(0.0), bucket.take(0.0)] == [True, False]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"max_requests": 0}, "max_requests"),
        ({"max_requests": 1, "interval": 0}, "interval"),
        ({"max_requests": 1, "interval": float("inf")}, "interval"),
        ({"max_requests": 1, "burst": 0}, "burst"),
    ],
)
def test_values_out_of_range_are_refused_by_name(values: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        RateLimit(**values)
