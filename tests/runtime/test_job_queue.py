from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime.job_queue import JobQueue


@dataclass(eq=False)
class Job:
    level: int = 0
    rank: tuple[float, int] | None = None
    waiting: bool = False


def drain(queue: JobQueue[Job]) -> list[Job]:
    jobs = []
    while (job := queue.pop()) is not None:
        jobs.append(job)
    return jobs


@given(st.lists(st.integers(-3, 3), max_size=50))
def test_jobs_that_came_together_leave_by_level_then_by_arrival(levels: list[int]) -> None:
    queue: JobQueue[Job] = JobQueue(ageing_s=1.0)
    jobs = [Job(level) for level in levels]
    for job in jobs:
        queue.push(job, job.level, now=5.0)
    assert drain(queue) == sorted(jobs, key=lambda job: -job.level)


@given(st.integers(0, 100), st.integers(1, 200))
def test_a_low_job_waits_no_longer_than_its_levels_are_worth(lead: int, stream: int) -> None:
    queue: JobQueue[Job] = JobQueue(ageing_s=1.0)
    low = Job(-1)
    queue.push(low, -1, now=0.0)
    served = []
    for tick in range(stream + 3):  # one urgent job comes and one job leaves per second
        queue.push(Job(1), 1, now=tick + lead / 100)
        served.append(queue.pop())
    assert served.index(low) <= 3


@given(st.data())
def test_the_length_counts_what_waits_whatever_happens(data: st.DataObject) -> None:
    queue: JobQueue[Job] = JobQueue(ageing_s=1.0)
    waiting: list[Job] = []
    taken: list[Job] = []
    for now in range(data.draw(st.integers(0, 60))):
        match data.draw(st.sampled_from(["push", "pop", "withdraw", "put back"])):
            case "push":
                job = Job(data.draw(st.integers(-1, 1)))
                queue.push(job, job.level, float(now))
                waiting.append(job)
            case "pop":
                popped = queue.pop()
                assert (popped is None) == (not waiting)
                if popped is not None:
                    assert popped.rank == min(job.rank for job in waiting if job.rank)
                    waiting.remove(popped)
                    taken.append(popped)
            case "withdraw" if waiting:
                job = waiting.pop(data.draw(st.integers(0, len(waiting) - 1)))
                assert queue.withdraw(job)
                assert not queue.withdraw(job)
            case "put back" if taken:
                job = taken.pop()
                queue.put_back(job)
                waiting.append(job)
        assert len(queue) == len(waiting)
    assert sorted(map(id, drain(queue))) == sorted(map(id, waiting))


def test_a_job_that_is_put_back_keeps_its_place() -> None:
    queue: JobQueue[Job] = JobQueue(ageing_s=1.0)
    first, second = Job(), Job()
    queue.push(first, 0, 0.0)
    queue.push(second, 0, 1.0)
    taken = queue.pop()
    assert taken is first
    queue.put_back(first)
    assert drain(queue) == [first, second]


def test_withdrawn_jobs_do_not_pile_up() -> None:
    queue: JobQueue[Job] = JobQueue(ageing_s=1.0)
    for _ in range(10_000):
        job = Job()
        queue.push(job, 0, 0.0)
        queue.withdraw(job)
    assert len(queue._heap) + len(queue._line) < 100
