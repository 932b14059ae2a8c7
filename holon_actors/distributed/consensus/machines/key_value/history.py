"""The latest changes, for those who watch. Pure.

Bounded in number and in bytes, by the log's order alone, so that all replicas forget the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["History", "Past"]


class Past(NamedTuple):
    """A change that happened. `value` is None when the key was deleted."""

    revision: int
    kind: str
    key: str
    value: bytes | None


def _size(past: Past) -> int:
    return len(past.key) + (0 if past.value is None else len(past.value))


class History:
    """Invariant: all changes with a revision above `forgotten` are kept, in order, from
    `_events[_first]` on.
    """

    def __init__(self, events_max: int, bytes_max: int) -> None:
        self._events_max = events_max
        self._bytes_max = bytes_max
        self._events: list[Past] = []
        self._first = 0
        self._bytes = 0
        self.forgotten = 0

    def append(self, past: Past) -> None:
        """Add the latest change; the oldest are forgotten for it."""
        self._events.append(past)
        self._bytes += _size(past)
        if self._bytes > self._bytes_max or len(self._events) - self._first > self._events_max:
            self._forget_some()

    def after(self, revision: int) -> Iterator[Past]:
        """The changes that are kept with a higher revision."""
        place = bisect_right(self._events, revision, self._first, key=_revision)
        for number in range(place, len(self._events)):
            yield self._events[number]

    def _forget_some(self) -> None:
        events, first = self._events, self._first
        while self._bytes > self._bytes_max or len(events) - first > self._events_max:
            self._bytes -= _size(events[first])
            self.forgotten = events[first].revision
            first += 1
        self._first = first
        if first * 2 > len(events):
            del events[:first]
            self._first = 0

    def copy(self) -> list[Past]:
        """For a snapshot."""
        return self._events[self._first :]

    def load(self, events: list[Any]) -> None:
        """Take in some of what a snapshot has, oldest first."""
        for past in events:
            self.append(Past(*past))


def _revision(past: Past) -> int:
    return past.revision
