from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any

import pytest

from holon_actors.flows import FlowInputError, flow
from holon_actors.runtime import Engine, WrongThread
from tests.runtime.sample_flows import add, fail


async def test_a_thread_submits_and_blocks_for_the_result() -> None:
    async with Engine() as engine:

        def elsewhere() -> int:
            return engine.submit_threadsafe(add, (5, 3), timeout=20.0).result()

        assert await asyncio.to_thread(elsewhere) == 8


async def test_errors_of_flow_and_submission_are_raised_by_result() -> None:
    async with Engine() as engine:

        def elsewhere() -> tuple[BaseException | None, ...]:
            return (
                engine.submit_threadsafe(fail, "no").exception(),
                engine.submit_threadsafe(add, {"x": 1}).exception(),
            )

        own, submission = await asyncio.to_thread(elsewhere)
    assert isinstance(own, ValueError)
    assert isinstance(submission, FlowInputError)


async def test_blocking_on_the_engines_own_loop_is_refused() -> None:
    async with Engine() as engine:
        handle = engine.submit_threadsafe(add, (5, 3))
        with pytest.raises(WrongThread, match="blocking"):
            handle.result()
        assert await asyncio.wrap_future(handle) == 8
        assert handle.result() == 8


async def test_cancelling_the_handle_cancels_the_execution() -> None:
    started, ended = threading.Event(), asyncio.Event()

    @flow
    async def wait_forever(_: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Engine() as engine:

        def elsewhere() -> None:
            handle = engine.submit_threadsafe(wait_forever)
            assert started.wait(30)
            assert handle.cancel()
            with pytest.raises(concurrent.futures.CancelledError):
                handle.result()

        await asyncio.to_thread(elsewhere)
        await ended.wait()
    assert engine.stats().cancelled == 1


async def test_cancelling_before_the_loop_took_notice_submits_nothing() -> None:
    async with Engine() as engine:
        handle = engine.submit_threadsafe(add, (1, 2))
        assert handle.cancel()
        await asyncio.sleep(0)
    assert engine.stats().submitted == 0


async def test_a_parent_that_gives_up_waiting_has_its_slot_back() -> None:
    never = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with Engine(max_concurrency=1) as engine:

        @flow
        async def child(_: Any) -> None:
            await never.wait()

        @flow
        def parent(_: Any) -> str:
            handle = engine.submit_threadsafe(child)
            with pytest.raises(TimeoutError):
                handle.result(timeout=0.01)

            async def states() -> dict[str | None, str]:
                return {lease.flow: lease.state for lease in engine.stats().leases}

            state = asyncio.run_coroutine_threadsafe(states(), loop).result()["parent"]
            handle.cancel()
            return state

        assert await engine.execute(parent) == "running"
