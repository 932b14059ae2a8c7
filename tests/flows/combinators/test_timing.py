from __future__ import annotations

import asyncio

import pytest

from holon_actors import flows
from holon_actors.flows import FlowTimeout, current_clock, using_clock
from tests.support.flow_clock import FakeClock
from tests.support.virtual_time import run_virtual


async def wait(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


def test_an_async_flow_is_cancelled_when_its_time_is_up() -> None:
    limited = flows.timeout(wait, 5)

    async def main() -> float:
        assert await limited(4) == 4
        with pytest.raises(FlowTimeout, match="'wait' took longer than 5 s") as caught:
            await limited(6)
        assert isinstance(caught.value, TimeoutError)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(9)


def test_a_timeout_error_of_the_flows_own_passes_as_it_is() -> None:
    async def fail(x: int) -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine") as caught:
        run_virtual(flows.timeout(fail, 5)(1))
    assert not isinstance(caught.value, FlowTimeout)


def test_a_time_limit_inside_the_flow_is_not_taken_for_its_own() -> None:
    async def impatient(x: int) -> None:
        async with asyncio.timeout(1):
            await asyncio.sleep(x)

    with pytest.raises(TimeoutError) as caught:
        run_virtual(flows.timeout(impatient, 5)(9))
    assert not isinstance(caught.value, FlowTimeout)


def test_outer_cancellation_is_not_a_timeout() -> None:
    async def main() -> None:
        task = asyncio.create_task(flows.timeout(wait, 5)(9))
        await asyncio.sleep(1)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        run_virtual(main())


def test_nested_timeouts_are_told_apart() -> None:
    inner = flows.timeout(wait, 9)
    with pytest.raises(FlowTimeout) as caught:
        run_virtual(flows.timeout(inner, 2)(20))
    assert caught.value.seconds == 2
    with pytest.raises(FlowTimeout) as caught:
        run_virtual(flows.timeout(flows.timeout(wait, 2), 9)(20))
    assert caught.value.seconds == 2


def test_a_sync_flow_is_checked_after_it_has_run() -> None:
    def work(seconds: float) -> float:
        current_clock().sleep(seconds)
        return seconds

    with using_clock(FakeClock()):
        assert flows.timeout(work, 5)(4) == 4
        with pytest.raises(FlowTimeout):
            flows.timeout(work, 5)(6)
