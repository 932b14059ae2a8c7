"""The engine as its users see it."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from holon_actors.actors import Actor, ActorSystem, InvalidAddress
from holon_actors.errors import ConfigError
from holon_actors.flows import FlowInputError, context, flow
from holon_actors.runtime import (
    Engine,
    EngineClosed,
    EngineOverloaded,
    ErrorRecovery,
    Execute,
    ExecutionTimeout,
    GetStats,
    PriorityLevel,
    RateLimit,
    ResourceLimits,
    RetryBudget,
    WrongIsolation,
    WrongThread,
)
from holon_actors.runtime._usage import ProcessTree
from holon_actors.runtime.resources import Usage
from tests.runtime.sample_flows import add, add_async, echo, fail, user, where

Until = Callable[[Callable[[], object]], Awaitable[None]]


class Gate:
    """A flow that reports its start and waits to be let go, wherever it runs."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.let_go = threading.Event()
        self.count = 0
        self.flow = flow(self._wait, name="gate")

    def _wait(self, value: Any) -> Any:
        self.count += 1
        self.entered.set()
        assert self.let_go.wait(30)
        return value


@pytest.mark.parametrize("isolation", ["inline", "loop", "thread", "process", "auto", None])
async def test_execute_runs_a_flow_under_every_isolation(isolation: Any) -> None:
    async with Engine() as engine:
        assert await engine.execute(add, (5, 3), isolation=isolation) == 8
        assert await engine.execute(add, {"x": 5, "y": 3}, isolation=isolation) == 8


@pytest.mark.parametrize("isolation", ["loop", "thread", "process", "auto", None])
async def test_execute_runs_an_async_flow_wherever_it_can_wait(isolation: Any) -> None:
    async with Engine() as engine:
        assert await engine.execute(add_async, (5, 3), isolation=isolation) == 8


async def test_the_example_of_the_contract_runs() -> None:
    async with Engine(
        max_concurrency=4,
        resource_limits=ResourceLimits(cpu=0.8, memory="64GB"),
        error_recovery=ErrorRecovery(max_retries=3, backoff="exponential"),
    ) as engine:
        assert await engine.execute(add, (5, 3)) == 8
        execution = engine.submit(add, {"x": 5, "y": 3}, timeout=5.0, priority="high", trace=True)
        assert await execution == 8
        assert [span.name for span in execution.trace or ()] == ["add"]
        assert execution.status == "succeeded"


async def test_auto_runs_sync_flows_in_threads_and_async_ones_on_the_loop() -> None:
    @flow
    async def where_async(_: Any) -> str:
        return threading.current_thread().name

    async with Engine(name="auto") as engine:
        assert (await engine.execute(where))[1].startswith("holon-auto-")
        assert await engine.execute(where_async) == threading.current_thread().name


async def test_a_flows_own_isolation_holds_unless_the_call_says_otherwise() -> None:
    inline: Any = where.with_meta(isolation="inline")
    here = threading.current_thread().name
    async with Engine() as engine:
        assert (await engine.execute(inline))[1] == here
        assert (await engine.execute(inline, isolation="thread"))[1] != here
        assert (await engine.execute(inline, isolation="auto"))[1] != here


async def test_the_engines_isolation_holds_when_neither_flow_nor_call_says_any() -> None:
    async with Engine(isolation="inline") as engine:
        assert (await engine.execute(where))[1] == threading.current_thread().name


async def test_an_async_flow_cannot_run_inline() -> None:
    async with Engine() as engine:
        with pytest.raises(WrongIsolation, match="add_async"):
            engine.submit(add_async, (1, 2), isolation="inline")


async def test_input_is_coerced_by_type_hints() -> None:
    async with Engine(isolation="inline") as engine:
        assert await engine.execute(add, ("5", "3")) == 8


async def test_wrong_input_is_refused_before_anything_runs() -> None:
    async with Engine() as engine:
        with pytest.raises(FlowInputError, match="'y'") as caught:
            engine.submit(add, {"x": 5, "y": "many"})
        assert caught.value.parameter == "y"
        assert engine.stats().submitted == 0


async def test_a_flows_own_error_passes_through_unchanged() -> None:
    error = ValueError("mine")

    @flow
    def broken(_: Any) -> None:
        raise error

    async with Engine() as engine:
        for isolation in ("inline", "loop", "thread"):
            with pytest.raises(ValueError, match="mine") as caught:
                await engine.execute(broken, isolation=isolation)
            assert caught.value is error
        assert engine.stats().failed == 3


@pytest.mark.parametrize("isolation", ["inline", "loop", "thread", "process"])
async def test_stop_iteration_and_system_exit_reach_the_caller(isolation: Any) -> None:
    @flow
    def stop(_: Any) -> None:
        raise StopIteration("no more")

    @flow
    def leave(_: Any) -> None:
        raise SystemExit(3)

    async with Engine() as engine:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await engine.execute(stop, isolation=isolation)
        with pytest.raises(SystemExit):
            await engine.execute(leave, isolation=isolation)
        assert await engine.execute(add, (1, 1), isolation=isolation) == 2


async def test_no_more_than_max_concurrency_run_at_once() -> None:
    running = high = 0

    @flow
    async def count(_: Any) -> None:
        nonlocal running, high
        running += 1
        high = max(high, running)
        await asyncio.sleep(0)
        running -= 1

    async with Engine(max_concurrency=3) as engine:
        await asyncio.gather(*[engine.submit(count) for _ in range(50)])
    assert high == 3


async def test_threads_run_no_more_than_max_concurrency_at_once() -> None:
    lock = threading.Lock()
    running = high = 0

    @flow
    def count(_: Any) -> None:
        nonlocal running, high
        with lock:
            running += 1
            high = max(high, running)
        with lock:
            running -= 1

    async with Engine(max_concurrency=3) as engine:
        await asyncio.gather(*[engine.submit(count) for _ in range(2000)])
    assert high <= 3


async def test_higher_priority_starts_first_and_equals_in_order() -> None:
    order: list[str] = []
    note = flow(lambda name: order.append(name), name="note")
    gate = Gate()
    async with Engine(max_concurrency=1) as engine:
        blocker = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        for name, priority in [
            ("b", "normal"),
            ("d", "low"),
            ("a", "high"),
            ("c", "normal"),
            ("z", 7),
        ]:
            engine.submit(note, name, priority=cast("PriorityLevel", priority))
        gate.let_go.set()
        await blocker
    assert order == ["z", "a", "b", "c", "d"]


async def test_a_full_queue_refuses_at_once_and_says_when_to_return(until: Until) -> None:
    gate = Gate()
    async with Engine(max_concurrency=1, queue_size=2) as engine:
        running = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        queued = [engine.submit(echo, n) for n in range(2)]
        with pytest.raises(EngineOverloaded) as caught:
            engine.submit(echo, 2)
        assert caught.value.retry_after > 0
        assert engine.stats().rejected == 1
        queued[0].cancel()
        queued.append(engine.submit(echo, 3))  # a cancelled execution leaves room
        gate.let_go.set()
        assert await asyncio.gather(running, *queued[1:]) == [None, 1, 3]


async def test_a_burst_into_an_idle_engine_may_fill_slots_and_queue() -> None:
    async with Engine(max_concurrency=2, queue_size=3) as engine:
        executions = [engine.submit(echo, n) for n in range(5)]
        with pytest.raises(EngineOverloaded):
            engine.submit(echo, 5)
        assert await asyncio.gather(*executions) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("isolation", ["loop", "thread", "process"])
async def test_a_timeout_frees_the_caller(isolation: Any) -> None:
    gate = Gate()

    async def wait_forever(_: Any) -> None:
        await asyncio.Event().wait()

    stuck: Any = {
        "loop": flow(wait_forever),
        "thread": gate.flow,
        "process": flow(lambda _: __import__("time").sleep(3600)),
    }[isolation]
    async with Engine() as engine:
        execution = engine.submit(stuck, isolation=isolation, timeout=0.05)
        with pytest.raises(ExecutionTimeout, match=r"within 0.05 s"):
            await execution
        assert execution.status == ("abandoned" if isolation == "thread" else "timed-out")
        assert engine.stats().timed_out == 1
        gate.let_go.set()
    assert execution.status == "timed-out"


async def test_a_timeout_is_checked_after_an_inline_flow() -> None:
    async with Engine() as engine:
        loop = asyncio.get_running_loop()
        end = loop.time() + 0.01

        @flow
        def busy(_: Any) -> None:
            while loop.time() < end:
                pass

        execution = engine.submit(busy, isolation="inline", timeout=0.001)
        with pytest.raises(ExecutionTimeout):
            await execution
        assert execution.status == "timed-out"
        assert await engine.execute(add, (1, 2), isolation="inline") == 3
    assert engine.stats().abandoned == 0


async def test_work_whose_time_ran_out_in_the_queue_never_starts() -> None:
    gate, late = Gate(), Gate()
    async with Engine(max_concurrency=1) as engine:
        running = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        queued = engine.submit(late.flow, timeout=0.01)
        with pytest.raises(ExecutionTimeout, match="queued"):
            await queued
        gate.let_go.set()
        await running
    assert late.count == 0
    assert queued.status == "timed-out"


async def test_cancelling_the_caller_of_execute_cancels_the_execution() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    @flow
    async def wait_forever(_: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with Engine() as engine:
        caller = asyncio.create_task(engine.execute(wait_forever))
        await started.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await ended.wait()
    assert engine.stats().cancelled == 1
    assert engine.stats().leases == ()


async def test_a_cancelled_execution_that_is_queued_never_starts() -> None:
    gate, late = Gate(), Gate()
    async with Engine(max_concurrency=1) as engine:
        running = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        queued = engine.submit(late.flow)
        assert queued.cancel()
        assert queued.status == "cancelled"
        gate.let_go.set()
        await running
    assert late.count == 0
    assert not queued.cancel()


async def test_an_abandoned_thread_keeps_its_slot_until_it_returns(until: Until) -> None:
    gate = Gate()
    async with Engine(max_concurrency=1) as engine:
        stuck = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        stuck.cancel()
        assert str(stuck.status) == "abandoned"
        waiting = engine.submit(echo, "next")
        # Several turns of the loop, in which a free slot would have been used.
        for _ in range(20):
            await asyncio.sleep(0)
        stats = engine.stats()
        assert (stats.abandoned, stats.running, stats.queued) == (1, 0, 1)
        (lease,) = stats.leases
        assert (lease.state, lease.execution, lease.flow) == ("abandoned", stuck.id, "gate")
        assert lease.age > 0
        gate.let_go.set()
        assert await waiting == "next"
        assert stuck.status == "cancelled"
        assert engine.stats().abandoned == 0


async def test_work_behind_an_abandoned_thread_runs_elsewhere() -> None:
    gate = Gate()
    async with Engine(max_concurrency=2) as engine:
        # Slices have grown by the time the slow flow comes: it may share one with others.
        await asyncio.gather(*[engine.submit(echo, n) for n in range(2000)])
        stuck = engine.submit(gate.flow)
        others = [engine.submit(echo, n) for n in range(200)]
        assert await asyncio.gather(*others) == list(range(200))
        gate.let_go.set()
        await stuck


async def test_a_rate_limit_delays_starts() -> None:
    started: list[float] = []
    loop = asyncio.get_running_loop()
    note = flow(lambda _: started.append(loop.time()), name="note")
    limit = RateLimit(max_requests=100, interval=1.0, burst=2)
    async with Engine(rate_limit=limit, isolation="inline") as engine:
        executions = [engine.submit(note, None) for _ in range(5)]
        await executions[1]
        assert engine.stats().waiting_for_rate == 3
        await asyncio.gather(*executions)
    # Three more tokens at one per 10 ms.
    assert started[4] - started[0] > 0.025


async def test_nothing_new_starts_while_the_process_tree_is_over_its_limits(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    usage = Usage(0.0, 10)
    monkeypatch.setattr(ProcessTree, "sample", lambda _: usage)
    gate = Gate()
    async with Engine(resource_limits=ResourceLimits(memory=100, sample_interval=0)) as engine:
        running = engine.submit(gate.flow)
        await asyncio.to_thread(gate.entered.wait)
        usage = Usage(0.0, 1000)
        held = engine.submit(echo, 1)
        await until(lambda: engine.stats().waiting_for_admission == 1)
        usage = Usage(0.0, 10)
        assert await held == 1
        gate.let_go.set()
        await running


async def test_an_engine_that_is_over_its_limits_by_itself_runs_one_at_a_time() -> None:
    async with Engine(resource_limits=ResourceLimits(memory=1), max_concurrency=4) as engine:
        assert await asyncio.gather(*[engine.submit(echo, n) for n in range(3)]) == [0, 1, 2]


async def test_a_failed_execution_is_retried_until_it_succeeds() -> None:
    outcomes = [ConnectionError("one"), ConnectionError("two"), "three"]

    @flow
    def flaky(_: Any) -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    recovery = ErrorRecovery(max_retries=3, delay=0.0)
    async with Engine(error_recovery=recovery) as engine:
        execution = engine.submit(flaky)
        assert await execution == "three"
        assert execution.attempts == 3
        assert engine.stats().retries == 2


async def test_retries_end_with_the_last_error_after_max_retries() -> None:
    calls = 0

    @flow
    async def broken(_: Any) -> None:
        nonlocal calls
        calls += 1
        raise ConnectionError(f"call {calls}")

    async with Engine(error_recovery=ErrorRecovery(max_retries=2, delay=0.0)) as engine:
        with pytest.raises(ConnectionError, match="call 3"):
            await engine.execute(broken)
    assert calls == 3


async def test_no_slot_is_held_between_attempts(until: Until) -> None:
    recovery = ErrorRecovery(max_retries=1, delay=3600, max_delay=3600, jitter=False)
    async with Engine(max_concurrency=1, error_recovery=recovery) as engine:
        failing = engine.submit(fail, "no")
        await until(lambda: engine.stats().retrying == 1)
        assert failing.status == "queued"
        assert await engine.execute(add, (1, 2)) == 3
        failing.cancel()
        assert engine.stats().retrying == 0


async def test_only_errors_named_by_retry_on_are_retried() -> None:
    recovery = ErrorRecovery(max_retries=3, delay=0.0, retry_on=ConnectionError)
    async with Engine(error_recovery=recovery) as engine:
        execution = engine.submit(fail, "no")
        with pytest.raises(ValueError, match="no"):
            await execution
        assert execution.attempts == 1


async def test_the_retry_budget_bounds_the_retries_of_all_executions() -> None:
    budget = RetryBudget(ratio=0.2, per_second=0.0)
    recovery = ErrorRecovery(max_retries=3, delay=0.0, budget=budget)
    async with Engine(error_recovery=recovery) as engine:
        executions = [engine.submit(fail, "no") for _ in range(100)]
        errors = await asyncio.gather(*executions, return_exceptions=True)
        assert engine.stats().retries == 20
    assert sum("budget" in "".join(getattr(error, "__notes__", ())) for error in errors) == 100


async def test_no_retry_starts_after_the_deadline() -> None:
    recovery = ErrorRecovery(delay=60, jitter=False, max_delay=60)
    async with Engine(error_recovery=recovery) as engine:
        with pytest.raises(ValueError, match="no") as caught:
            await engine.execute(fail, "no", timeout=30)
    assert "deadline" in "".join(caught.value.__notes__)


async def test_the_seed_of_the_rng_decides_the_jitter() -> None:
    delays: list[list[float]] = []
    for _ in range(2):
        rng = random.Random(7)
        recovery = ErrorRecovery(max_retries=2, delay=0.002)
        async with Engine(error_recovery=recovery, rng=rng) as engine:
            with pytest.raises(ValueError, match="no"):
                await engine.execute(fail, "no")
        delays.append([rng.random()])
    assert delays[0] == delays[1]


@pytest.mark.parametrize("isolation", ["inline", "loop", "thread", "process"])
async def test_the_context_travels_into_every_isolation(isolation: Any) -> None:
    async with Engine() as engine:
        with context(user="ada").active():
            execution = engine.submit(user, isolation=isolation)
        assert await execution == "ada"
        assert await engine.execute(user, isolation=isolation) is None


@pytest.mark.parametrize("isolation", ["inline", "loop", "thread", "process"])
async def test_a_trace_has_a_span_per_node_wherever_it_runs(isolation: Any) -> None:
    work = add | echo | echo
    async with Engine() as engine:
        execution = engine.submit(work, (1, 2), isolation=isolation, trace=True)
        assert await execution == 3
    assert execution.trace is not None
    spans = sorted(execution.trace, key=lambda span: span.id)
    assert [span.name for span in spans] == ["pipe", "add", "echo", "echo"]
    assert {node.id for node in work.graph().nodes} >= {span.path for span in spans}
    assert [span.parent for span in spans] == [None, 0, 0, 0]
    assert all(span.start >= 0 and 0 <= span.duration < 30 for span in spans)


async def test_an_untraced_execution_has_no_trace() -> None:
    async with Engine() as engine:
        execution = engine.submit(add, (1, 2))
        await execution
    assert execution.trace is None


async def test_leaving_the_block_waits_for_what_was_submitted() -> None:
    async with Engine() as engine:
        executions = [engine.submit(add_async, (n, n)) for n in range(10)]
    assert [execution.result() for execution in executions] == [2 * n for n in range(10)]


async def test_leaving_the_block_by_an_error_cancels_what_was_submitted() -> None:
    async def wait_forever(_: Any) -> None:
        await asyncio.Event().wait()

    executions = []

    async def leave_early() -> None:
        async with Engine() as engine:
            executions.append(engine.submit(flow(wait_forever)))
            await asyncio.sleep(0)
            raise KeyError("mine")

    with pytest.raises(KeyError):
        await leave_early()
    assert executions[0].cancelled()


async def test_shutdown_cancels_what_its_timeout_leaves_and_reports_stuck_threads() -> None:
    gate = Gate()
    engine = Engine(max_concurrency=1)
    await engine.start()
    stuck = engine.submit(gate.flow)
    queued = engine.submit(echo, 1)
    await asyncio.to_thread(gate.entered.wait)
    stats = await engine.shutdown(timeout=0.01)
    assert (stats.abandoned, stats.cancelled) == (1, 2)
    assert stuck.cancelled()
    assert queued.cancelled()
    assert await engine.shutdown() == stats
    gate.let_go.set()


async def test_an_engine_takes_no_work_before_it_starts_or_after_it_ended() -> None:
    engine = Engine()
    with pytest.raises(EngineClosed, match="new"):
        engine.submit(add, (1, 2))
    with pytest.raises(EngineClosed, match="new"):
        engine.stats()
    with pytest.raises(EngineClosed, match="new"):
        await engine.shutdown()
    async with engine:
        pass
    with pytest.raises(EngineClosed, match="closed"):
        await engine.execute(add, (1, 2))
    with pytest.raises(EngineClosed, match="closed"):
        engine.submit_threadsafe(add, (1, 2))
    with pytest.raises(EngineClosed, match="closed"):
        await engine.start()


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"max_concurrency": True}, "max_concurrency"),
        ({"max_concurrency": 1.5}, "max_concurrency"),
        ({"queue_size": 0}, "queue_size"),
        ({"isolation": "fork"}, "isolation"),
        ({"ageing": -1}, "ageing"),
        ({"kill_grace": float("nan")}, "kill_grace"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(settings: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Engine(**settings)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"timeout": -1}, "timeout"),
        ({"timeout": "5s"}, "timeout"),
        ({"priority": "urgent"}, "priority"),
        ({"priority": None}, "priority"),
        ({"isolation": "fork"}, "isolation"),
    ],
)
async def test_an_option_out_of_range_is_refused_by_name(options: Any, name: str) -> None:
    async with Engine() as engine:
        with pytest.raises(ConfigError, match=name):
            engine.submit(add, (1, 2), **options)
        with pytest.raises(ConfigError, match="flow"):
            engine.submit(lambda x: x, 1)  # type: ignore[arg-type]
        assert engine.stats().submitted == 0


async def test_submitting_from_another_thread_is_refused_with_the_way_to_do_it() -> None:
    async with Engine() as engine:
        with pytest.raises(WrongThread, match="submit_threadsafe"):
            await asyncio.to_thread(engine.submit, add, (1, 2))


async def test_two_engines_share_a_system_and_leave_it_running() -> None:
    async with ActorSystem("shared") as system:
        async with Engine(system=system) as one, Engine(system=system) as two:
            assert await one.execute(add, (1, 2)) == 3
            assert await two.execute(add, (3, 4)) == 7
        assert system.spawn(Actor).is_alive


async def test_other_actors_can_use_an_engine_by_its_reference() -> None:
    async with Engine() as engine:
        assert await engine.ref.ask(Execute(add, (5, 3))) == 8
        with pytest.raises(ValueError, match="no"):
            await engine.ref.ask(Execute(fail, "no"))
        assert (await engine.ref.ask(GetStats())).succeeded == 1


async def test_stats_count_what_happened() -> None:
    async with Engine() as engine:
        await engine.execute(add, (1, 2))
        await asyncio.gather(engine.submit(fail, "no"), return_exceptions=True)
        stats = engine.stats()
    assert (stats.submitted, stats.succeeded, stats.failed) == (2, 1, 1)
    assert (stats.queued, stats.running, stats.retrying) == (0, 0, 0)
    assert stats.state == "running"
    assert engine.stats().state == "closed"


async def test_cancelling_the_exit_cancels_what_is_left_and_ends_everything() -> None:
    started = asyncio.Event()

    @flow
    async def wait_forever(_: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    engine = Engine()

    async def use() -> None:
        async with engine:
            engine.submit(wait_forever)

    user = asyncio.create_task(use())
    await started.wait()
    user.cancel()
    with pytest.raises(asyncio.CancelledError):
        await user
    assert engine.stats().state == "closed"
    assert engine.stats().cancelled == 1


async def test_an_engine_that_could_not_start_takes_no_work() -> None:
    engine = Engine(name="not a name")
    with pytest.raises(InvalidAddress):
        await engine.start()
    with pytest.raises(EngineClosed, match="new"):
        engine.submit(add, (1, 2))


async def test_a_task_that_a_flow_left_behind_is_no_parent() -> None:
    left: list[asyncio.Task[float | None]] = []
    go = asyncio.Event()

    async with Engine() as engine:

        async def later() -> float | None:
            await go.wait()
            execution = engine.submit(add, (1, 2))
            await execution
            return execution.deadline

        @flow
        async def leave(_: Any) -> None:
            left.append(asyncio.create_task(later()))

        await engine.execute(leave, timeout=30)
        go.set()
        assert await left[0] is None


@pytest.mark.parametrize(
    "options",
    [
        {"priority": 10**400},
        {"priority": [1]},
        {"priority": "urgent"},
        {"isolation": ["thread"]},
        {"timeout": "5s"},
    ],
    ids=str,
)
async def test_a_refused_submission_leaves_nothing_behind(options: dict[str, Any]) -> None:
    async with Engine() as engine:
        with pytest.raises(ConfigError, match=next(iter(options))):
            engine.submit(add, (1, 2), **options)
    assert engine.stats().submitted == 0


@pytest.mark.parametrize("work", [[add], 5, None, lambda x: x])
async def test_what_is_no_flow_is_refused_by_name(work: Any) -> None:
    async with Engine() as engine:
        with pytest.raises(ConfigError, match="expected a flow"):
            engine.submit(work, 1)


@pytest.mark.parametrize("setting", ["resource_limits", "error_recovery", "rate_limit", "system"])
def test_a_setting_of_the_wrong_class_is_refused_by_name(setting: str) -> None:
    with pytest.raises(ConfigError, match=setting):
        Engine(**{setting: {"cpu": 1}})  # type: ignore[arg-type]


async def test_an_engine_that_was_cancelled_while_it_started_leaves_no_actors() -> None:
    async with ActorSystem("host") as system:
        engine = Engine(system=system)
        starting = asyncio.create_task(engine.start())
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        async with engine:  # it may be started again
            assert await engine.execute(add, (1, 2)) == 3
            mine = {one.path.split("/")[2] for one in system.snapshot() if "/engine" in one.path}
            assert len(mine) == 1


async def test_shutdown_from_another_loop_is_refused() -> None:
    async with Engine() as engine:

        def elsewhere() -> None:
            with pytest.raises(WrongThread):
                asyncio.run(engine.shutdown())

        await asyncio.to_thread(elsewhere)


async def test_shutdown_counts_as_abandoned_only_what_could_not_be_ended() -> None:
    gate = Gate()
    entered = asyncio.Event()

    @flow
    async def waits(_: Any) -> None:
        entered.set()
        await asyncio.Event().wait()

    engine = Engine()
    await engine.start()
    executions = [engine.submit(waits, 1), engine.submit(gate.flow, 1)]
    await entered.wait()
    await asyncio.to_thread(gate.entered.wait, 30)
    stats = await engine.shutdown(timeout=0)
    assert (stats.state, stats.abandoned, stats.cancelled) == ("closed", 1, 2)
    assert all(execution.cancelled() for execution in executions)
    gate.let_go.set()


async def test_nothing_waits_in_an_engine_whose_actors_have_ended(until: Until) -> None:
    recovery = ErrorRecovery(delay=3600, max_delay=3600, jitter=False)
    gate = Gate()
    async with Engine(max_concurrency=1, error_recovery=recovery) as engine:
        retried = engine.submit(fail, "no")
        await until(lambda: engine.stats().retrying)
        running, queued = engine.submit(gate.flow, 1), engine.submit(add, (1, 2))
        await asyncio.to_thread(gate.entered.wait, 30)
        engine._supervisor.kill()
        await asyncio.gather(retried, queued, running, return_exceptions=True)
        assert isinstance(retried.exception(), EngineClosed)
        assert isinstance(queued.exception(), EngineClosed)
        assert running.exception() is not None
        stats = engine.stats()
        assert (stats.queued, stats.retrying, stats.state) == (0, 0, "closed")
        gate.let_go.set()
