"""The decisions over failures, which are plain functions."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import Backoff, ConfigError, Directive, OneForAll, OneForOne, RestForOne, Strategy
from holon_actors.actors.supervision import allow_restart, judge

TIMES = st.lists(st.floats(0, 100, allow_nan=False), max_size=30).map(sorted)


class Highest:
    """Draws the highest jitter there is."""

    def random(self) -> float:
        return 1.0


class Lowest:
    def random(self) -> float:
        return 0.0


def test_the_defaults_are_three_restarts_in_five_seconds() -> None:
    assert (OneForOne().max_restarts, OneForOne().window) == (3, 5.0)
    assert judge(OneForOne(), ValueError(), (), 0.0, Lowest()).directive is Directive.RESTART


@given(TIMES, st.integers(0, 5), st.floats(0.1, 20))
def test_no_window_ever_holds_more_restarts_than_the_budget(
    failures: list[float], max_restarts: int, window_s: float
) -> None:
    past: tuple[float, ...] = ()
    allowed = []
    for now in failures:
        granted, past = allow_restart(past, now, max_restarts, window_s)
        if not granted:
            break
        allowed.append(now)
    for last in allowed:
        assert sum(1 for t in allowed if t <= last and last - t < window_s) <= max_restarts


@given(st.integers(0, 10))
def test_failures_a_whole_window_apart_are_always_restarted(max_restarts: int) -> None:
    past: tuple[float, ...] = ()
    for n in range(20):
        granted, past = allow_restart(past, n * 5.0, max_restarts, 5.0)
        assert granted == (max_restarts >= 1)
        assert len(past) == 1


def test_the_failure_over_the_budget_escalates_and_says_why() -> None:
    policy = OneForOne(max_restarts=2, window=5.0)
    past: tuple[float, ...] = ()
    for now in (0.0, 1.0):
        verdict = judge(policy, ValueError(), past, now, Lowest())
        assert verdict.directive is Directive.RESTART
        past = verdict.past
    error = ValueError("again")
    assert judge(policy, error, past, 2.0, Lowest()).directive is Directive.ESCALATE
    assert "more than 2 restarts within 5 s" in error.__notes__[0]


@pytest.mark.parametrize("directive", [Directive.RESUME, Directive.STOP, Directive.ESCALATE])
def test_only_restarts_use_the_budget(directive: Directive) -> None:
    verdict = judge(OneForOne(decide=lambda e: directive), ValueError(), (1.0,), 2.0, Lowest())
    assert verdict.directive is directive
    assert verdict.past == (1.0,)


def test_decide_sees_the_error_itself() -> None:
    seen: list[BaseException] = []

    def decide(error: BaseException) -> Directive:
        seen.append(error)
        return Directive.STOP

    error = ValueError("x")
    judge(OneForOne(decide=decide), error, (), 0.0, Lowest())
    assert seen == [error]


def test_a_decide_that_raises_escalates_and_its_error_travels_along() -> None:
    def decide(error: BaseException) -> Directive:
        raise KeyError("broken policy")

    error = ValueError("x")
    assert judge(OneForOne(decide=decide), error, (), 0.0, Lowest()).directive is Directive.ESCALATE
    assert "KeyError('broken policy')" in error.__notes__[0]


@pytest.mark.parametrize("answer", [None, "restart", True])
def test_a_decide_that_answers_nonsense_escalates(answer: object) -> None:
    policy = OneForOne(decide=lambda error: answer)  # type: ignore[arg-type, return-value]
    assert judge(policy, ValueError(), (), 0.0, Lowest()).directive is Directive.ESCALATE


def test_strategies_pick_who_restarts() -> None:
    children = ["a", "b", "c", "d"]
    assert list(OneForOne().affected(children, "b")) == ["b"]
    assert list(OneForAll().affected(children, "b")) == children
    assert list(RestForOne().affected(children, "b")) == ["b", "c", "d"]


def test_only_one_for_one_counts_for_each_child() -> None:
    assert OneForOne().counts_per_child
    assert not OneForAll().counts_per_child
    assert not RestForOne().counts_per_child


def test_backoff_grows_by_its_factor_up_to_its_maximum() -> None:
    backoff = Backoff(initial=1.0, factor=2.0, max=10.0, jitter=0.0)
    assert [backoff.delay_s(n, Lowest()) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_jitter_only_shortens_and_by_no_more_than_its_share() -> None:
    backoff = Backoff(initial=1.0, factor=1.0, max=1.0, jitter=0.2)
    assert backoff.delay_s(1, Lowest()) == 1.0
    assert backoff.delay_s(1, Highest()) == pytest.approx(0.8)


@given(st.integers(1, 10_000), st.floats(0, 100), st.floats(1, 100), st.floats(0, 1))
def test_a_delay_is_never_negative_nor_over_the_maximum(
    restart: int, initial: float, factor: float, jitter: float
) -> None:
    backoff = Backoff(initial=initial, factor=factor, max=100.0, jitter=jitter)
    assert 0 <= backoff.delay_s(restart, random.Random(1)) <= 100.0


def test_the_delay_follows_the_count_of_restarts_in_the_window() -> None:
    policy = OneForOne(10, window=5.0, backoff=Backoff(1.0, 2.0, 60.0, 0.0))
    first = judge(policy, ValueError(), (), 0.0, Lowest())
    second = judge(policy, ValueError(), first.past, 1.0, Lowest())
    later = judge(policy, ValueError(), second.past, 100.0, Lowest())
    assert (first.delay_s, second.delay_s, later.delay_s) == (1.0, 2.0, 1.0)


@pytest.mark.parametrize("kind", [OneForOne, OneForAll, RestForOne])
@pytest.mark.parametrize(
    "values", [{"max_restarts": -1}, {"window": 0.0}, {"window": -1.0}, {"window": float("nan")}]
)
def test_policies_out_of_range_are_refused(kind: type[Strategy], values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        kind(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [{"initial": -1.0}, {"initial": 5.0, "max": 1.0}, {"factor": 0.5}, {"jitter": 1.5}],
)
def test_backoffs_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="Backoff"):
        Backoff(**values)
