"""The engine: runs flows on supervised actors. The face of this package.

`Engine` is what a program holds; behind it stand actors (`front.py`). It checks what comes in,
makes an `Execution` of it, and starts and ends the machinery. Deciding is the business of
`planner.py` and `workload.py`, running that of `executor.py`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from holon_actors.actors import ActorRef, ActorSystem, OneForOne
from holon_actors.flows import Flow, Isolation, coerce_input
from holon_actors.runtime.errors import EngineClosed, EngineOverloaded, WrongThread
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.front import EngineSupervisor
from holon_actors.runtime.handle import Handle
from holon_actors.runtime.limits import RateLimit, TokenBucket
from holon_actors.runtime.nesting import current_execution, inherited_deadline
from holon_actors.runtime.options import (
    PriorityLevel,
    check_count,
    check_instance,
    check_isolation,
    check_seconds,
    level_of,
)
from holon_actors.runtime.planner import Planner
from holon_actors.runtime.recovery import ErrorRecovery
from holon_actors.runtime.resources import ResourceGate, ResourceLimits, UsageProbe
from holon_actors.runtime.routes import Routes
from holon_actors.runtime.shop import Shop
from holon_actors.runtime.snapshot import snapshot
from holon_actors.runtime.stats import EngineStats
from holon_actors.runtime.trace import Trace
from holon_actors.runtime.workload import Workload

__all__ = ["Engine", "PriorityLevel"]

T = TypeVar("T")


# What cancelled flows get to clean up, beyond the grace that worker processes have.
_LAST_GRACE_S = 1.0


class Engine:
    """Runs flows, at most `max_concurrency` at a time.

    Use it as `async with Engine(...) as engine:`; leaving the block waits for what was submitted,
    or cancels it when the block raised.

    `queue_size`: executions that may wait for a slot; one more raises `EngineOverloaded`.
    `ageing`: seconds of waiting that are worth one level of priority; "low" to "high" are two
    levels apart.
    `kill_grace`: seconds that a worker process has between TERM and KILL when it is ended.
    `system`: an `ActorSystem` to live in; without one the engine has its own.
    `rng`: where the jitter of retries comes from.

    Raises `ConfigError`, naming the setting, when a value is out of range.
    """

    def __init__(
        self,
        *,
        max_concurrency: int = 4,
        queue_size: int = 10_000,
        resource_limits: ResourceLimits | None = None,
        error_recovery: ErrorRecovery | None = None,
        rate_limit: RateLimit | None = None,
        isolation: Isolation = "auto",
        ageing: float = 1.0,
        kill_grace: float = 1.0,
        name: str = "engine",
        system: ActorSystem | None = None,
        rng: random.Random | None = None,
    ) -> None:
        check_count("max_concurrency", max_concurrency)
        check_count("queue_size", queue_size)
        check_seconds("ageing", ageing)
        check_seconds("kill_grace", kill_grace)
        check_isolation(isolation)
        check_instance("resource_limits", resource_limits, ResourceLimits)
        check_instance("error_recovery", error_recovery, ErrorRecovery)
        check_instance("rate_limit", rate_limit, RateLimit)
        check_instance("system", system, ActorSystem)
        self.name = name
        self.max_concurrency = max_concurrency
        self.queue_size = queue_size
        self._limits = resource_limits
        self._recovery = error_recovery
        self._retries = error_recovery is not None and error_recovery.max_retries > 0
        self._rate_limit = rate_limit
        self._ageing_s = ageing
        self._kill_grace_s = kill_grace
        self._given_system = system
        self._rng = rng if rng is not None else random.Random()  # noqa: S311  # jitter is no secret
        self._state: Literal["new", "starting", "running", "draining", "closed"] = "new"
        self._closing: asyncio.Task[EngineStats] | None = None
        self._number = 0
        self._routes = Routes(name, isolation)

    # --- life ---

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.shutdown(timeout=None if kind is None else 0.0)

    async def start(self) -> None:
        """Start the actors. Raises `EngineClosed` when the engine was started before."""
        if self._state != "new":
            raise EngineClosed(self.name, self._state)
        self._state = "starting"
        try:
            await self._start()
        except BaseException:
            self._state = "new"
            raise
        self._state = "running"

    async def _start(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._ended = asyncio.Event()
        now = loop.time()
        bucket = None if self._rate_limit is None else TokenBucket(self._rate_limit, now)
        self._planner: Planner[Execution[Any]] = Planner(
            max_concurrency=self.max_concurrency,
            queue_size=self.queue_size,
            ageing_s=self._ageing_s,
            bucket=bucket,
            now=now,
        )
        gate = ResourceGate(self._limits, _probe(self._limits, loop.time))
        self._workload = Workload(
            self.name, loop, self._planner, self._recovery, self._rng, wake=self._wake
        )
        self._shop = Shop(
            self._workload, gate, self._limits, self.max_concurrency, self._kill_grace_s
        )
        self.system = self._given_system or ActorSystem(self.name)
        async with AsyncExitStack() as undo:
            if self._given_system is None:
                await undo.enter_async_context(self.system)
            self._supervisor = self.system.spawn(
                EngineSupervisor,
                self,
                self._shop,
                name="engine" if self._given_system is None else None,
                supervision=OneForOne(max_restarts=20, window=10.0),
            )
            undo.callback(self._supervisor.kill)
            await self._shop.is_up.wait()
            undo.pop_all()

    def _wake(self) -> None:
        self._shop.wake()

    async def shutdown(self, timeout: float | None = 10.0) -> EngineStats:
        """Refuse new work, let what was accepted finish within `timeout` seconds (None: however
        long), cancel the rest, and end all actors, threads and worker processes.

        A thread that is stuck in a flow cannot be ended; it is left behind and counted as
        `abandoned` in the statistics returned. Calling it again waits for the first call.
        Cancelling it cancels what is left at once; actors and processes are ended all the same.
        Raises `EngineClosed` before the engine is started, `WrongThread` on another loop.
        """
        self._check_started()
        self._check_thread()
        if self._closing is None:
            if self._state == "running":
                self._state = "draining"
            self._closing = self._loop.create_task(self._close(timeout))
        try:
            return await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            self.cancel_all()
            await asyncio.shield(self._closing)
            raise

    async def _close(self, timeout_s: float | None) -> EngineStats:
        workload = self._workload
        if timeout_s is None:
            await workload.idle.wait()
        else:
            await _within(workload.idle.wait(), timeout_s)
        self.cancel_all()
        for executor, lease in tuple(self._shop.roster.assigned.items()):
            if lease.isolation == "thread":  # would wait for a flow that cannot be stopped
                executor.kill()
        self._supervisor.stop()
        grace_s = self._kill_grace_s + _LAST_GRACE_S
        last_resort = self._loop.call_later(grace_s, self._supervisor.kill)
        await self._ended.wait()
        last_resort.cancel()
        if self._given_system is None:
            await self.system.shutdown()
        self._state = "closed"
        return self.stats()

    def cancel_all(self) -> None:
        """Cancel every execution that has not ended."""
        for execution in tuple(self._workload.live):
            execution.cancel()

    def collapse(self) -> None:
        """The actors have ended, by a shutdown or by failing too often: fail what is left."""
        self._ended.set()
        if self._state == "running":
            self._state = "closed"
        self._workload.fail_all(EngineClosed(self.name, "closed"))

    # --- work ---

    async def execute(
        self,
        flow: Flow[Any, T],
        value: Any = None,
        *,
        timeout: float | None = None,
        priority: PriorityLevel = "normal",
        isolation: Isolation | None = None,
        trace: bool = False,
    ) -> T:
        """Run a flow on `value` (bound by the input rule) and return its result; see `submit`.

        Cancelling the caller cancels the execution. Raises what the flow raises, and what `submit`
        raises.
        """
        return await self.submit(
            flow, value, timeout=timeout, priority=priority, isolation=isolation, trace=trace
        )

    def submit(
        self,
        flow: Flow[Any, T],
        value: Any = None,
        *,
        timeout: float | None = None,
        priority: PriorityLevel = "normal",
        isolation: Isolation | None = None,
        trace: bool = False,
    ) -> Execution[T]:
        """Queue a flow and return its `Execution`, which can be awaited.

        `timeout`: seconds from now until `ExecutionTimeout`, queueing and retries included. A flow
        that runs in this engine passes the time it has left on, so the earlier deadline counts.
        `priority`: "low", "normal", "high" or an int (0 is normal); the longer something waits, the
        more urgent.
        `isolation`: where it runs; by default what the flow says, else what the engine says.
        `trace`: record a span per node in `execution.trace`.

        A thread cannot be stopped. When a synchronous flow under "thread" runs out of time or is
        cancelled, its caller is freed at once, while the flow goes on and occupies its slot until
        it returns (`execution.status` and `stats()` say "abandoned"). Only "process" ends a flow by
        force. A worker process gets a copy of the flow as it was when it first ran there, with the
        values of its closure and, for flows of the main script, of its global variables.

        Raises `FlowInputError`, `EngineOverloaded` (with `.retry_after`), `EngineClosed`,
        `WrongIsolation`, `ConfigError`.
        """
        if self._state != "running":
            raise EngineClosed(self.name, self._state)
        loop = self._loop
        self._check_thread()
        route = self._routes.isolation_of(flow, isolation)
        value = coerce_input(flow, value)
        now = loop.time()
        try:
            self._planner.check_room(now)
        except EngineOverloaded:
            self._workload.counters.rejected += 1
            raise
        self._number += 1
        execution: Execution[T] = Execution(
            self._workload, self._number, flow, value, route, copy_context(), now, loop
        )
        if priority != "normal":
            execution.level = level_of(priority)
        if timeout is not None:
            check_seconds("timeout", timeout)
            execution.timeout = timeout
            execution.deadline = now + timeout
            if route == "thread":
                self._routes.warn_unstoppable(flow)
        if trace:
            execution.trace = Trace(flow.meta.name)
        execution.may_retry = execution.retried_above = self._retries
        parent = current_execution.get()
        # One that nobody waits for any more still runs, and may still have cleaning up to do.
        if parent is not None and parent.done() and parent.lease is None:
            parent = None  # a task that its flow left behind
        if parent is not None or inherited_deadline.get() is not None:
            self._inherit(execution, parent, now)
        self._workload.accept(execution, now)
        return execution

    def submit_threadsafe(
        self, flow: Flow[Any, T], value: Any = None, **options: Any
    ) -> concurrent.futures.Future[T]:
        """`submit` from any other thread, worker threads of this engine included; options as there.

        `.result()` blocks. In a flow that runs in a thread of this engine, its slot is free while
        it blocks. What `submit` raises is raised by `.result()`; there, on the engine's own loop,
        blocking raises `WrongThread`.
        Raises `EngineClosed`.
        """
        if self._state != "running":
            raise EngineClosed(self.name, self._state)
        handle: Handle[T] = Handle(self._workload, self._loop_thread)
        start = partial(self.submit, flow, value, **options)
        self._loop.call_soon_threadsafe(handle.start, start, context=copy_context())
        return handle

    def stats(self) -> EngineStats:
        """What the engine is doing and has done. Raises `EngineClosed` before it is started."""
        self._check_started()
        return snapshot(self._state, self._workload, self._shop, self._loop.time())

    @property
    def ref(self) -> ActorRef[Any]:
        """The engine's actor, which takes `Execute` and `GetStats` from other actors."""
        self._check_started()
        return self._shop.front

    # --- what an execution gets ---

    def _inherit(
        self, execution: Execution[Any], parent: Execution[Any] | None, now: float
    ) -> None:
        """Take over the deadline and the retry mark of the flow that submits this."""
        if parent is not None:
            execution.nested = parent.host is self._workload
            if parent.retried_above:
                execution.may_retry = False
                execution.retried_above = True
        deadline = inherited_deadline.get() if parent is None else parent.deadline
        if deadline is not None and (execution.deadline is None or deadline < execution.deadline):
            execution.deadline = deadline
            execution.timeout = max(deadline - now, 0.0)

    def _check_started(self) -> None:
        if self._state in ("new", "starting"):
            raise EngineClosed(self.name, self._state)

    def _check_thread(self) -> None:
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is not self._loop:
            raise WrongThread(self.name, "not on its event loop here; use submit_threadsafe()")


def _probe(limits: ResourceLimits | None, clock: Callable[[], float]) -> UsageProbe | None:
    if limits is None:
        return None
    from holon_actors.runtime._usage import ProcessTree  # noqa: PLC0415  # psutil is slow to import

    return ProcessTree(clock)


async def _within(awaitable: Awaitable[Any], timeout_s: float) -> None:
    try:
        await asyncio.wait_for(awaitable, timeout_s)
    except TimeoutError:
        pass  # what is left is cancelled by the caller
