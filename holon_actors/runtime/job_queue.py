"""Waiting work in the order it should start: by priority, with ageing, first come first served
within a level.

A job's rank is the time it came, moved forward by `ageing_s` for each level of priority. So one
level is worth a head start of `ageing_s` seconds, everything waiting grows more urgent at the same
rate, and a steady stream of urgent work can delay the least urgent job by a bounded time only. As
ranks never change relative to each other, a plain heap keeps them: ageing costs nothing.
"""

from __future__ import annotations

import heapq
from typing import Generic, Protocol, TypeVar

__all__ = ["JobQueue", "Queueable"]

_STALE_MIN = 64  # withdrawn entries that are tolerated before the heap is rebuilt


class Queueable(Protocol):
    """What a job carries for the queue."""

    rank: tuple[float, int] | None  # its place, kept so that it can come back to it
    waiting: bool  # whether it is in the queue


J = TypeVar("J", bound=Queueable)


class JobQueue(Generic[J]):
    """The jobs that wait. Invariant: `len(queue)` is the number of heap entries whose job is
    waiting.
    """

    __slots__ = ("_ageing_s", "_heap", "_live", "_sequence")

    def __init__(self, ageing_s: float) -> None:
        self._ageing_s = ageing_s
        self._heap: list[tuple[float, int, J]] = []
        self._sequence = 0
        self._live = 0

    def __len__(self) -> int:
        return self._live

    def push(self, job: J, level: int, now: float) -> None:
        """Add a job that came at `now`; a higher `level` starts earlier."""
        self._sequence += 1
        job.rank = rank = (now - level * self._ageing_s, self._sequence)
        self._insert(job, rank)

    def put_back(self, job: J) -> None:
        """Return a job that left the queue without starting to the place it had."""
        assert job.rank is not None
        self._insert(job, job.rank)

    def _insert(self, job: J, rank: tuple[float, int]) -> None:
        assert not job.waiting
        job.waiting = True
        self._live += 1
        heapq.heappush(self._heap, (*rank, job))

    def peek(self) -> J | None:
        """The job that is due next, left where it is."""
        heap = self._heap
        while heap:
            job = heap[0][2]
            if job.waiting:
                return job
            heapq.heappop(heap)
        return None

    def pop(self) -> J | None:
        """Take out the job that is due next."""
        job = self.peek()
        if job is not None:
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
        if len(self._heap) > 2 * self._live + _STALE_MIN:
            self._heap = [entry for entry in self._heap if entry[2].waiting]
            heapq.heapify(self._heap)
        return True
