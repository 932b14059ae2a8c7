"""Who waits for what: the calls that a member has taken on, until each has its one answer.

A call for the log waits first to be given a place in it, and then for what is committed there: it
has happened if that is of the term in which it got the place, and never will if it is of another. A
read waits for an index to be applied. Pure bookkeeping.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

__all__ = ["Waiting"]

C = TypeVar("C")


class Waiting(Generic[C]):
    """Calls of a kind `C` by request number, by place, or by index.

    Invariant: a call is in one of the three.
    """

    __slots__ = ("_placed", "_reads", "_requests", "_tie")

    def __init__(self) -> None:
        self._requests: dict[int, C] = {}
        self._placed: dict[int, list[tuple[int, C]]] = {}
        self._reads: list[tuple[int, int, C]] = []  # a heap
        self._tie = 0  # keeps calls of equal index in order, and from being compared

    def __len__(self) -> int:
        placed = sum(len(calls) for calls in self._placed.values())
        return len(self._requests) + placed + len(self._reads)

    def add(self, request: int, call: C) -> None:
        """A call that the core has to answer."""
        self._requests[request] = call

    def answered(self, request: int) -> C | None:
        """The core has answered a request for good: whose it was."""
        return self._requests.pop(request, None)

    def placed(self, request: int, index: int, term: int) -> C | None:
        """A request has its place in the log."""
        call = self._requests.pop(request, None)
        if call is not None:
            self._placed.setdefault(index, []).append((term, call))
        return call

    def readable(self, request: int, index: int) -> None:
        """A request may be answered once an index is applied."""
        call = self._requests.pop(request, None)
        if call is not None:
            self._tie += 1
            heappush(self._reads, (index, self._tie, call))

    def committed(self, index: int) -> list[tuple[int, C]]:
        """Whose place this index was, each with the term that it was given it in."""
        return self._placed.pop(index, [])

    def passed(self, index: int) -> list[C]:
        """All whose place was at or below an index of which nobody will know what was there."""
        gone = sorted(place for place in self._placed if place <= index)
        return [call for place in gone for _, call in self._placed.pop(place)]

    def due(self, applied: int) -> Iterator[C]:
        """The reads that may be answered now."""
        reads = self._reads
        while reads and reads[0][0] <= applied:
            yield heappop(reads)[2]

    def take_all(self) -> list[C]:
        """Everybody, who then waits no more."""
        calls = list(self._requests.values())
        calls += [call for entries in self._placed.values() for _, call in entries]
        calls += [call for _, _, call in self._reads]
        self._requests.clear()
        self._placed.clear()
        self._reads.clear()
        return calls
