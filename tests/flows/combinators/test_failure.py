from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import Err, FlowInputError, Ok, flow, using_clock
from tests.support.flow_clock import FakeClock
from tests.support.virtual_time import run_virtual


class Flaky:
    """Fails as often as it is told to, then returns its input."""

    def __init__(self, failures: int, error: type[Exception] = LookupError) -> None:
        self.failures = failures
        self.error = error
        self.runs = 0

    def __call__(self, x: int) -> int:
        self.runs += 1
        if self.runs <= self.failures:
            raise self.error(f"run {self.runs}")
        return x


def as_async(function: Any) -> Any:
    async def run(x: int) -> int:
        return int(function(x))

    return run


@given(failures=st.integers(0, 8), max_retries=st.integers(0, 8))
def test_retry_runs_at_most_one_plus_max_retries_times(failures: int, max_retries: int) -> None:
    flaky = Flaky(failures)
    outcome = flows.result(flows.retry(flaky, max_retries, delay=0))(7)
    assert flaky.runs == min(failures, max_retries) + 1
    assert outcome.is_ok == (failures <= max_retries)


@given(failures=st.integers(0, 5), max_retries=st.integers(0, 5))
def test_async_retry_runs_as_often(failures: int, max_retries: int) -> None:
    flaky = Flaky(failures)
    outcome = run_virtual(flows.retry(as_async(flaky), max_retries).result()(7))
    assert flaky.runs == min(failures, max_retries) + 1
    assert outcome.is_ok == (failures <= max_retries)


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [("constant", [1, 1, 1, 1]), ("linear", [1, 2, 3, 4]), ("exponential", [1, 2, 4, 8])],
)
def test_waits_grow_as_the_backoff_says(backoff: Any, waits: list[float]) -> None:
    with using_clock(FakeClock()) as clock:
        flows.retry(Flaky(4), 4, delay=1, backoff=backoff, jitter=False)(0)
    assert isinstance(clock, FakeClock)
    assert clock.slept == waits


def test_jitter_takes_a_random_part_of_the_wait() -> None:
    with using_clock(FakeClock(random=0.25)) as clock:
        flows.retry(Flaky(2), 2, delay=1)(0)
    assert isinstance(clock, FakeClock)
    assert clock.slept == [0.25, 0.5]


def test_no_wait_is_longer_than_max_delay() -> None:
    with using_clock(FakeClock(random=1)) as clock:
        flows.retry(Flaky(5), 5, delay=1, max_delay=3)(0)
    assert isinstance(clock, FakeClock)
    assert clock.slept == [1, 2, 3, 3, 3]


def test_async_retry_waits_on_the_loop() -> None:
    async def main() -> float:
        await flows.retry(as_async(Flaky(3)), 3, delay=1, jitter=False)(0)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(7)


def test_retry_raises_the_last_error_as_it_is() -> None:
    with pytest.raises(LookupError, match="run 3"):
        flows.retry(Flaky(9), 2, delay=0)(0)


def test_only_the_named_errors_are_retried() -> None:
    flaky = Flaky(1, ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        flows.retry(flaky, 3, delay=0, retry_on=(LookupError, OSError))(0)
    assert flaky.runs == 1


def test_wrong_input_is_not_retried() -> None:
    runs = []

    def positive(x: int) -> bool:
        runs.append(x)
        return x > 0

    with pytest.raises(FlowInputError):
        flows.validate(positive, "positive please").retry(3)(-1)
    assert runs == [-1]


def test_cancellation_is_not_retried() -> None:
    runs = []

    async def wait(x: int) -> None:
        runs.append(x)
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(flows.retry(wait, 3, delay=0)(1))
        await asyncio.sleep(1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        run_virtual(main())
    assert runs == [1]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"delay": -0.1}, "delay"),
        ({"delay": float("nan")}, "delay"),
        ({"delay": "1s"}, "delay"),
        ({"backoff": "fibonacci"}, "backoff"),
        ({"retry_on": ValueError("x")}, "retry_on"),
        ({"retry_on": ()}, "retry_on"),
        ({"retry_on": KeyboardInterrupt}, "retry_on"),
        ({"max_delay": -1}, "max_delay"),
    ],
)
def test_a_bad_setting_is_refused_when_defined(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        flows.retry(abs, **options)


def test_fallback_runs_the_other_flow_on_the_same_input() -> None:
    assert flows.fallback(Flaky(9), lambda x: x + 1)(1) == 2
    assert flows.fallback(Flaky(0), lambda x: x + 1)(1) == 1
    with pytest.raises(ZeroDivisionError) as caught:
        flows.fallback(Flaky(9), lambda x: 1 // 0)(1)
    assert isinstance(caught.value.__context__, LookupError)


async def test_one_async_part_makes_a_fallback_awaitable() -> None:
    assert await flows.fallback(Flaky(9), as_async(abs))(-1) == 1


def test_result_turns_errors_into_values() -> None:
    match flows.result(Flaky(0))(5):
        case Ok(value):
            assert value == 5
        case Err(error):
            pytest.fail(str(error))
    match flows.result(Flaky(1))(5):
        case Err(error):
            assert isinstance(error, LookupError)
        case Ok(value):
            pytest.fail(str(value))


def test_result_lets_ctrl_c_through() -> None:
    def interrupt(x: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flows.result(interrupt)(1)


async def test_maybe_passes_none_through() -> None:
    assert flows.maybe(abs)(-1) == 1
    assert flows.maybe(abs)(None) is None
    assert await flows.maybe(as_async(abs))(None) is None
    assert await flows.maybe(as_async(abs))(-2) == 2


def test_on_error_turns_an_error_into_a_result() -> None:
    @flow(on_error=lambda error: f"handled {error}")
    def risky(x: int, y: int = 0) -> str:
        if x > y:
            raise LookupError("it")
        return "fine"

    assert risky(0) == "fine"
    assert risky(1, y=0) == risky.apply((1, 0)) == "handled it"
    assert (risky | str.upper)(1) == "HANDLED IT"
    assert [node.kind for node in risky.graph().nodes] == ["on_error", "function", "function"]


def test_on_error_does_not_hide_wrong_input() -> None:
    @flow(on_error=lambda error: 0)
    def add(x: int, y: int) -> int:
        return x + y

    with pytest.raises(FlowInputError, match="missing"):
        add.apply([1])


async def test_an_async_handler_makes_the_flow_awaitable() -> None:
    async def handle(error: Exception) -> int:
        return -1

    assert await flow(Flaky(1), on_error=handle).apply(5) == -1


def test_ok_and_err_are_values() -> None:
    assert Ok(1) == Ok(1) != Ok(2)
    assert Err(ValueError("a")) == Err(ValueError("a")) != Err(ValueError("b"))
    assert len({Ok(1), Ok(1), Err(ValueError("a")), Err(ValueError("a"))}) == 2
    assert Ok(1).unwrap() == Ok(1).unwrap_or(2) == 1
    assert Err(ValueError("a")).unwrap_or(2) == 2
    with pytest.raises(ValueError, match="a"):
        Err(ValueError("a")).unwrap()
    assert pickle.loads(pickle.dumps(Err(ValueError("a")))) == Err(ValueError("a"))
