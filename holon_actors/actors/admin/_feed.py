"""What one trace has seen and nobody has read yet. Pure: the time is an argument.

Rules: at most `_ROOM` records wait, and at most `_PER_SECOND` are taken in a second; the rest is
counted. A trace that nobody reads for `LEASE_S` is over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from holon_actors.actors.admin.messages import TraceBatch, TraceRecord

__all__ = ["LEASE_S", "Feed", "Seen"]

LEASE_S = 10.0
_ROOM = 5_000
_PER_SECOND = 2_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as it is kept: with the time instead of the age."""

    at: float
    sender: str
    recipient: str
    verb: str
    message: str
    outcome: str
    took_s: float | None

    def record(self, now: float) -> TraceRecord:
        """As the reader gets it."""
        age = max(0.0, now - self.at)
        return TraceRecord(
            age, self.sender, self.recipient, self.verb, self.message, self.outcome, self.took_s
        )


class Feed:
    """The records of one trace of the actors under `path`."""

    def __init__(self, number: int, path: str, now: float) -> None:
        self.number = number
        self.path = path.rstrip("/") or "/"
        self._unread: deque[Seen] = deque()
        self._dropped = 0
        self._read_at = now
        self._window_start = now
        self._in_window = 0

    def covers(self, path: str) -> bool:
        """Whether the actor at `path` is followed."""
        return self.path == "/" or path == self.path or path.startswith(f"{self.path}/")

    def admits(self, now: float) -> bool:
        """Whether there is room and time for one more; counts it when not. Asked first, as making
        a record costs more than refusing one.
        """
        if now - self._window_start >= 1.0:
            self._window_start, self._in_window = now, 0
        self._in_window += 1
        if self._in_window <= _PER_SECOND and len(self._unread) < _ROOM:
            return True
        self._dropped += 1
        return False

    def put(self, seen: Seen) -> None:
        """Keep what was admitted."""
        self._unread.append(seen)

    def read(self, now: float, actors: int) -> TraceBatch:
        """What has come since the last read. The reader is alive: the lease begins anew."""
        self._read_at = now
        records = [self._unread.popleft().record(now) for _ in range(len(self._unread))]
        dropped, self._dropped = self._dropped, 0
        return TraceBatch(records, dropped, actors)

    def is_over(self, now: float) -> bool:
        """Whether nobody reads it any more."""
        return now - self._read_at > LEASE_S
