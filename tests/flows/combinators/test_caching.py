from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import Err, FlowInputError, Ok, using_clock
from holon_actors.flows.combinators import caching
from tests.support.flow_clock import FakeClock
from tests.support.virtual_time import run_virtual


class Counted:
    def __init__(self, error: Exception | None = None) -> None:
        self.inputs: list[Any] = []
        self.error = error

    def __call__(self, x: Any) -> Any:
        self.inputs.append(x)
        if self.error:
            raise self.error
        return x


class Slow(Counted):
    async def __call__(self, x: Any) -> Any:
        self.inputs.append(x)
        await asyncio.sleep(10)
        if self.error:
            raise self.error
        return x


@given(st.lists(st.integers(0, 5)))
def test_each_input_is_computed_once(inputs: list[int]) -> None:
    counted = Counted()
    cached = flows.memoize(counted)
    assert [cached(x) for x in inputs] == inputs
    assert sorted(counted.inputs) == sorted(set(inputs))


@given(st.lists(st.integers(0, 5), max_size=12))
def test_each_input_is_computed_once_however_many_tasks_ask(inputs: list[int]) -> None:
    slow = Slow()
    cached = flows.memoize(slow)

    async def main() -> list[int]:
        return list(await asyncio.gather(*(cached(x) for x in inputs)))

    assert run_virtual(main()) == inputs
    assert sorted(slow.inputs) == sorted(set(inputs))


def test_each_input_is_computed_once_however_many_threads_ask() -> None:
    together = Barrier(4)
    counted = Counted()

    def ask(x: int) -> int:
        together.wait()
        return int(cached(x))

    cached = flows.memoize(counted)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, [7] * 4)) == [7] * 4
    assert counted.inputs == [7]


@pytest.mark.parametrize("error", [None, LookupError("no")])
def test_threads_that_wait_get_the_result_or_the_error_of_the_run(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody_waits = Event()

    class NoticedEvent(Event):
        def wait(self, timeout: float | None = None) -> bool:
            somebody_waits.set()
            return super().wait(timeout)

    monkeypatch.setattr(caching, "Event", NoticedEvent)
    counted = Counted(error)

    def slow(x: int) -> Any:
        somebody_waits.wait()
        return counted(x)

    cached = flows.memoize(slow).result()
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(cached, [1, 1]))
    assert outcomes == [Err(error) if error else Ok(1)] * 2
    assert counted.inputs == [1]


def test_errors_are_not_remembered() -> None:
    counted = Counted(LookupError("no"))
    cached = flows.memoize(counted).result()
    assert not cached(1).is_ok
    counted.error = None
    assert cached(1).unwrap() == 1


def test_tasks_that_wait_get_the_error_and_the_next_one_tries_again() -> None:
    slow = Slow(LookupError("no"))
    cached = flows.memoize(slow)

    async def main() -> None:
        outcomes = await asyncio.gather(cached(1), cached(1), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LookupError, LookupError]
        slow.error = None
        assert await cached(1) == 1

    run_virtual(main())
    assert slow.inputs == [1, 1]


def test_the_others_get_their_result_when_the_first_caller_is_cancelled() -> None:
    slow = Slow()
    cached = flows.memoize(slow)

    async def main() -> None:
        first = asyncio.create_task(cached(1))
        await asyncio.sleep(1)
        second = asyncio.create_task(cached(1))
        await asyncio.sleep(1)
        first.cancel()
        assert await second == 1
        assert first.cancelled()

    run_virtual(main())
    assert slow.inputs == [1]


def test_the_run_is_cancelled_with_its_last_caller_and_a_new_caller_starts_anew() -> None:
    slow = Slow()
    cached = flows.memoize(slow)

    async def main() -> None:
        callers = [asyncio.create_task(cached(1)) for _ in range(2)]
        await asyncio.sleep(1)
        for caller in callers:
            caller.cancel()
        again = asyncio.create_task(cached(1))
        await asyncio.wait(callers)
        assert await again == 1
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())
    assert slow.inputs == [1, 1]


def test_what_is_older_than_its_ttl_is_computed_again() -> None:
    counted = Counted()
    cached = flows.memoize(counted, ttl=10)
    with using_clock(FakeClock()) as clock:
        for seconds in (0, 9, 1, 9):
            clock.sleep(seconds)
            cached(1)
    assert counted.inputs == [1, 1]


def test_the_ttl_of_an_async_flow_is_the_loops() -> None:
    slow = Slow()
    cached = flows.memoize(slow, ttl=5)

    async def main() -> None:
        await cached(1)
        await asyncio.sleep(4)
        await cached(1)
        await asyncio.sleep(2)
        await cached(1)

    run_virtual(main())
    assert slow.inputs == [1, 1]


def test_the_least_recently_used_goes_first() -> None:
    counted = Counted()
    cached = flows.memoize(counted, max_size=2)
    for x in (1, 2, 1, 3, 1, 2):
        cached(x)
    assert counted.inputs == [1, 2, 3, 2]


def test_inputs_of_other_types_are_other_inputs() -> None:
    counted = Counted()
    cached = flows.memoize(counted)
    for x in (1, True, 1.0, [1], (1,), {"a": [1]}, {"a": [1]}, {1}, "1"):
        assert cached(x) == x
    assert len(counted.inputs) == 8


def test_a_key_says_what_counts() -> None:
    counted = Counted()
    cached = flows.memoize(counted, key=len)
    assert [cached(text) for text in ("aa", "bb", "c")] == ["aa", "aa", "c"]


def test_a_key_takes_the_input_as_a_flow_does() -> None:
    counted = Counted()
    cached = flows.memoize(counted, key=lambda first, _second: first)
    assert [cached.apply([1, "a"]), cached.apply((1, "b"))] == [[1, "a"]] * 2
    assert flows.memoize(pow, key=lambda base, exp: base * exp)(2, 3) == 8
    with pytest.raises(FlowInputError, match="'_second'"):
        cached.apply([1])


def test_several_arguments_are_one_key() -> None:
    runs: list[int] = []

    def add(x: int, y: int) -> int:
        runs.append(x)
        return x + y

    cached = flows.flow(add).memoize()
    assert [cached(1, 2), cached(1, 2), cached(1, y=2), cached.apply((1, 2))] == [3] * 4
    assert len(runs) == 3


def test_an_input_without_a_key_is_refused() -> None:
    with pytest.raises(FlowInputError, match="give key="):
        flows.memoize(lambda x: x)(bytearray(b"x"))


def test_a_flow_that_asks_for_its_own_result_does_not_deadlock() -> None:
    def fib(n: int) -> int:
        return n if n < 2 else cached(n - 1) + cached(n - 2)

    cached = flows.memoize(fib)
    assert cached(60) == 1_548_008_755_920
    endless = flows.memoize(lambda x: endless(x))
    with pytest.raises(RecursionError):
        endless(1)


async def test_an_async_flow_that_asks_for_its_own_result_does_not_deadlock() -> None:
    async def fib(n: int) -> int:
        return n if n < 2 else await cached(n - 1) + await cached(n - 2)

    async def forever(n: int) -> int:
        return int(await endless(n))

    cached = flows.memoize(fib)
    assert await cached(60) == 1_548_008_755_920
    endless: Any = flows.memoize(forever)
    with pytest.raises(RecursionError):
        await endless(1)


def test_each_memoized_flow_has_its_own_memory() -> None:
    counted = Counted()
    one, other = flows.memoize(counted), flows.memoize(counted)
    assert one(1) == other(1) == 1
    assert counted.inputs == [1, 1]


@pytest.mark.parametrize(
    ("options", "named"),
    [({"ttl": 0}, "ttl"), ({"max_size": 0}, "max_size"), ({"key": 5}, "key")],
)
def test_a_bad_setting_is_refused_when_defined(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        flows.memoize(abs, **options)
