"""What the actors of one engine share: work, executors, and the limits they live under.

The actors come and go with failures; this stays. Everything here is used on the event loop only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Literal

from holon_actors.actors import ActorRef
from holon_actors.runtime.errors import ExecutorCrashed
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.messages import AnyLease, Wake
from holon_actors.runtime.resources import ResourceGate, ResourceLimits
from holon_actors.runtime.roster import Roster
from holon_actors.runtime.threads import Completions, WorkerThread
from holon_actors.runtime.workload import Workload

if TYPE_CHECKING:
    from holon_actors.runtime.flow_codes import FlowCodes

__all__ = ["Shop"]

_WAKE = Wake()


class Shop:
    """The shared state of one engine's actors."""

    def __init__(
        self,
        workload: Workload,
        gate: ResourceGate,
        limits: ResourceLimits | None,
        executors_max: int,
        kill_grace_s: float,
    ) -> None:
        self.workload = workload
        self.gate = gate
        self.limits = limits
        self.executors_max = executors_max
        self.kill_grace_s = kill_grace_s
        self.roster: Roster[ActorRef[Any], AnyLease] = Roster()
        self.unplaced: deque[AnyLease] = deque()  # granted, and no executor is idle yet
        self.spawning = 0  # executors that have been asked for
        self.completions = Completions(workload.loop, self._settle)
        self.is_up = asyncio.Event()  # the supervisor has started the first actors
        self.front: ActorRef[Any]  # set, like the scheduler, by the supervisor
        self.scheduler: ActorRef[Any] | None = None
        self.waking = False  # a Wake is on its way to the scheduler
        self.held_by: Literal["rate", "admission"] | None = None
        self.threads: dict[WorkerThread, None] = {}
        self.worker_pids: dict[int, None] = {}
        self.flow_codes: FlowCodes | None = None  # made by the first worker slot
        self._thread_count = 0

    def wake(self) -> None:
        """Let the scheduler plan, once for all that has changed until it does."""
        if not self.waking and self.scheduler is not None:
            self.waking = True
            self.scheduler.tell(_WAKE)

    def hire_thread(self) -> WorkerThread:
        """A new worker thread."""
        self._thread_count += 1
        name = f"holon-{self.workload.name}-{self._thread_count}"
        thread = WorkerThread(name, self.completions, self.workload.loop.time)
        self.threads[thread] = None
        return thread

    def dismiss_thread(self, thread: WorkerThread) -> None:
        """Let a worker thread end; one that is stuck in a flow ends when the flow does."""
        thread.close()
        del self.threads[thread]

    def executor_ready(self, executor: ActorRef[Any]) -> None:
        """An executor is there, new or restarted."""
        self.spawning = max(self.spawning - 1, 0)
        self.roster.join(executor)
        self.wake()

    def executor_gone(self, executor: ActorRef[Any]) -> None:
        """An executor has ended. Usually it has accounted for its lease itself."""
        lease = self.roster.leave(executor)
        if lease is not None:
            self.salvage(lease, executor.path, "it was stopped")

    def lease_over(self, executor: ActorRef[Any], lease: AnyLease, ended: int) -> None:
        """An executor is done with its lease. No message: a slot must not be lost with one."""
        # False after a crash: then the lease has been salvaged.
        if self.roster.finished(executor, lease):
            self.workload.finish(lease, ended)

    def salvage(self, lease: AnyLease, executor: str, reason: str) -> None:
        """An executor ended with a lease in hand: take up what it ran and release the lease."""
        self.salvage_jobs(lease, executor, reason)
        self.workload.finish(lease, 0)

    def salvage_jobs(self, lease: AnyLease, executor: str, reason: str) -> None:
        """Fail or retry what an executor ran when it ended; put back what it had not started."""
        workload = self.workload
        workload.planner.reclaim(lease)
        execution = lease.owner
        if execution is not None and execution.lease is lease:
            workload.counters.executor_crashes += not execution.withdrawn
            flow = execution.flow.meta.name
            workload.failed(execution, ExecutorCrashed(flow, executor, reason))
            execution.lease = None  # what its thread may still report does not count any more
        self.wake()

    def settle(self, execution: Execution[Any], succeeded: bool, outcome: Any) -> None:
        """An attempt has ended."""
        if succeeded:
            self.workload.succeeded(execution, outcome)
        else:
            self.workload.failed(execution, outcome)

    def _settle(self, source: Any, lease: AnyLease, *rest: Any) -> None:
        """What worker threads post: the end of an attempt, or of a lease."""
        if isinstance(source, WorkerThread):
            source.release(*rest)
        elif source.lease is lease:
            # Else its executor crashed meanwhile, which has been answered by a failure or a retry.
            self.settle(source, *rest)
