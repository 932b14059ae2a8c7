"""A node's opinion of itself: the local health multiplier of Lifeguard (section IV-A).

A node that is overloaded, paused or cut off sees others fail although it is to blame. The more
signs of that it has, the slower it probes and the longer it waits.
"""

from __future__ import annotations

__all__ = ["LocalHealth"]


class LocalHealth:
    """A score from 0 (well) up to a limit."""

    def __init__(self, score_max: int) -> None:
        self._score_max = score_max
        self.score = 0

    @property
    def multiplier(self) -> int:
        """By how much to stretch intervals and time-outs; 1 when well."""
        return 1 + self.score

    def blame(self, points: int = 1) -> None:
        """Something went wrong that may be this node's fault."""
        self.score = min(self._score_max, self.score + points)

    def praise(self) -> None:
        """A probe was answered in time."""
        self.score = max(0, self.score - 1)
