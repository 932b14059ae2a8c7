"""What runs next: the scheduler's decisions as plain code, without actors, clocks or threads.

The planner owns the queue and the leases. `plan` turns what waits into leases as far as free slots,
the rate limit and admission allow; the shell hands each lease to an executor and calls `finish`
when it has ended.

Short flows would spend their time in hand-overs if each took a lease of its own. So a lease may
carry a *slice*: several jobs of one isolation, run one after another in one slot. Slices grow only
while they end within `SLICE_S`; an executor that has used up its time returns the rest, and
`reclaim` takes back what a slow job holds up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from holon_actors.runtime.drain import DrainRate
from holon_actors.runtime.errors import EngineOverloaded
from holon_actors.runtime.job_queue import JobQueue
from holon_actors.runtime.leases import Lease, LeaseTable
from holon_actors.runtime.limits import TokenBucket

__all__ = ["SLICE_S", "Job", "Plan", "Planner"]

SLICE_S = 0.002  # how long one slot may work through a slice: the wait that urgent work accepts
_SLICE_MAX = 128
_SLICED = frozenset({"inline", "thread", "process"})


class Job(Protocol):
    """What the planner must know of an execution."""

    isolation: str
    deadline: float | None  # loop time
    rank: tuple[float, int] | None
    waiting: bool

    @property
    def alone(self) -> bool:
        """Whether the job needs a lease of its own."""


J = TypeVar("J", bound=Job)


@dataclass(slots=True)
class Plan(Generic[J]):
    """What the shell has to do now."""

    grants: list[Lease[J]] = field(default_factory=list)
    expired: list[J] = field(default_factory=list)  # out of time before they started
    # Why work that waits found a free slot and may not start.
    held_by: Literal["rate", "admission"] | None = None
    wait_s: float | None = None  # for held_by="rate": when to plan again


class Planner(Generic[J]):
    """The queue, the leases, and the rules between them."""

    __slots__ = ("_bucket", "_drain", "_queue_size", "_slice_limit", "leases", "queue")

    def __init__(
        self,
        *,
        max_concurrency: int,
        queue_size: int,
        ageing_s: float,
        bucket: TokenBucket | None,
        now: float,
    ) -> None:
        self.queue: JobQueue[J] = JobQueue(ageing_s)
        self.leases: LeaseTable[J] = LeaseTable(max_concurrency)
        self._queue_size = queue_size
        self._bucket = bucket
        self._drain = DrainRate(now)
        self._slice_limit = dict.fromkeys(_SLICED, 1)

    def check_room(self, now: float) -> None:
        """Raise `EngineOverloaded` when one more job would overfill the queue."""
        waiting, leases = len(self.queue), self.leases
        if waiting + _SLICE_MAX * len(leases) < self._queue_size:
            return
        # What waits behind another job of its slice has left the queue and waits all the same. What
        # fits into free slots does not: it only has not been planned yet.
        waiting += sum(len(lease.jobs) - (lease.owner is None) for lease in leases if lease.jobs)
        if waiting >= self._queue_size + leases.free:
            raise EngineOverloaded(self._queue_size, self._drain.retry_after_s(waiting, now))

    def plan(self, now: float, over_limit: bool) -> Plan[J]:
        """Decide what starts at `now`. `over_limit`: the process tree uses more than it may.

        Over the limit nothing new starts while anything runs. With nothing running one job starts
        all the same: waiting could not bring the usage down then, and an engine that silently does
        nothing helps no one.
        """
        plan: Plan[J] = Plan()
        leases, queue, bucket = self.leases, self.queue, self._bucket
        while leases.free and (job := queue.peek()) is not None:
            if job.deadline is not None and job.deadline <= now:
                queue.pop()
                plan.expired.append(job)
                continue
            if over_limit and len(leases):
                plan.held_by = "admission"
                break
            if bucket is not None and not bucket.take(now):
                plan.held_by = "rate"
                plan.wait_s = bucket.wait_s(now)
                break
            queue.pop()
            plan.grants.append(self._grant(job, now))
        return plan

    def _grant(self, job: J, now: float) -> Lease[J]:
        isolation = job.isolation
        limit = 1 if job.alone else self._slice_limit.get(isolation, 1)
        jobs = deque((job,))
        if limit > 1:
            self._fill(jobs, isolation, limit, now)
        return self.leases.grant(isolation, jobs, now)

    def _fill(self, jobs: deque[J], isolation: str, limit: int, now: float) -> None:
        """Add the jobs that are due next and alike, leaving a share to the other free slots."""
        queue, bucket = self.queue, self._bucket
        limit = min(limit, -(-(len(queue) + 1) // self.leases.free))
        while len(jobs) < limit and (job := queue.peek()) is not None:
            if job.isolation != isolation or job.alone:
                break
            if job.deadline is not None and job.deadline <= now:
                break
            if bucket is not None and not bucket.take(now):
                break
            queue.pop()
            jobs.append(job)

    def reclaim(self, lease: Lease[J]) -> None:
        """Return the jobs of a slice that have not started to the queue.

        A worker thread may be taking jobs from the same slice: each job is popped by one side only.
        """
        jobs = lease.jobs
        while jobs:
            try:
                job = jobs.pop()
            except IndexError:  # the thread took the last one between the check and the pop
                break
            self.queue.put_back(job)
            if self._bucket is not None:
                self._bucket.give_back()

    def reclaim_overdue(self, now: float) -> bool:
        """Take back what stands behind jobs that turned out to be slow; whether there was any."""
        before = len(self.queue)
        for lease in self.leases:
            # Without an owner it has not been taken up yet, so nothing in it is slow.
            if lease.jobs and lease.owner is not None and now - lease.since > SLICE_S:
                self.reclaim(lease)
        return len(self.queue) > before

    @property
    def has_slices(self) -> bool:
        """Whether jobs have been handed out that may come to stand behind a slow one."""
        return any(lease.jobs for lease in self.leases if lease.isolation in _SLICED)

    def finish(self, lease: Lease[J], ended: int, now: float) -> None:
        """The lease is over after `ended` jobs: its slot is free, what it did not get to goes back.

        A lease that waits for its children holds no slot and is just forgotten.
        """
        isolation = lease.isolation
        if isolation in _SLICED:
            self._resize(isolation, now - lease.granted_at, unfinished=len(lease.jobs))
        self.reclaim(lease)
        if lease.state != "waiting":
            self.leases.release(lease)
        if ended:
            self._drain.note(ended, now)

    def _resize(self, isolation: str, took_s: float, unfinished: int) -> None:
        limit = self._slice_limit[isolation]
        if unfinished or took_s > 2 * SLICE_S:
            self._slice_limit[isolation] = 1
        elif took_s <= SLICE_S / 2:
            self._slice_limit[isolation] = min(limit * 2, _SLICE_MAX)
