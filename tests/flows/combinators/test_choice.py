from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import flow


@flow
def inc(x: int) -> int:
    return x + 1


@flow
async def slow_inc(x: int) -> int:
    return x + 1


async def is_small(x: int) -> bool:
    return x < 10


@given(st.integers())
def test_when_runs_one_of_two_flows(x: int) -> None:
    assert flows.when(lambda x: x > 0, inc, str)(x) == (x + 1 if x > 0 else str(x))
    assert flows.when(lambda x: x > 0, inc)(x) == (x + 1 if x > 0 else x)


async def test_any_async_part_makes_when_awaitable() -> None:
    assert await flows.when(is_small, inc, inc)(1) == 2
    assert await flows.when(lambda x: x > 5, slow_inc)(1) == 1


@given(st.integers(0, 50), st.integers())
def test_repeat_runs_that_many_times(times: int, x: int) -> None:
    assert flows.repeat(inc, times)(x) == x + times


def test_repeat_and_loop_do_not_recurse() -> None:
    assert flows.repeat(inc, 50_000)(0) == 50_000
    assert flows.loop(inc, lambda x: x < 50_000)(0) == 50_000


async def test_repeat_and_loop_of_async_flows() -> None:
    assert await slow_inc.repeat(3)(0) == 3
    assert await slow_inc.loop(lambda x: x < 5)(0) == 5
    assert await inc.loop(is_small)(0) == 10


def test_a_loop_may_not_run_at_all() -> None:
    assert flows.loop(inc, lambda x: x < 0)(7) == 7


@pytest.mark.parametrize("times", [-1, 1.0, True])
def test_times_is_checked_when_defined(times: int) -> None:
    with pytest.raises(ConfigError, match="times"):
        flows.repeat(inc, times)
