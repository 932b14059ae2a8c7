"""Committed entries on their way into the state machine, and who waits for what they come to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from holon_actors.distributed.consensus.commands.applying import Applier
from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.core.reasons import LOST_LEADERSHIP
from holon_actors.distributed.consensus.member.calls import Answering, Call, LogCall
from holon_actors.distributed.consensus.member.waiting import Waiting
from holon_actors.distributed.consensus.settings import RaftSettings

__all__ = ["Backlog"]

# A backlog that is worth reading ahead, and how far that goes.
_AHEAD_MIN = 16
_AHEAD_MAX = 256
_AHEAD_BYTES = 1 << 18


class Backlog:
    """Applies entries in order. `entries` and `size` (bytes) count since the last snapshot."""

    __slots__ = ("_answering", "_applier", "_pending", "_waiting", "entries", "size")

    def __init__(self, applier: Applier, waiting: Waiting[Call], answering: Answering) -> None:
        self._applier = applier
        self._waiting = waiting
        self._answering = answering
        self._pending: deque[Entry] = deque()
        self.entries = 0
        self.size = 0

    def __bool__(self) -> bool:
        return bool(self._pending)

    def add(self, entries: Iterable[Entry]) -> None:
        """These are committed, and follow on those before."""
        self._pending.extend(entries)

    def clear(self) -> None:
        """A snapshot has taken the place of all of them."""
        self._pending.clear()
        self.snapshot_taken()

    def grown(self, settings: RaftSettings) -> bool:
        """It is time for another snapshot."""
        return self.entries >= settings.snapshot_entries or self.size >= settings.snapshot_bytes

    def snapshot_taken(self) -> None:
        """Count anew."""
        self.entries = self.size = 0

    def run(self, limit: int) -> None:
        """Apply about so many commands, and answer who waited. Raises what `Applier.apply` does."""
        pending, last = self._pending, 0
        while pending and limit > 0:
            entry = pending.popleft()
            if entry.index > last and len(pending) >= _AHEAD_MIN:
                last = self._read_ahead(entry, limit)
            limit -= max(1, self._one(entry))

    def _read_ahead(self, first: Entry, limit: int) -> int:
        """Read entries of a long backlog together, if they are small; the index of the last."""
        ahead, size = [first], len(first.data)
        for entry in islice(self._pending, min(limit, _AHEAD_MAX)):
            size += len(entry.data)
            if size > _AHEAD_BYTES:
                break
            ahead.append(entry)
        if len(ahead) >= _AHEAD_MIN:
            self._applier.read_ahead(ahead)
        return ahead[-1].index

    def _one(self, entry: Entry) -> int:
        calls = self._waiting.committed(entry.index)
        if not calls:
            return self._applied(entry, None)
        mine = None
        for term, call in calls:
            if term == entry.term:
                mine = call
            else:
                # Somebody else's entry has the place, so this one was never committed.
                call.refuse(LOST_LEADERSHIP, "", False, self._answering)
        return self._applied(entry, mine)

    def _applied(self, entry: Entry, call: Call | None) -> int:
        read = call.read if isinstance(call, LogCall) else None
        outcomes = self._applier.apply(entry, read)
        self.entries += 1
        self.size += len(entry.data)
        if call is not None:
            call.answer(outcomes, self._answering)
        return len(outcomes)
