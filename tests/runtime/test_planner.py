"""The scheduler's decisions, as a state machine that Hypothesis drives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holon_actors.runtime.errors import EngineOverloaded
from holon_actors.runtime.leases import Lease
from holon_actors.runtime.limits import RateLimit, TokenBucket
from holon_actors.runtime.planner import SLICE_S, Planner


@dataclass(eq=False)
class Job:
    isolation: str = "thread"
    deadline: float | None = None
    alone: bool = False
    rank: tuple[float, int] | None = None
    waiting: bool = False


def make(
    max_concurrency: int = 2, queue_size: int = 100, rate: RateLimit | None = None
) -> Planner[Job]:
    return Planner(
        max_concurrency=max_concurrency,
        queue_size=queue_size,
        ageing_s=1.0,
        bucket=None if rate is None else TokenBucket(rate, 0.0),
        now=0.0,
    )


def fill(planner: Planner[Job], count: int, **values: Any) -> list[Job]:
    jobs = [Job(**values) for _ in range(count)]
    for job in jobs:
        planner.queue.push(job, 0, 0.0)
    return jobs


def grow_slices(planner: Planner[Job]) -> None:
    """Let the planner see short jobs until it makes slices."""
    for _ in range(8):
        fill(planner, 1)
        (lease,) = planner.plan(0.0, False).grants
        lease.jobs.clear()
        planner.finish(lease, 1, 0.0)


def grow(planner: Planner[Job]) -> None:
    """Let short jobs end until slices of several are handed out."""
    for _ in range(5):
        fill(planner, 1)
        (lease,) = planner.plan(0.0, over_limit=False).grants
        lease.jobs.clear()
        planner.finish(lease, 1, 0.0)


def test_each_free_slot_gets_one_job_as_long_as_nothing_is_known_about_them() -> None:
    planner = make(max_concurrency=2)
    jobs = fill(planner, 5)
    grants = planner.plan(0.0, False).grants
    assert [list(lease.jobs) for lease in grants] == [[jobs[0]], [jobs[1]]]
    assert planner.plan(0.0, False).grants == []


def test_short_jobs_come_in_slices_that_leave_a_share_to_every_free_slot() -> None:
    planner = make(max_concurrency=2)
    grow_slices(planner)
    fill(planner, 10)
    grants = planner.plan(0.0, False).grants
    assert [len(lease.jobs) for lease in grants] == [5, 5]


def test_a_slice_that_overran_ends_slices_and_returns_its_rest() -> None:
    planner = make(max_concurrency=1)
    grow_slices(planner)
    jobs = fill(planner, 10)
    (lease,) = planner.plan(0.0, False).grants
    assert len(lease.jobs) == 10
    lease.jobs.popleft()
    planner.finish(lease, 1, 2 * SLICE_S)
    (lease,) = planner.plan(0.0, False).grants
    assert list(lease.jobs) == [jobs[1]]


def test_nested_and_foreign_jobs_are_not_put_in_a_slice() -> None:
    planner = make(max_concurrency=1)
    grow_slices(planner)
    kinds = [("thread", False), ("thread", True), ("thread", False), ("inline", False)]
    for isolation, alone in kinds:
        fill(planner, 1, isolation=isolation, alone=alone)
    for _ in kinds:
        (lease,) = planner.plan(0.0, False).grants
        assert len(lease.jobs) == 1
        lease.jobs.clear()
        planner.finish(lease, 1, 0.0)


def test_what_stands_behind_a_slow_job_goes_back_to_its_place_in_the_queue() -> None:
    planner = make(max_concurrency=2)
    grow_slices(planner)
    jobs = fill(planner, 2)
    fill(planner, 1)
    first, second = planner.plan(0.0, False).grants
    first.owner = first.jobs.popleft()
    second.jobs.clear()
    planner.finish(second, 1, 0.0)
    assert not planner.reclaim_overdue(SLICE_S)  # not slow yet
    assert planner.has_slices
    assert planner.reclaim_overdue(2 * SLICE_S)
    assert len(first.jobs) == 0
    (third,) = planner.plan(0.0, False).grants
    assert list(third.jobs) == [jobs[1]]


def test_expired_jobs_leave_the_queue_without_a_slot() -> None:
    planner = make()
    late, fine = Job(deadline=1.0), Job(deadline=9.0)
    for job in (late, fine):
        planner.queue.push(job, 0, 0.0)
    plan = planner.plan(2.0, False)
    assert plan.expired == [late]
    assert [list(lease.jobs) for lease in plan.grants] == [[fine]]


def test_over_the_limit_one_job_runs_if_nothing_else_does() -> None:
    planner = make(max_concurrency=4)
    fill(planner, 3)
    plan = planner.plan(0.0, over_limit=True)
    assert len(plan.grants) == 1
    assert plan.held_by == "admission"
    assert planner.plan(0.0, over_limit=True).grants == []
    assert len(planner.plan(0.0, over_limit=False).grants) == 2


def test_without_a_token_the_plan_says_when_to_try_again() -> None:
    planner = make(max_concurrency=4, rate=RateLimit(10, burst=1))
    fill(planner, 2)
    plan = planner.plan(0.0, False)
    assert len(plan.grants) == 1
    assert plan.held_by == "rate"
    assert plan.wait_s == pytest.approx(0.1)
    assert len(planner.plan(0.1, False).grants) == 1


def test_a_full_queue_counts_free_slots_as_room() -> None:
    planner = make(max_concurrency=2, queue_size=3)
    for _ in range(5):
        planner.check_room(0.0)
        fill(planner, 1)
    with pytest.raises(EngineOverloaded):
        planner.check_room(0.0)


def test_what_waits_inside_a_slice_counts_towards_the_queue() -> None:
    planner = make(max_concurrency=1, queue_size=5)
    grow(planner)
    fill(planner, 5)
    (lease,) = planner.plan(1.0, over_limit=False).grants
    lease.owner = lease.jobs.popleft()
    waiting = len(lease.jobs) + len(planner.queue)
    assert len(lease.jobs) > 0
    for _ in range(5 - waiting):
        planner.check_room(1.0)
        fill(planner, 1)
    with pytest.raises(EngineOverloaded):
        planner.check_room(1.0)


class PlannerMachine(RuleBasedStateMachine):
    """Jobs come, run, are withdrawn, wait for children and end in any order; none is lost or run
    twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.planner = make(max_concurrency=3, queue_size=10_000)
        self.waiting: set[Job] = set()
        self.running: dict[Job, Lease[Job]] = {}
        self.ended: set[Job] = set()
        self.leases: list[Lease[Job]] = []
        self.suspended: list[Lease[Job]] = []

    @rule(
        count=st.integers(1, 20),
        isolation=st.sampled_from(["inline", "thread", "loop"]),
        level=st.integers(-1, 1),
        alone=st.booleans(),
    )
    def submit(self, count: int, isolation: str, level: int, alone: bool) -> None:
        for _ in range(count):
            job = Job(isolation, alone=alone)
            self.planner.queue.push(job, level, self.now)
            self.waiting.add(job)

    @rule(over=st.booleans())
    def plan(self, over: bool) -> None:
        grants = self.planner.plan(self.now, over).grants
        self.leases += grants
        for lease in grants:
            assert len(lease.jobs) == 1 or not any(job.alone for job in lease.jobs)
            assert {job.isolation for job in lease.jobs} == {lease.isolation}
            assert not any(job.waiting for job in lease.jobs)

    @precondition(lambda self: any(lease.jobs for lease in self.leases))
    @rule(data=st.data())
    def run_next(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from([lease for lease in self.leases if lease.jobs]))
        self._end_current(lease)
        lease.owner = job = lease.jobs.popleft()
        lease.since = self.now
        assert job in self.waiting, "ran twice, or after it was withdrawn"
        self.waiting.remove(job)
        self.running[job] = lease

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), took=st.sampled_from([0.0, SLICE_S, 1.0]))
    def finish(self, data: st.DataObject, took: float) -> None:
        lease = data.draw(st.sampled_from(self.leases))
        self.now += took
        self._end_current(lease)
        self.leases.remove(lease)
        self.planner.finish(lease, 1, self.now)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        queued = sorted(
            (job for job in self.waiting if job.waiting), key=lambda job: job.rank or ()
        )
        if queued:
            job = data.draw(st.sampled_from(queued))
            assert self.planner.queue.withdraw(job)
            self.waiting.remove(job)
            self.ended.add(job)

    @precondition(lambda self: any(lease.owner for lease in self.leases))
    @rule(data=st.data())
    def suspend(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from([lease for lease in self.leases if lease.owner]))
        self.planner.leases.suspend(lease)
        self.planner.reclaim(lease)
        self.leases.remove(lease)
        self.suspended.append(lease)

    @precondition(lambda self: self.suspended)
    @rule(resume=st.booleans())
    def child_ended(self, resume: bool) -> None:
        lease = self.suspended.pop()
        if resume:
            self.planner.leases.resume(lease)
            self.leases.append(lease)
        else:
            self._end_current(lease)
            self.planner.finish(lease, 1, self.now)

    @rule()
    def reclaim(self) -> None:
        self.planner.reclaim_overdue(self.now)

    def _end_current(self, lease: Lease[Job]) -> None:
        if lease.owner is not None:
            del self.running[lease.owner]
            self.ended.add(lease.owner)
            lease.owner = None

    @invariant()
    def the_lease_list_is_what_is_held(self) -> None:
        assert {id(lease) for lease in self.planner.leases} == {id(lease) for lease in self.leases}

    @invariant()
    def no_job_is_lost(self) -> None:
        in_slices = [job for lease in self.leases for job in lease.jobs]
        assert len(self.planner.queue) + len(in_slices) == len(self.waiting)
        assert all(not job.waiting for job in in_slices)


PlannerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPlannerMachine = PlannerMachine.TestCase
