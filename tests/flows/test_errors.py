from __future__ import annotations

import asyncio
import pickle
from dataclasses import dataclass
from typing import Any

import pytest

from holon_actors import flows
from holon_actors.errors import HolonError
from holon_actors.flows import FlowInputError, FlowOutputError, FlowTimeout, failure_path, flow


@flow
def slug(title: str) -> str:
    raise LookupError(title)


@flow
async def slow_slug(title: str) -> str:
    raise LookupError(title)


@flow
def same(x: Any) -> Any:
    return x


def path_of(failing: Any, value: Any) -> str | None:
    async def run() -> Any:
        outcome = failing.apply(value)
        return await outcome if failing.is_async else outcome

    with pytest.raises(LookupError) as caught:
        asyncio.run(run())
    path = failure_path(caught.value)
    assert f"flow path: {path}" in caught.value.__notes__
    return path


def test_a_pickled_error_keeps_its_facts_and_its_path() -> None:
    def takes_two(x: int, y: int) -> int:
        return x + y

    with pytest.raises(FlowInputError) as caught:
        (same | takes_two).apply(1)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.flow, again.parameter, again.reason) == (
        "takes_two",
        "y",
        caught.value.reason,
    )
    assert failure_path(again) == "pipe[1]/takes_two"
    assert again.__notes__ == ["flow path: pipe[1]/takes_two"]


@pytest.mark.parametrize(
    ("failing", "value", "path"),
    [
        (slug, "a", "slug"),
        (same | flows.parallel(a=same, b=slug), "a", "pipe[1]/parallel.b/slug"),
        (same | flows.parallel(a=same, b=slow_slug), "a", "pipe[1]/parallel.b/slow_slug"),
        (same | flows.map(slug), ["a"], "pipe[1]/map[0]/slug"),
        (flows.map(slow_slug), ["a"], "map[0]/slow_slug"),
        (flows.map(slow_slug, 1), ["a", "b"], "map[0]/slow_slug"),
        (flows.map(same | slug), ["a"], "map[0]/pipe[1]/slug"),
        (flows.filter(slug), ["a"], "filter[0]/slug"),
        (flows.reduce(lambda t, x: slug(x), 0).with_meta(name="sum"), ["a"], "sum[0]/<lambda>"),
        (flows.retry(slug, 1, 0), "a", "retry/slug"),
        (flows.fallback(slug, slug), "a", "fallback.other/slug"),
        (flows.when(slug, same), "a", "when.predicate/slug"),
        (flows.split(lambda x: [x, x], [same, slug]), "a", "split[1]/slug"),
        (flows.race([slug, slug]), "a", "race[0]/slug"),
        (flows.memoize(slow_slug), "a", "memoize/slow_slug"),
        ((same | slug).with_meta(name="a/b"), "a", "a_b[1]/slug"),
    ],
)
def test_an_error_carries_the_path_of_the_node_that_failed(
    failing: Any, value: Any, path: str
) -> None:
    assert path_of(failing, value) == path
    assert path_of(failing, value) == path  # an error raised again starts afresh


def test_the_path_counts_the_items_of_a_map() -> None:
    def odd(x: int) -> int:
        if x % 2 == 0:
            raise LookupError(x)
        return x

    assert path_of(flows.map(odd), [1, 3, 5, 6]) == "map[3]/odd"


def test_a_users_error_is_neither_wrapped_nor_changed() -> None:
    original = LookupError("mine")

    def fail(x: int) -> int:
        raise original

    for failing in (
        same | fail,
        flows.parallel([fail, same]),
        flows.map(fail),
        flows.retry(fail, 0),
    ):
        with pytest.raises(LookupError) as caught:
            failing.apply([1])
        assert caught.value is original


def test_an_error_object_raised_again_elsewhere_gets_its_new_path() -> None:
    shared = LookupError("shared")

    def fail(x: int) -> int:
        raise shared

    assert path_of(same | fail, 1) == "pipe[1]/fail"
    assert path_of(flows.parallel(a=flow(fail)), 1) == "parallel.a/fail"
    assert shared.__notes__ == ["flow path: pipe[1]/fail", "flow path: parallel.a/fail"]


def test_callers_that_share_an_error_get_paths_of_their_own() -> None:
    async def fail(x: int) -> int:
        await asyncio.sleep(0)
        raise LookupError(x)

    cached = flows.memoize(fail)
    first, second = cached | same, flows.parallel(a=cached)

    async def main() -> list[Any]:
        return await asyncio.gather(first(1), second(1), return_exceptions=True)

    error, again = asyncio.run(main())
    assert error is again
    assert error.__notes__ == ["flow path: pipe[0]/memoize/fail", "flow path: parallel.a/memoize"]


def test_the_path_ends_at_the_leaf_even_if_its_code_runs_flows() -> None:
    def inner(x: int) -> Any:
        return (same | slug)(x)

    outer = same | flow(inner, name="pipe")
    assert path_of(outer, "a") == "pipe[1]/pipe"


def test_a_frozen_error_gets_its_path_too() -> None:
    @dataclass(frozen=True)
    class Refused(LookupError):
        why: str

    def refuse(x: int) -> int:
        raise Refused("no")

    assert path_of(same | refuse, 1) == "pipe[1]/refuse"


def test_an_error_from_elsewhere_has_no_path() -> None:
    assert failure_path(ValueError()) is None
    with pytest.raises(LookupError) as caught:
        slug("a")  # a direct call is plain Python
    assert failure_path(caught.value) is None


@pytest.mark.parametrize(
    "error",
    [FlowInputError("f", "x", "no"), FlowOutputError("f", "no"), FlowTimeout("f", 1.5)],
)
def test_errors_are_holon_errors_and_pickle(error: HolonError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(copy, HolonError)
    assert (str(copy), vars(copy)) == (str(error), vars(error))
