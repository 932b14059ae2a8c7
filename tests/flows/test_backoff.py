from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.flows._backoff import BACKOFFS, RetryPolicy

fractions = st.floats(0, 1, exclude_max=True)


@given(
    failed=st.integers(1, 100_000),
    delay=st.floats(0, 1e6),
    ceiling=st.floats(0, 1e6),
    backoff=st.sampled_from(BACKOFFS),
    jitter=st.booleans(),
    drawn=fractions,
)
def test_a_wait_is_never_negative_nor_longer_than_the_ceiling(
    failed: int, delay: float, ceiling: float, backoff: str, jitter: bool, drawn: float
) -> None:
    policy = RetryPolicy(3, delay, backoff, jitter, ceiling)  # type: ignore[arg-type]
    assert 0 <= policy.wait_s(failed, lambda: drawn) <= ceiling


@given(st.integers(1, 200), st.sampled_from(BACKOFFS))
def test_waits_never_get_shorter(failed: int, backoff: str) -> None:
    policy = RetryPolicy(3, 0.1, backoff, False, 60)  # type: ignore[arg-type]
    assert policy.wait_s(failed, lambda: 0) <= policy.wait_s(failed + 1, lambda: 0)
