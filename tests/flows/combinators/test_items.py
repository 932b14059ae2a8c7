from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import FlowInputError, failure_path
from tests.support.virtual_time import run_virtual

ints = st.lists(st.integers(), max_size=20)


@given(ints)
def test_items_are_mapped_filtered_and_folded_in_order(items: list[int]) -> None:
    assert flows.map(str)(items) == [str(x) for x in items]
    assert flows.filter(lambda x: x > 0)(items) == [x for x in items if x > 0]
    assert flows.reduce(lambda total, x: [*total, x], [])(items) == items
    assert (flows.map(abs) | sum)(iter(items)) == sum(abs(x) for x in items)


@given(ints, st.integers(1, 5))
def test_async_items_come_back_in_order_whatever_finishes_first(
    items: list[int], concurrency: int
) -> None:
    running = most = 0

    async def late(x: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(abs(hash(x)) % 7)
        running -= 1
        return x

    assert run_virtual(flows.map(late, concurrency=concurrency)(items)) == items
    assert most <= concurrency
    assert run_virtual(flows.map(late)(items)) == items


async def test_async_predicates_and_reducers() -> None:
    async def positive(x: int) -> bool:
        return x > 0

    async def add(total: int, x: int) -> int:
        return total + x

    assert await flows.filter(positive)([1, -1, 2]) == [1, 2]
    assert await flows.reduce(add, 10)([1, 2]) == 13


def test_one_failing_item_cancels_the_others() -> None:
    ended: list[int] = []

    async def run(x: int) -> int:
        if x == 2:
            raise LookupError(x)
        await asyncio.sleep(x)
        ended.append(x)
        return x

    for flow in (flows.map(run), flows.map(run, concurrency=2)):
        with pytest.raises(LookupError) as caught:
            run_virtual(flow([5, 2, 7]))
        assert failure_path(caught.value) == "map[1]/run"
    assert ended == []


def test_something_that_is_no_iterable_is_wrong_input() -> None:
    combined: list[Any] = [flows.map(abs), flows.filter(abs), flows.reduce(max, 0)]
    for made in combined:
        with pytest.raises(FlowInputError, match="takes an iterable, got int"):
            made(5)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True, "2"])
def test_concurrency_is_checked_when_defined(concurrency: Any) -> None:
    with pytest.raises(ConfigError, match="concurrency"):
        flows.map(abs, concurrency=concurrency)


def test_a_generator_may_feed_a_map() -> None:
    assert flows.map(abs)(x for x in (-1, -2)) == [1, 2]
