"""How fast an engine has been finishing work lately, to tell a refused caller when to come back."""

from __future__ import annotations

import math

__all__ = ["DrainRate"]

_MEMORY_S = 10.0  # observations fade with this time constant
_SHORTEST_S = 0.01
_LONGEST_S = 60.0
_UNKNOWN_S = 1.0  # nothing has finished yet, so there is nothing to go by


class DrainRate:
    """An exponentially fading count of finished executions. Pure: time comes in as an argument."""

    __slots__ = ("_at", "_level", "_since")

    def __init__(self, now: float) -> None:
        self._since = now
        self._at = now
        self._level = 0.0

    def note(self, count: int, now: float) -> None:
        """`count` executions finished."""
        self._level = self._faded(now) + count
        self._at = now

    def retry_after_s(self, waiting: int, now: float) -> float:
        """Seconds until a tenth of the queue, and one place at least, is expected to be free.

        A tenth leaves room for everyone who is refused meanwhile, instead of one who returns to a
        full queue.
        """
        level = self._faded(now)
        if level < 1e-3:
            return _UNKNOWN_S
        # A short history has had no time to fade: weigh it by the time it really covers.
        covered_s = _MEMORY_S * (1 - math.exp(-max(now - self._since, 0.001) / _MEMORY_S))
        wait_s = max(waiting / 10, 1.0) * covered_s / level
        return min(max(wait_s, _SHORTEST_S), _LONGEST_S)

    def _faded(self, now: float) -> float:
        return self._level * math.exp(-max(now - self._at, 0.0) / _MEMORY_S)
