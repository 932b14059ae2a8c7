"""The keys in order, for ranges. Pure.

New keys wait beside the sorted list until a range is asked for, and deleted ones stay in it until
they are many: so a change costs the same however many keys there are.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator

__all__ = ["KeyIndex"]

# Lists are put in order unasked when there are more new or deleted keys than this and than others.
_UNSETTLED_MIN = 1_024
_FEW = 32


class KeyIndex:
    """Invariant: every key that is `present` is in `_sorted` or in `_fresh`."""

    def __init__(self, present: Collection[str]) -> None:
        self._present = present
        self._sorted: list[str] = []
        self._fresh: list[str] = []
        self._gone = 0

    def added(self, key: str) -> None:
        """A key is there now that was not. One that was deleted may come again."""
        self._fresh.append(key)
        self._settle_sometimes()

    def deleted(self) -> None:
        """Some key is not there any more."""
        self._gone += 1
        self._settle_sometimes()

    def matching(self, prefix: str, after: str) -> Iterator[str]:
        """The keys that begin with `prefix` and come after `after`, in order."""
        self._merge()
        keys = self._sorted
        place = (
            bisect_right(keys, after) if after and after >= prefix else bisect_left(keys, prefix)
        )
        for number in range(place, len(keys)):
            key = keys[number]
            if not key.startswith(prefix):
                return
            if key in self._present:
                yield key

    def _merge(self) -> None:
        """Put the new keys where they belong: a few one by one, many all at once."""
        if len(self._fresh) > _FEW:
            self._settle()
        for key in self._fresh:
            place = bisect_left(self._sorted, key)
            if self._sorted[place : place + 1] != [key]:
                self._sorted.insert(place, key)
        self._fresh = []

    def _settle_sometimes(self) -> None:
        unsettled = len(self._fresh) + self._gone
        if unsettled > _UNSETTLED_MIN and unsettled > len(self._present):
            self._settle()

    def _settle(self) -> None:
        # A key that was deleted and came again is in the lists twice.
        there = [key for key in self._sorted + self._fresh if key in self._present]
        self._sorted = list(dict.fromkeys(sorted(there)))
        self._fresh = []
        self._gone = 0
