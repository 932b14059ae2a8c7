"""The one history that all members must agree on, as it comes to be known: which entry is committed
at which index, and what the commands among them did.

As every member's entries are checked against it, no member needs a state machine of its own: what
one has at an index is what the history says.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any
from zlib import crc32

from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from tests.distributed.consensus.cluster.operations import Call
from tests.distributed.consensus.cluster.violations import SafetyViolation

__all__ = ["History"]


class History:
    """Committed entries in order, and the values of a small key-value map after each."""

    __slots__ = (
        "_places",
        "_values",
        "calls",
        "committed",
        "committed_in",
        "dead",
        "digests",
        "entries",
    )

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.committed_in: list[int] = []  # the largest term it may have been committed in
        self.digests = [0]
        self.calls: dict[bytes, Call | None] = {}  # by what was proposed for them
        self.dead: set[bytes] = set()  # said to have come to nothing
        self.committed: set[bytes] = set()  # commands
        self._places: dict[str, list[int]] = {}
        self._values: dict[str, list[Any]] = {}

    @property
    def last_index(self) -> int:
        return len(self.entries)

    def learn(self, entry: Entry, term: int) -> None:
        """The next entry is committed; a member of this term says so."""
        if entry.index != len(self.entries) + 1:
            raise SafetyViolation("commit in order", f"{entry} after {len(self.entries)}")
        self.entries.append(entry)
        self.committed_in.append(term)
        self.digests.append(crc32(entry.data, self.digests[-1] + entry.term))
        if entry.kind == EntryKind.COMMAND:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        data = entry.data
        if data in self.dead:
            raise SafetyViolation("refused is refused", f"{entry} was refused, and is committed")
        if data not in self.calls:
            raise SafetyViolation("nothing from nowhere", f"{entry} was never proposed")
        self.committed.add(data)
        call = self.calls[data]
        if call is None or call.point:
            return  # noise; or a retried command, which the session table answers
        call.point = entry.index
        key, kind = call.key, call.kind
        if kind == "cas":
            call.outcome = self.value(key, entry.index) == call.expected
            if not call.outcome:
                return
        self._places.setdefault(key, []).append(entry.index)
        self._values.setdefault(key, []).append(call.value)

    def value(self, key: str, index: int) -> Any:
        """What a state machine that has applied up to `index` has for the key."""
        place = bisect_right(self._places.get(key, ()), index)
        return self._values[key][place - 1] if place else None
