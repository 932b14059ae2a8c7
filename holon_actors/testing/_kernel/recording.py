"""What happened in a run, noted as it happens.

A note is a plain tuple of what was at hand: making text of it waits until somebody reads the trace.
Most runs are never read.
"""

from __future__ import annotations

from collections import deque
from typing import Any, TypeAlias

__all__ = ["EVENTS_KEPT", "Note", "Recorder"]

# (virtual nanoseconds, kind, who, whom, what): who and whom are references or texts or None.
Note: TypeAlias = tuple[int, str, Any, Any, Any]

# About 100 bytes each, beside the messages themselves.
EVENTS_KEPT = 200_000


class Recorder:
    """The notes of one run, the newest `kept` of them."""

    __slots__ = ("append", "current", "notes", "now_ns")

    def __init__(self, kept: int = EVENTS_KEPT) -> None:
        self.notes: deque[Note] = deque(maxlen=kept)
        self.append = self.notes.append
        self.now_ns = 0  # kept by the loop
        self.current: Any = None  # the actor whose handler is running

    def advance(self, now_ns: int) -> None:
        """Virtual time has moved."""
        self.now_ns = now_ns

    def note(self, kind: str, who: Any = None, whom: Any = None, what: Any = None) -> None:
        """Add a note at the current time."""
        self.append((self.now_ns, kind, who, whom, what))

    def close(self) -> None:
        """Note nothing more: what follows is not the program's."""
        self.append = _nothing

    def take(self) -> tuple[Note, ...]:
        """Give the notes away."""
        notes, self.notes = tuple(self.notes), deque()
        return notes


def _nothing(note: Note, /) -> None:
    """In the place of `append`."""
