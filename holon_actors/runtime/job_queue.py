"""Waiting work in the order it should start: by priority, with ageing, first come first served
within a level.

A job's rank is the time it came, moved forward by `ageing_s` for each level of priority. So one
level is worth a head start of `ageing_s` seconds, everything waiting grows more urgent at the same
rate, and a steady stream of urgent work can delay the least urgent job by a bounded time only. As
ranks never change relative to each other, ageing costs nothing.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Generic, Protocol, TypeVar

__all__ = ["JobQueue", "Queueable"]

_STALE_MIN = 64  # withdrawn entries that are tolerated before the heap is rebuilt


class Queueable(Protocol):
    """What a job carries for the queue."""

    rank: tuple[float, int] | None  # its place, kept so that it can come back to it
    waiting: bool  # whether it is in the queue


J = TypeVar("J", bound=Queueable)


class JobQueue(Generic[J]):
    """The jobs that wait.

    Ordinary work comes in order of rank, so it stands in a line; what does not (other levels, and
    jobs that were put back) is on a heap beside it. The next job is the better of the two first.

    Invariant: `len(queue)` is the number of entries in line and heap whose job is waiting.
    """

    __slots__ = ("_ageing_s", "_heap", "_line", "_live", "_sequence")

    def __init__(self, ageing_s: float) -> None:
        self._ageing_s = ageing_s
        self._line: deque[J] = deque()
        self._heap: list[tuple[tuple[float, int], J]] = []
        self._sequence = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def push(self, job: J, level: int, now: float) -> None:
        """Add a job that came at `now`; a higher `level` starts earlier."""
        assert not job.waiting
        self._sequence += 1
        job.rank = rank = (now - level * self._ageing_s, self._sequence)
        job.waiting = True
        self._live += 1
        line = self._line
        if level == 0 and (not line or rank > _rank(line[-1])):
            line.append(job)
        else:
            heapq.heappush(self._heap, (rank, job))

    def put_back(self, job: J) -> None:
        """Return a job that left the queue without starting to the place it had."""
        assert not job.waiting
        job.waiting = True
        self._live += 1
        heapq.heappush(self._heap, (_rank(job), job))

    def peek(self) -> J | None:
        """The job that is due next, left where it is."""
        line, heap = self._line, self._heap
        while heap and not heap[0][1].waiting:
            heapq.heappop(heap)
        while line and not line[0].waiting:
            line.popleft()
        if heap and (not line or heap[0][0] < _rank(line[0])):
            return heap[0][1]
        return line[0] if line else None

    def pop(self) -> J | None:
        """Take out the job that is due next."""
        job = self.peek()
        if job is None:
            return None
        if self._line and self._line[0] is job:
            self._line.popleft()
        else:
            heapq.heappop(self._heap)
        job.waiting = False
        self._live -= 1
        return job

    def withdraw(self, job: J) -> bool:
        """Forget a job if it waits here; whether it did."""
        if not job.waiting:
            return False
        job.waiting = False
        self._live -= 1
        # Its entry stays until it surfaces, or until such entries outnumber the rest.
        if len(self._heap) + len(self._line) > 2 * self._live + _STALE_MIN:
            self._heap = [entry for entry in self._heap if entry[1].waiting]
            heapq.heapify(self._heap)
            self._line = deque(job for job in self._line if job.waiting)
        return True


def _rank(job: Queueable) -> tuple[float, int]:
    assert job.rank is not None
    return job.rank
