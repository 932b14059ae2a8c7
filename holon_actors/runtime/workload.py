"""Everything an engine knows about the executions it has taken: the host that they answer to.

The scheduler and executors are actors and may be replaced at any time; what has been accepted must
survive that, so it is kept here. All methods run on the event loop. The three ways out of an
attempt are `succeeded`, `failed` (which decides over a retry) and giving up (`cancelled`,
`expired`), after which a late outcome is only noted.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from holon_actors.runtime.errors import ExecutionTimeout, WorkerCrashed, annotate
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.leases import Lease
from holon_actors.runtime.planner import Planner
from holon_actors.runtime.recovery import ErrorRecovery, RetryLedger
from holon_actors.runtime.stats import Counters
from holon_actors.runtime.status import Status

__all__ = ["Workload"]


class Workload:
    """The executions of one engine.

    Invariant: an execution that has not ended is in exactly one of: the planner's queue, a lease,
    `retrying`.
    """

    def __init__(
        self,
        name: str,
        loop: asyncio.AbstractEventLoop,
        planner: Planner[Execution[Any]],
        recovery: ErrorRecovery | None,
        rng: random.Random,
        wake: Callable[[], None],
    ) -> None:
        self.name = name
        self.loop = loop
        self.planner = planner
        self.recovery = recovery
        self.counters = Counters()
        self.live: dict[Execution[Any], None] = {}  # not ended for their callers; an ordered set
        self.retrying: dict[Execution[Any], None] = {}
        self.suspended: dict[Lease[Execution[Any]], None] = {}  # parents that wait for children
        self.idle = asyncio.Event()
        self.idle.set()
        self._wake = wake
        self._rng = rng
        budget = recovery.budget if recovery is not None else None
        self._ledger = RetryLedger(budget) if budget is not None else None

    # --- in ---

    def accept(self, execution: Execution[Any], now: float) -> None:
        """Queue a new execution."""
        self.counters.submitted += 1
        if not self.live:
            self.idle.clear()
        self.live[execution] = None
        self.planner.queue.push(execution, execution.level, now)
        if execution.deadline is not None:
            execution.timer = self.loop.call_at(execution.deadline, self.expired, execution)
        if self._ledger is not None:
            self._ledger.note_start(now)
        self._wake()

    # --- the outcome of an attempt ---

    def succeeded(self, execution: Execution[Any], result: Any) -> None:
        """The flow returned."""
        if execution.withdrawn:
            self._late(execution)
            return
        deadline = execution.deadline
        if deadline is not None and self.loop.time() >= deadline:
            self.expired(execution)  # an inline flow holds up the timer that would have said so
            self._late(execution)
            return
        self.counters.succeeded += 1
        execution.lease = execution.stop = None
        self._leave(execution)
        execution.succeed(result)

    def failed(self, execution: Execution[Any], error: BaseException) -> None:
        """The flow raised, or what ran it died: run it again, or tell the caller."""
        if execution.withdrawn:
            self._late(execution)
            return
        if isinstance(error, WorkerCrashed):
            self.counters.worker_crashes += 1
            execution.crashes += 1
        if execution.may_retry and self._retry(execution, error):
            return
        execution.lease = execution.stop = None
        if isinstance(error, asyncio.CancelledError):
            # The flow let out a cancellation of its own making.
            self.counters.cancelled += 1
            execution.become("cancelled")
            self._leave(execution)
            execution.drop()
            return
        self.counters.failed += 1
        self._leave(execution)
        execution.fail(error)

    def _retry(self, execution: Execution[Any], error: BaseException) -> bool:
        recovery = self.recovery
        assert recovery is not None
        if not recovery.covers(error, execution.attempts, execution.crashes):
            return False
        now = self.loop.time()
        delay_s = recovery.next_delay(execution.attempts, self._rng)
        if execution.deadline is not None and now + delay_s >= execution.deadline:
            annotate(error, "not retried: its deadline comes before the next attempt")
            return False
        if self._ledger is not None and not self._ledger.take(now):
            annotate(error, "not retried: the engine's retry budget is used up")
            return False
        self.counters.retries += 1
        for child in execution.waits_for:
            self.wait_ends(execution, child)  # the next attempt has nothing to do with it
        execution.started = False
        execution.lease = execution.stop = None
        self.retrying[execution] = None
        execution.retry_timer = self.loop.call_later(delay_s, self._try_again, execution)
        return True

    def _try_again(self, execution: Execution[Any]) -> None:
        del self.retrying[execution]
        execution.retry_timer = None
        # No room is asked for: the execution has been accepted already.
        self.planner.queue.push(execution, execution.level, self.loop.time())
        self._wake()

    def _late(self, execution: Execution[Any]) -> None:
        """An attempt ended that nobody waits for any more."""
        if execution.status == "abandoned":
            execution.become(execution.end)
        lease = execution.lease
        if lease is not None and lease.state == "abandoned":
            lease.state = "running"  # free for what comes behind it, or about to be released
        execution.lease = execution.stop = None

    # --- giving up ---

    def cancelled(self, execution: Execution[Any]) -> None:
        """Its caller cancels it: called by `Execution.cancel`."""
        self.counters.cancelled += 1
        self._give_up(execution, "cancelled")

    def expired(self, execution: Execution[Any]) -> None:
        """Its deadline has passed."""
        if execution.done():
            return
        self.counters.timed_out += 1
        stage = execution.status
        self._give_up(execution, "timed-out")
        assert execution.timeout is not None
        error = ExecutionTimeout(execution.flow.meta.name, execution.timeout, stage)
        asyncio.Future.set_exception(execution, error)

    def _give_up(self, execution: Execution[Any], status: Status) -> None:
        execution.withdrawn = True
        self._stop_waiting(execution)
        lease = execution.lease
        if execution.started and lease is not None:
            if lease.state == "running":
                lease.state = "abandoned"
            if execution.isolation == "thread":
                execution.end, status = status, "abandoned"
                for child in execution.waits_for:
                    child.cancel()  # frees the thread, if that is what it blocks for
            elif execution.stop is not None:
                execution.stop()
        execution.become(status)
        self._leave(execution)

    def _leave(self, execution: Execution[Any]) -> None:
        """The execution is over for its caller."""
        if execution.timer is not None:
            execution.timer.cancel()
            execution.timer = None
        del self.live[execution]
        if not self.live:
            self.idle.set()
        if execution.waiters:
            for parent in execution.waiters:
                self.wait_ends(parent, execution)

    def fail_all(self, error: BaseException) -> None:
        """Nothing will run any more: everything that has not ended ends with `error`."""
        for execution in tuple(self.live):
            self._stop_waiting(execution)
            self.failed(execution, error)

    def _stop_waiting(self, execution: Execution[Any]) -> None:
        """Take it out of the queue, or out of the wait for its next attempt."""
        self.planner.queue.withdraw(execution)
        if execution.retry_timer is not None:
            execution.retry_timer.cancel()
            execution.retry_timer = None
            del self.retrying[execution]

    # --- parents that wait for children ---

    def wait_begins(self, parent: Execution[Any], child: Execution[Any]) -> None:
        """`parent` waits for `child`: its slot is free until the last one it waits for ends."""
        lease = parent.lease
        if lease is None or child.done() or child in parent.waits_for:
            return
        parent.waits_for = (*parent.waits_for, child)
        child.waiters = (*child.waiters, parent)
        if lease.state != "waiting":
            self.planner.leases.suspend(lease)
            self.suspended[lease] = None
            self.planner.reclaim(lease)
            self._wake()

    def wait_ends(self, parent: Execution[Any], child: Execution[Any]) -> None:
        """`child` has ended, or `parent` no longer waits for it."""
        child.waiters = tuple(other for other in child.waiters if other is not parent)
        parent.waits_for = tuple(other for other in parent.waits_for if other is not child)
        lease = parent.lease
        if lease is not None and lease.state == "waiting" and not parent.waits_for:
            # At once, even past the limit: the child's own slot comes free in the next moment.
            del self.suspended[lease]
            self.planner.leases.resume(lease)
            if parent.withdrawn:
                lease.state = "abandoned"

    # --- leases ---

    def finish(self, lease: Lease[Execution[Any]], ended: int) -> None:
        """An executor is done with a lease."""
        self.suspended.pop(lease, None)
        self.planner.finish(lease, ended, self.loop.time())
        self._wake()
