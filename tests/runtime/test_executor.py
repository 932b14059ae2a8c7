"""What becomes of executions when the actor that runs them fails."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holon_actors.actors import ActorFailed, ActorRef
from holon_actors.flows import flow
from holon_actors.runtime import Engine, ErrorRecovery, ExecutorCrashed
from tests.runtime.sample_flows import echo, fail_until, sleep_forever

Until = Callable[[Callable[[], object]], Awaitable[None]]


def executor_of(engine: Engine) -> ActorRef[Any]:
    """The actor that holds the only lease."""
    (lease,) = engine.stats().leases
    found = engine.system.lookup(lease.executor)
    assert found is not None
    return found


class Attempts:
    """A flow whose first attempt never ends, and whose later ones do, at once."""

    def __init__(self) -> None:
        self.count = 0
        self.started = threading.Event()
        self.let_go = threading.Event()

    def in_thread(self, _: Any) -> int:
        self.count += 1
        count = self.count
        self.started.set()
        if count == 1:
            assert self.let_go.wait(30)
        return count

    async def on_loop(self, _: Any) -> int:
        self.count += 1
        self.started.set()
        if self.count == 1:
            await asyncio.Event().wait()
        return self.count


async def test_a_killed_executor_is_replaced_and_its_execution_retried() -> None:
    attempts = Attempts()
    async with Engine(max_concurrency=1, error_recovery=ErrorRecovery(delay=0.0)) as engine:
        execution = engine.submit(flow(attempts.on_loop))
        await asyncio.to_thread(attempts.started.wait)
        executor_of(engine).kill()
        assert await execution == 2
        assert execution.attempts == 2
        assert engine.stats().executor_crashes == 1
        assert await engine.execute(echo, "alive") == "alive"


async def test_without_error_recovery_the_execution_fails_and_says_why() -> None:
    attempts = Attempts()
    async with Engine(max_concurrency=1) as engine:
        execution = engine.submit(flow(attempts.on_loop, name="victim"))
        await asyncio.to_thread(attempts.started.wait)
        executor_of(engine).kill()
        with pytest.raises(ExecutorCrashed, match="'victim'") as caught:
            await execution
        assert "executor-1" in caught.value.executor
        assert await engine.execute(echo, "alive") == "alive"


async def test_a_thread_that_lost_its_executor_keeps_the_slot_until_it_returns(
    until: Until,
) -> None:
    attempts = Attempts()
    async with Engine(max_concurrency=1, error_recovery=ErrorRecovery(delay=0.0)) as engine:
        execution = engine.submit(flow(attempts.in_thread))
        await asyncio.to_thread(attempts.started.wait)
        executor_of(engine).kill()
        await until(lambda: engine.stats().executor_crashes)
        await until(lambda: engine.stats().queued == 1)
        assert engine.stats().abandoned == 1
        assert attempts.count == 1
        attempts.let_go.set()
        # The late outcome of the first attempt does not count: the second one's does.
        assert await execution == 2
    assert engine.stats().leases == ()


async def test_a_retry_may_run_while_the_thread_of_the_first_attempt_goes_on(until: Until) -> None:
    attempts = Attempts()
    async with Engine(max_concurrency=2, error_recovery=ErrorRecovery(delay=0.0)) as engine:
        execution = engine.submit(flow(attempts.in_thread))
        await asyncio.to_thread(attempts.started.wait)
        executor_of(engine).kill()
        assert await execution == 2
        assert engine.stats().abandoned == 1
        attempts.let_go.set()
        await until(lambda: engine.stats().leases == ())


async def test_a_worker_process_ends_with_its_executor(
    note: str, read_note: Callable[[], Awaitable[str]]
) -> None:
    async with Engine(isolation="process", max_concurrency=1, kill_grace=0.05) as engine:
        execution = engine.submit(sleep_forever, note)
        await read_note()
        executor_of(engine).kill()
        with pytest.raises(ExecutorCrashed):
            await execution
        assert await engine.execute(echo, "alive") == "alive"


async def test_an_executor_that_fails_is_restarted_and_takes_work_again(until: Until) -> None:
    failures: list[ActorFailed] = []
    async with Engine(max_concurrency=1) as engine:
        await engine.execute(echo, 1)
        engine.system.events.subscribe(ActorFailed, failures.append)
        executor = engine.system.lookup("/user/engine/executor-1")
        assert executor is not None
        executor.tell("nonsense")
        await until(lambda: failures)
        assert isinstance(failures[0].error, TypeError)
        assert await engine.execute(echo, 2) == 2


async def test_work_behind_the_failed_execution_is_not_lost() -> None:
    attempts = Attempts()
    async with Engine(max_concurrency=1) as engine:
        await asyncio.gather(*[engine.submit(echo, n) for n in range(500)])
        first = engine.submit(flow(attempts.in_thread))
        others = [engine.submit(echo, n) for n in range(50)]
        await asyncio.to_thread(attempts.started.wait)
        executor_of(engine).kill()
        with pytest.raises(ExecutorCrashed):
            await first
        attempts.let_go.set()
        assert await asyncio.gather(*others) == list(range(50))


async def test_a_replaced_scheduler_goes_on_where_the_last_one_stopped(until: Until) -> None:
    gate = threading.Event()
    entered = threading.Event()

    @flow
    def wait(value: Any) -> Any:
        entered.set()
        assert gate.wait(30)
        return value

    async with Engine(max_concurrency=1) as engine:
        executions = [engine.submit(wait, n) for n in range(3)]
        await asyncio.to_thread(entered.wait)
        scheduler = engine.system.lookup("/user/engine/scheduler")
        assert scheduler is not None
        scheduler.kill()
        await until(lambda: not scheduler.is_alive)
        gate.set()
        assert await asyncio.gather(*executions) == [0, 1, 2]
        assert await engine.execute(echo, 4) == 4


async def test_an_engine_whose_supervisor_is_killed_fails_what_it_had_accepted(
    until: Until,
) -> None:
    from holon_actors.runtime import EngineClosed

    attempts = Attempts()
    engine = Engine(max_concurrency=1)
    await engine.start()
    executions = [engine.submit(flow(attempts.on_loop)), engine.submit(echo, 1)]
    await asyncio.to_thread(attempts.started.wait)
    root = engine.system.lookup("/user/engine")
    assert root is not None
    root.kill()
    for outcome in await asyncio.gather(*executions, return_exceptions=True):
        assert isinstance(outcome, EngineClosed | ExecutorCrashed)
    with pytest.raises(EngineClosed):
        engine.submit(echo, 1)
    await engine.shutdown()


async def test_retries_of_threads_keep_their_context_apart(note: str) -> None:
    async with Engine(error_recovery=ErrorRecovery(delay=0.0)) as engine:
        assert await engine.execute(fail_until, (note, 3)) == 3


async def test_a_storm_of_failures_escalates_and_the_engine_still_works(until: Until) -> None:
    failures: list[ActorFailed] = []
    async with Engine(max_concurrency=1) as engine:
        await engine.execute(echo, 1)
        engine.system.events.subscribe(ActorFailed, failures.append)
        executor = engine.system.lookup("/user/engine/executor-1")
        assert executor is not None
        for _ in range(25):
            executor.tell("nonsense")
        execution = engine.submit(echo, 2)
        await until(lambda: any(f.ref.path == "/user/engine" for f in failures))
        assert await execution == 2
        assert await engine.execute(echo, 3) == 3
    assert engine.stats().leases == ()


async def test_a_lease_on_its_way_to_a_failing_executor_is_not_lost() -> None:
    async with Engine(max_concurrency=1) as engine:
        await engine.execute(echo, 1)
        executor = engine.system.lookup("/user/engine/executor-1")
        assert executor is not None
        for n in range(10):
            execution = engine.submit(echo, n)
            executor.tell("nonsense")
            assert await execution == n
    assert engine.stats().leases == ()
