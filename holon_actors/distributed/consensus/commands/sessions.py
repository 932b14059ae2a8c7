"""Which commands of which clients have been applied, and what came of them (thesis, section 6.3).

A client opens a session and numbers its commands. The table answers a command that comes again with
its first result, so a retry is applied once, whichever members it goes through. With each batch the
client says below which number it waits for nothing any more, so that only those results are kept
that may still be asked for.

All members have the same table: it changes with the log only, and is a part of every snapshot. Of
too many sessions the one that has not been heard of for longest, in the order of the log, is
forgotten; what it sends from then on is not applied.
"""

from __future__ import annotations

from typing import Any

from holon_actors.distributed.consensus.commands.outcomes import Outcome

__all__ = ["RESULTS_MAX", "Session", "Sessions"]

# Results kept for one client, who has to wait when it has so many commands without an answer.
RESULTS_MAX = 65_536


class Session:
    """The memory of one client.

    Invariant: all numbers in `results` are at least `below`.
    """

    __slots__ = ("below", "results")

    def __init__(self, below: int = 1) -> None:
        self.below = below
        self.results: dict[int, Outcome] = {}

    def forget_below(self, below: int) -> None:
        """The client has had all answers below a number."""
        if below <= self.below:
            return
        results = self.results
        if below - self.below <= 2 * len(results):
            for sequence in range(self.below, below):
                results.pop(sequence, None)
        else:
            for sequence in [sequence for sequence in results if sequence < below]:
                del results[sequence]
        self.below = below

    @property
    def full(self) -> bool:
        """No more results are kept."""
        return len(self.results) >= RESULTS_MAX


class Sessions:
    """All sessions by number, the longest unheard first."""

    __slots__ = ("_sessions",)

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, number: int, sessions_max: int) -> None:
        """Begin a session, and forget the longest unheard beyond so many."""
        self._sessions[number] = Session()
        while len(self._sessions) > max(1, sessions_max):
            del self._sessions[next(iter(self._sessions))]

    def close(self, number: int) -> None:
        """Forget a session."""
        self._sessions.pop(number, None)

    def heard(self, number: int) -> Session | None:
        """The session of a client that has just been heard of; None: forgotten, or never there."""
        session = self._sessions.pop(number, None)
        if session is not None:
            self._sessions[number] = session
        return session

    # --- snapshots ---

    def state(self) -> list[list[Any]]:
        """All of it as a codec value, in order, which shares nothing that changes."""
        return [
            [number, session.below, list(session.results), list(session.results.values())]
            for number, session in self._sessions.items()
        ]

    @classmethod
    def from_state(cls, state: list[list[Any]]) -> Sessions:
        """The table whose state this was. Raises ValueError or TypeError for another shape."""
        sessions = cls()
        for number, below, sequences, outcomes in state:
            session = sessions._sessions[number] = Session(below)
            session.results = dict(zip(sequences, outcomes, strict=True))
        return sessions
