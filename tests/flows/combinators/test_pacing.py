from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import Flow, FlowOutputError, probing
from tests.support.virtual_time import run_virtual

moments = st.lists(st.integers(0, 40), min_size=1, max_size=10).map(sorted)


def now() -> float:
    return asyncio.get_running_loop().time()


async def calls_at(paced: Flow[Any, Any], times: list[int]) -> list[Any]:
    """Call with its own time as the input, at each of `times`; the results or errors."""

    async def call(at: int) -> Any:
        await asyncio.sleep(at - now())
        return await paced(at)

    return await asyncio.gather(*(call(at) for at in times), return_exceptions=True)


@given(times=moments, quiet=st.integers(1, 9))
def test_debounce_runs_once_per_burst_on_the_latest_input(times: list[int], quiet: int) -> None:
    ran: list[tuple[int, float]] = []

    def note(x: int) -> int:
        ran.append((x, now()))
        return x

    results = run_virtual(calls_at(flows.debounce(note, quiet + 0.5), times))
    bursts = [[times[0]]]
    for at in times[1:]:
        if at - bursts[-1][-1] <= quiet:
            bursts[-1].append(at)
        else:
            bursts.append([at])
    assert [x for x, _ in ran] == [burst[-1] for burst in bursts]
    assert [at for _, at in ran] == pytest.approx([burst[-1] + quiet + 0.5 for burst in bursts])
    assert results == [burst[-1] for burst in bursts for _ in burst]


@given(times=moments, distance=st.integers(1, 9))
def test_throttle_keeps_its_distance_and_drops_nothing(times: list[int], distance: int) -> None:
    starts: list[tuple[int, float]] = []

    def note(x: int) -> int:
        starts.append((x, now()))
        return x

    results = run_virtual(calls_at(flows.throttle(note, distance), times))
    assert results == times
    assert [x for x, _ in starts] == times
    expected, free = [], 0.0
    for at in times:
        free = max(free, at)
        expected.append(free)
        free += distance
    assert [at for _, at in starts] == pytest.approx(expected)


@given(times=moments, size=st.integers(1, 4), delay=st.integers(1, 9))
def test_batch_runs_when_full_or_when_its_time_has_come(
    times: list[int], size: int, delay: int
) -> None:
    batches: list[tuple[list[int], float]] = []

    async def double(items: list[int]) -> list[int]:
        batches.append((items, now()))
        return [x * 2 for x in items]

    results = run_virtual(calls_at(flows.batch(double, size, delay + 0.5), times))
    assert results == [x * 2 for x in times]
    expected: list[list[int]] = []
    for at in times:
        if expected and len(expected[-1]) < size and at - expected[-1][0] <= delay:
            expected[-1].append(at)
        else:
            expected.append([at])
    assert sorted(items for items, _ in batches) == sorted(expected)
    for items, at in batches:
        due = items[-1] if len(items) == size else items[0] + delay + 0.5
        assert at == pytest.approx(due)


def test_a_burst_survives_the_cancellation_of_a_caller_and_dies_with_the_last() -> None:
    ran: list[int] = []

    async def main() -> None:
        paced = flows.debounce(ran.append, 5)
        first, second = (asyncio.create_task(paced(x)) for x in (1, 2))
        await asyncio.sleep(1)
        first.cancel()
        await second
        third = asyncio.create_task(paced(3))
        await asyncio.sleep(1)
        third.cancel()
        await asyncio.wait([third])
        await asyncio.sleep(100)
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())
    assert ran == [2]


def test_an_abandoned_run_does_not_close_the_next_burst() -> None:
    ended: list[int] = []

    async def slow(x: int) -> int:
        await asyncio.sleep(10)
        ended.append(x)
        return x

    async def main() -> None:
        paced = flows.debounce(slow, 5)
        first = asyncio.create_task(paced(1))
        await asyncio.sleep(6)  # the first burst runs now
        second = asyncio.create_task(paced(2))
        await asyncio.sleep(1)
        first.cancel()
        await asyncio.sleep(1)
        third = asyncio.create_task(paced(3))
        assert await asyncio.gather(second, third) == [3, 3]

    run_virtual(main())
    assert ended == [3]


def test_a_throttled_call_that_is_cancelled_gives_its_turn_away() -> None:
    async def main() -> float:
        paced = flows.throttle(abs, 10)
        await paced(1)
        waiting = [asyncio.create_task(paced(x)) for x in (2, 3)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        await waiting[1]
        return now()

    assert run_virtual(main()) == pytest.approx(10)


def test_traced_and_plain_calls_are_paced_together() -> None:
    class Watcher:
        def enter(self, path: str, flow: Flow[Any, Any], value: Any) -> Any:
            return value

        def exit(self, path: str, flow: Flow[Any, Any], result: Any) -> None: ...
        def fail(self, path: str, flow: Flow[Any, Any], error: BaseException) -> None: ...

    async def main() -> tuple[float, list[list[int]]]:
        ran: list[list[int]] = []
        throttled = flows.throttle(abs, 10)
        batched = flows.batch(flows.tap(ran.append), 2, 10)
        await throttled(1)
        with probing(Watcher()):
            await throttled(2)
            traced = asyncio.create_task(batched(1))
        await batched(2)
        await traced
        return now(), ran

    assert run_virtual(main()) == (pytest.approx(10), [[2, 1]])


def test_the_input_of_a_cancelled_caller_is_left_out_of_the_batch() -> None:
    ran: list[list[int]] = []

    def note(items: list[int]) -> list[int]:
        ran.append(items)
        return items

    async def main() -> None:
        paced = flows.batch(note, 3, 5)
        callers = [asyncio.create_task(paced(x)) for x in (1, 2)]
        await asyncio.sleep(1)
        callers[0].cancel()
        assert await asyncio.gather(paced(3), callers[1]) == [3, 2]

    run_virtual(main())
    assert ran == [[2, 3]]


@pytest.mark.parametrize(
    ("output", "message"), [([1], "2 inputs returned 1"), (None, "returns a list, got NoneType")]
)
def test_a_batch_must_return_a_result_for_each_input(output: Any, message: str) -> None:
    results = run_virtual(calls_at(flows.batch(lambda items: output, 2, 1), [0, 0]))
    for error in results:
        assert isinstance(error, FlowOutputError)
        assert message in str(error)


def test_an_error_reaches_every_caller_of_the_run() -> None:
    def fail(items: Any) -> Any:
        raise LookupError("no")

    for paced in (flows.batch(fail, 2, 1), flows.debounce(fail, 1), flows.throttle(fail, 1)):
        results = run_virtual(calls_at(paced, [0, 0]))
        assert [type(error) for error in results] == [LookupError, LookupError]


def test_paced_flows_work_in_one_loop_after_another_and_keep_none_of_them() -> None:
    made = [flows.debounce(abs, 1), flows.throttle(abs, 1), flows.batch(flows.map(abs), 2, 1)]
    made.append(flows.memoize(flows.throttle(abs, 1)))
    for paced in made:
        loops = []

        async def main(paced: Any = paced, loops: list[Any] = loops) -> None:
            loops.append(weakref.ref(asyncio.get_running_loop()))
            results = await asyncio.gather(*(paced(x) for x in (-1, -2, -3)))
            assert results in ([1, 2, 3], [3, 3, 3])

        for _ in range(2):
            run_virtual(main())
        gc.collect()
        assert [loop() for loop in loops] == [None, None]


@pytest.mark.parametrize(
    ("define", "named"),
    [
        (lambda: flows.debounce(abs, 0), "seconds"),
        (lambda: flows.throttle(abs, -1), "seconds"),
        (lambda: flows.batch(abs, 0, 1), "size"),  # type: ignore[call-overload]
        (lambda: flows.batch(abs, 1, -1), "delay"),  # type: ignore[call-overload]
        (lambda: flows.timeout(abs, 0), "seconds"),
        (lambda: flows.timeout(abs, float("inf")), "seconds"),
    ],
)
def test_a_bad_setting_is_refused_when_defined(define: Any, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        define()
