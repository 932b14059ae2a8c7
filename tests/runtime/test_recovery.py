"""Numbers in names refer to rules of retrying: at one layer, budgeted, counted when decided."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError
from holon_actors.flows import FlowInputError
from holon_actors.runtime.errors import (
    CpuTimeExceeded,
    MemoryLimitExceeded,
    UnpicklableResult,
    WorkerCrashed,
    WrongIsolation,
)
from holon_actors.runtime.recovery import ErrorRecovery, RetryBudget, RetryLedger


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        ("exponential", [1, 2, 4, 5, 5]),
        ("linear", [1, 2, 3, 4, 5]),
        ("constant", [1, 1, 1, 1, 1]),
    ],
)
def test_delays_grow_as_the_backoff_says_up_to_max_delay(backoff: Any, delays: list[int]) -> None:
    recovery = ErrorRecovery(backoff=backoff, delay=1, max_delay=5, jitter=False)
    rng = random.Random(0)
    assert [recovery.next_delay(attempt, rng) for attempt in range(1, 6)] == delays


@given(st.integers(1, 10**9), st.randoms(use_true_random=False))
def test_full_jitter_draws_from_zero_to_the_delay(attempt: int, rng: random.Random) -> None:
    recovery = ErrorRecovery(delay=0.5, max_delay=8)
    assert 0 <= recovery.next_delay(attempt, rng) <= min(0.5 * 2.0 ** min(attempt - 1, 99), 8)


def test_runs_at_most_once_more_than_max_retries() -> None:
    recovery = ErrorRecovery(max_retries=2)
    error = ConnectionError()
    assert [recovery.covers(error, attempts, 0) for attempts in (1, 2, 3)] == [True, True, False]


@pytest.mark.parametrize(
    "error",
    [
        FlowInputError("f", "x", "no"),
        MemoryLimitExceeded("f", 1),
        CpuTimeExceeded("f", 1.0),
        UnpicklableResult("f", "lock", "no"),
        WrongIsolation("f", "inline", "no"),
        asyncio.CancelledError(),
        KeyboardInterrupt(),
        SystemExit(),
    ],
)
def test_what_would_fail_again_or_ends_things_is_never_retried(error: BaseException) -> None:
    recovery = ErrorRecovery(retry_on=BaseException)
    assert not recovery.covers(error, 1, 0)


def test_retry_on_is_a_class_a_tuple_or_a_function() -> None:
    for retry_on in (
        OSError,
        (OSError, KeyError),
        lambda error: "again" in str(error),
    ):
        recovery = ErrorRecovery(retry_on=retry_on)
        assert recovery.covers(ConnectionError("again"), 1, 0)
        assert not recovery.covers(ValueError("no"), 1, 0)


def test_a_flow_that_killed_max_crashes_workers_is_not_tried_on_another() -> None:
    recovery = ErrorRecovery(max_retries=10, max_crashes=2)
    error = WorkerCrashed("f", 1, -9)
    assert recovery.covers(error, 1, crashes=1)
    assert not recovery.covers(error, 2, crashes=2)


steps = st.lists(st.tuples(st.sampled_from(["start", "retry"]), st.floats(0, 3)), max_size=300)


@given(steps, st.floats(0, 2), st.floats(0, 20))
def test_retries_decided_within_a_window_stay_within_the_budget(
    steps: list[tuple[str, float]], ratio: float, per_second: float
) -> None:
    budget = RetryBudget(ratio=ratio, per_second=per_second, window=10)
    ledger, now = RetryLedger(budget), 0.0
    starts: list[float] = []
    retries: list[float] = []
    for what, pause in steps:
        now += pause
        if what == "start":
            ledger.note_start(now)
            starts.append(now)
        elif ledger.take(now):
            retries.append(now)
            lately = sum(at > now - 9 for at in retries)  # the window moves in tenths
            assert lately <= ratio * sum(at > now - 10 for at in starts) + per_second * 10 + 1e-9


def test_an_idle_ledger_forgets() -> None:
    ledger = RetryLedger(RetryBudget(ratio=1.0, per_second=0.0, window=1.0))
    ledger.note_start(0.0)
    assert ledger.take(0.0)
    assert not ledger.take(0.5)
    ledger.note_start(5.0)
    assert [ledger.take(5.0), ledger.take(5.0)] == [True, False]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"max_retries": -1}, "max_retries"),
        ({"backoff": "quadratic"}, "backoff"),
        ({"delay": -0.1}, "delay"),
        ({"delay": float("inf")}, "delay"),
        ({"delay": 5, "max_delay": 1}, "max_delay"),
        ({"max_crashes": 0}, "max_crashes"),
    ],
)
def test_recovery_settings_out_of_range_are_refused_by_name(values: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        ErrorRecovery(**values)


@pytest.mark.parametrize("name", ["ratio", "per_second", "window"])
def test_budget_settings_out_of_range_are_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        RetryBudget(**{name: -1})


def test_a_retry_on_that_raises_has_decided_nothing() -> None:
    error = ValueError("first")
    recovery = ErrorRecovery(retry_on=lambda _: 1 / 0 > 1)
    assert not recovery.covers(error, 1, 0)
    assert "ZeroDivisionError" in error.__notes__[0]
