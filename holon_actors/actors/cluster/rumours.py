"""News that still has to be told, each piece a bounded number of times.

Only addresses are queued: what is sent is the record as it is at the time, so a piece of news is
never out of date, and the queue is never longer than the table.
"""

from __future__ import annotations

import math

__all__ = ["Rumours"]


class Rumours:
    """A queue by number of transmissions, the least told first."""

    def __init__(self, spread: int) -> None:
        self._spread = spread
        self._told: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._told)

    def add(self, address: str) -> None:
        """There is news about this member; earlier news about it is obsolete."""
        self._told.pop(address, None)
        self._told[address] = 0

    def drop(self, address: str) -> None:
        """The member is forgotten."""
        self._told.pop(address, None)

    def take(self, count: int, members: int) -> list[str]:
        """The addresses for one message. News told often enough for `members` members is dropped.

        O(log n) transmissions of each reach all members with high probability (SWIM, section 4.1).
        """
        taken = sorted(self._told, key=self._told.__getitem__)[:count]
        limit = self._spread * math.ceil(math.log10(members + 1))
        for address in taken:
            self._told[address] += 1
            if self._told[address] >= limit:
                del self._told[address]
        return taken
