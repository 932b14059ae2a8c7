"""Flows that give their own engine more work."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from holon_actors.flows import flow
from holon_actors.runtime import Engine, ErrorRecovery, ExecutionTimeout, time_remaining
from tests.runtime.sample_flows import echo


@pytest.mark.parametrize("how", ["execute", "submit", "gather", "wait", "shield", "tasks"])
async def test_any_depth_of_nesting_completes_with_one_slot(how: str) -> None:
    running = high = 0

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def leaf(n: int) -> int:
            nonlocal running, high
            running += 1
            high = max(high, running)
            await asyncio.sleep(0)
            running -= 1
            return n

        @flow
        async def tree(depth: int) -> int:
            if depth == 0:
                return await engine.execute(leaf, 1)
            match how:
                case "execute":
                    results = [await engine.execute(tree, depth - 1) for _ in range(2)]
                case "submit":
                    children = [engine.submit(tree, depth - 1) for _ in range(2)]
                    results = [await child for child in children]
                case "gather":
                    results = await asyncio.gather(
                        *[engine.submit(tree, depth - 1) for _ in range(2)]
                    )
                case "wait":
                    done, _ = await asyncio.wait([engine.submit(tree, depth - 1) for _ in range(2)])
                    results = [child.result() for child in done]
                case "shield":
                    results = [await asyncio.shield(engine.submit(tree, depth - 1)) for _ in "ab"]
                case _:
                    async with asyncio.TaskGroup() as group:
                        tasks = [group.create_task(engine.execute(tree, depth - 1)) for _ in "ab"]
                    results = [task.result() for task in tasks]
            return sum(results)

        assert await engine.execute(tree, 4, timeout=30) == 16
        assert high == 1
    assert engine.stats().leases == ()
    assert engine.stats().executors == 0


async def test_sync_flows_in_threads_nest_with_one_slot() -> None:
    async with Engine(max_concurrency=1) as engine:

        @flow
        def tree(depth: int) -> int:
            if depth == 0:
                return engine.submit_threadsafe(echo, 1).result()  # type: ignore[no-any-return]
            children = [engine.submit_threadsafe(tree, depth - 1) for _ in range(2)]
            return sum(child.result() for child in children)

        assert await engine.execute(tree, 3, timeout=30) == 8
        stats = engine.stats()
        assert (stats.waiting_for_children, stats.abandoned) == (0, 0)


async def test_a_waiting_parent_is_seen_as_waiting_and_holds_no_slot() -> None:
    seen: list[Any] = []

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def child(_: Any) -> None:
            seen.append(engine.stats())

        @flow
        async def parent(_: Any) -> None:
            await engine.execute(child)
            seen.append(engine.stats())

        await engine.execute(parent)
    during, after = seen
    assert (during.running, during.waiting_for_children) == (1, 1)
    assert {lease.flow: lease.state for lease in during.leases} == {
        "parent": "waiting",
        "child": "running",
    }
    assert after.waiting_for_children == 0
    assert "parent" in {lease.flow for lease in after.leases if lease.state == "running"}


async def test_a_parent_that_stops_waiting_has_its_slot_back() -> None:
    never = asyncio.Event()

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def child(_: Any) -> None:
            await never.wait()

        @flow
        async def parent(_: Any) -> str:
            execution = engine.submit(child)
            _, pending = await asyncio.wait([execution], timeout=0.01)
            assert pending
            state = {lease.flow: lease.state for lease in engine.stats().leases}["parent"]
            execution.cancel()
            return state

        assert await engine.execute(parent) == "running"


async def test_a_child_has_no_more_time_than_its_parent() -> None:
    async with Engine() as engine:
        loop = asyncio.get_running_loop()

        @flow
        async def child(_: Any) -> float | None:
            return time_remaining(loop.time())

        @flow
        async def parent(timeout: float | None) -> float | None:
            return await engine.execute(child, timeout=timeout)

        inherited = await engine.execute(parent, None, timeout=20.0)
        assert inherited is not None
        assert 19 < inherited <= 20
        assert (await engine.execute(parent, 5.0, timeout=20.0) or 99) <= 5
        assert (await engine.execute(parent, 60.0, timeout=20.0) or 99) <= 20
        assert await engine.execute(parent, None) is None


async def test_a_child_is_ended_by_its_parents_deadline() -> None:
    async with Engine() as engine:
        children: list[Any] = []

        @flow
        async def child(_: Any) -> None:
            await asyncio.Event().wait()

        @flow
        async def parent(_: Any) -> None:
            children.append(engine.submit(child))
            await children[0]

        with pytest.raises(ExecutionTimeout):
            await engine.execute(parent, timeout=0.05)
        with pytest.raises((ExecutionTimeout, asyncio.CancelledError)):
            await children[0]
    assert children[0].status in ("timed-out", "cancelled")


async def test_rule_1_only_the_outermost_execution_is_retried() -> None:
    calls: list[str] = []

    recovery = ErrorRecovery(max_retries=3, delay=0.0)
    async with Engine(error_recovery=recovery) as engine:

        @flow
        async def child(_: Any) -> None:
            calls.append("child")
            raise ConnectionError("down")

        @flow
        async def parent(_: Any) -> None:
            calls.append("parent")
            await engine.execute(child)

        with pytest.raises(ConnectionError):
            await engine.execute(parent)
    # Not 4 x 4.
    assert (calls.count("parent"), calls.count("child")) == (4, 4)


async def test_the_retry_mark_and_deadline_reach_another_engine_too() -> None:
    calls = 0
    recovery = ErrorRecovery(max_retries=2, delay=0.0)
    async with Engine(error_recovery=recovery) as outer, Engine(error_recovery=recovery) as inner:

        @flow
        async def child(_: Any) -> None:
            nonlocal calls
            calls += 1
            raise ConnectionError("down")

        @flow
        async def parent(_: Any) -> None:
            await inner.execute(child)

        with pytest.raises(ConnectionError):
            await outer.execute(parent)
    assert calls == 3


async def test_a_thread_that_waits_for_a_child_is_freed_when_it_is_cancelled() -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def child(_: Any) -> None:
            started.set()
            await asyncio.Event().wait()

        @flow
        def parent(_: Any) -> None:
            engine.submit_threadsafe(child).result()

        execution = engine.submit(parent)
        await started.wait()
        execution.cancel()
        # Its thread ends, as the child that it blocked for was cancelled with it.
        assert await engine.execute(echo, "next") == "next"
    assert execution.status == "cancelled"
    assert loop.is_running()


async def test_a_child_that_its_parent_shields_survives_the_parents_end() -> None:
    started, let_go = asyncio.Event(), asyncio.Event()
    children: list[Any] = []

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def child(_: Any) -> str:
            started.set()
            await let_go.wait()
            return "done"

        @flow
        async def parent(_: Any) -> None:
            children.append(engine.submit(child))
            await asyncio.shield(children[0])

        execution = engine.submit(parent)
        await started.wait()
        execution.cancel()
        let_go.set()
        assert await children[0] == "done"
    assert engine.stats().leases == ()


async def test_a_thread_past_its_timeout_that_gives_more_work_frees_its_slot() -> None:
    let_go = threading.Event()
    outcomes: list[object] = []

    async with Engine(max_concurrency=1) as engine:

        @flow
        def outlives(value: int) -> None:
            let_go.wait(30)
            try:
                engine.submit_threadsafe(echo, value).result(30)
            except ExecutionTimeout as error:
                outcomes.append(error)

        with pytest.raises(ExecutionTimeout):
            await engine.execute(outlives, 1, timeout=0.01)
        let_go.set()
        assert await engine.execute(echo, 2, timeout=30) == 2
    assert len(outcomes) == 1  # its time was up, so the time of what it starts is up as well


async def test_a_cancelled_flow_may_clean_up_with_more_work_for_its_engine() -> None:
    entered = asyncio.Event()
    cleaned = asyncio.Event()

    async with Engine(max_concurrency=1) as engine:

        @flow
        async def waits(value: int) -> None:
            try:
                entered.set()
                await asyncio.Event().wait()
            finally:
                await engine.execute(echo, value)
                cleaned.set()

        execution = engine.submit(waits, 1)
        await entered.wait()
        execution.cancel()
        await cleaned.wait()
        assert await engine.execute(echo, 2) == 2
    assert engine.stats().leases == ()
