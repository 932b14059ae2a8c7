from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import FlowOutputError, failure_path, flow
from tests.support.virtual_time import run_virtual


class Branch:
    """An async flow that takes some virtual seconds, and writes down how it ended."""

    def __init__(self, seconds: float, error: Exception | None = None) -> None:
        self.seconds = seconds
        self.error = error
        self.ended = "not started"

    async def __call__(self, x: Any) -> float:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # a loser may still tidy up
            self.ended = "cancelled"
            raise
        self.ended = "failed" if self.error else "done"
        if self.error:
            raise self.error
        return self.seconds


def test_parallel_gives_a_list_or_a_dict() -> None:
    assert flows.parallel([abs, str])(-1) == [1, "-1"]
    assert flows.parallel(a=abs, b=str)(-1) == {"a": 1, "b": "-1"}
    assert flows.parallel([])(1) == []
    assert flows.parallel()(1) == {}


@given(st.lists(st.floats(0, 10), min_size=1, max_size=5))
def test_async_branches_run_together_and_keep_their_order(seconds: list[float]) -> None:
    async def main() -> tuple[list[float], float]:
        results = await flows.parallel([Branch(s) for s in seconds])(None)
        return results, asyncio.get_running_loop().time()

    results, took = run_virtual(main())
    assert results == seconds
    assert took == pytest.approx(max(seconds), abs=0.01)


@given(st.lists(st.integers(2, 9), max_size=4))
def test_a_failing_branch_cancels_its_siblings(others: list[int]) -> None:
    siblings = [Branch(s) for s in others]
    failing = Branch(1, LookupError("mine"))
    with pytest.raises(LookupError, match="mine") as caught:
        run_virtual(flows.parallel([*siblings, failing])(None))
    assert [branch.ended for branch in siblings] == ["cancelled"] * len(siblings)
    assert caught.value is failing.error
    assert caught.value.__context__ is None
    assert failure_path(caught.value) == f"parallel[{len(others)}]/Branch"


def test_of_branches_that_fail_at_once_the_first_surfaces_and_notes_the_others() -> None:
    with pytest.raises(LookupError, match="a") as caught:
        run_virtual(flows.parallel([Branch(1, LookupError("a")), Branch(1, OSError("b"))])(None))
    assert failure_path(caught.value) == "parallel[0]/Branch"
    assert "another branch failed: OSError: b" in caught.value.__notes__


def test_of_many_that_fail_at_once_a_few_are_noted() -> None:
    failing = [Branch(0, OSError(str(number))) for number in range(100)]
    with pytest.raises(OSError, match="0") as caught:
        run_virtual(flows.parallel(failing)(None))
    assert caught.value.__notes__ == [
        *(f"another branch failed: OSError: {number}" for number in range(1, 6)),
        "and 94 more",
        "flow path: parallel[0]/Branch",
    ]


def test_a_failure_is_retried_however_many_items_fail_with_it() -> None:
    tries: list[int] = []

    async def lost(item: int) -> int:
        tries.append(item)
        if len(tries) <= 3:
            raise ConnectionError(item)
        return item

    fetch_all = flows.map(lost).retry(1, delay=0, retry_on=ConnectionError)
    assert run_virtual(fetch_all([1, 2, 3])) == [1, 2, 3]


def test_an_error_that_cannot_be_changed_surfaces_from_a_race() -> None:
    @dataclass(frozen=True)
    class Frozen(Exception):
        reason: str

    def lose(_: int) -> None:
        raise Frozen("no")

    with pytest.raises(Frozen, match="no"):
        flows.race([lose, lose])(1)


def test_cancelling_a_parallel_cancels_every_branch() -> None:
    branches = [Branch(5), Branch(6)]

    async def main() -> None:
        async with asyncio.timeout(1):
            await flows.parallel(branches)(None)

    with pytest.raises(TimeoutError):
        run_virtual(main())
    assert [branch.ended for branch in branches] == ["cancelled", "cancelled"]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=5),
)
def test_the_first_branch_to_succeed_wins_and_the_losers_are_cancelled(
    plan: list[tuple[int, bool]],
) -> None:
    branches = [Branch(s, None if good else LookupError(str(s))) for s, good in plan]
    good = [s for s, succeeds in plan if succeeds]

    async def main() -> Any:
        return await flows.result(flows.race(branches))(None)

    outcome = run_virtual(main())
    if good:
        assert outcome.unwrap() == min(good)
    else:
        assert outcome.error is branches[0].error
        notes = getattr(outcome.error, "__notes__", [])
        assert len(notes) == len({str(s) for s, _ in plan[1:]})
    for branch in branches:
        assert branch.ended != "not started"
        if good and branch.seconds > min(good):
            assert branch.ended == "cancelled"


def test_sync_branches_of_a_race_are_tried_in_order() -> None:
    ran: list[str] = []

    def branch(name: str, error: Exception | None = None) -> Callable[[int], str]:
        def run(x: int) -> str:
            ran.append(name)
            if error:
                raise error
            return name

        return run

    assert flows.race([branch("a", LookupError()), branch("b"), branch("c")])(1) == "b"
    assert ran == ["a", "b"]
    with pytest.raises(LookupError, match="one") as caught:
        flows.race([branch("a", LookupError("one")), branch("b", OSError("two"))])(1)
    assert "another branch failed: OSError: two" in caught.value.__notes__


def test_cancelling_a_race_leaves_nothing_running() -> None:
    branches = [Branch(5), Branch(6)]

    async def main() -> int:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await flows.race(branches)(None)
        return len(asyncio.all_tasks())

    assert run_virtual(main()) == 1
    assert [branch.ended for branch in branches] == ["cancelled", "cancelled"]


def test_split_makes_one_input_for_each_branch() -> None:
    def divide(text: str) -> list[str]:
        return text.split("=")

    halves = flows.split(divide, [str.strip, int])
    assert flow(divide).split([str.strip, int])("a =1") == ["a", 1]
    assert halves(" x = 5") == ["x", 5]


async def test_split_runs_async_branches_too() -> None:
    async def double(x: int) -> int:
        return x * 2

    assert await flows.split(lambda x: (x, x + 1), [double, double])(1) == [2, 4]


@pytest.mark.parametrize(
    ("pieces", "message"), [([1], "returned 1 inputs"), (5, "list or tuple, got int")]
)
def test_a_splitter_must_return_as_many_inputs_as_branches(pieces: Any, message: str) -> None:
    with pytest.raises(FlowOutputError, match=message):
        flows.split(lambda x: pieces, [abs, abs])(0)


def test_bad_branches_are_refused_when_defined() -> None:
    with pytest.raises(ConfigError, match="not both"):
        flows.parallel([abs], a=abs)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="list of flows"):
        flows.parallel(abs)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="at least one"):
        flows.race([])
    with pytest.raises(flows.NotAFlow):
        flows.parallel([1])  # type: ignore[list-item]


def test_a_plain_function_that_returns_a_coroutine_is_told_off() -> None:
    async def slow(x: int) -> int:
        return x

    sneaky: Callable[[int], Coroutine[Any, Any, int]] = lambda x: slow(x)  # noqa: E731
    with pytest.raises(FlowOutputError, match="declare it `async def`"):
        (flow(lambda x: x) | sneaky)(1)
