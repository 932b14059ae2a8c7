"""The log as a member has it in memory: the entries since the compaction, the snapshot that stands
for those before, the configurations among them, and how far it is committed and handed out.

It knows nothing of terms other than those of entries, and nothing of what is durable.

Invariants: compacted_index <= snapshot.index <= emitted <= commit <= last_index; indexes have no
gaps; terms never fall; a configuration counts from its entry on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta

__all__ = ["Log"]

_EARLIER_MAX: Final = 4
_TERM = attrgetter("term")
_CONFIGURATION = EntryKind.CONFIGURATION


class Log:
    """All entries that a member knows of."""

    __slots__ = (
        "_entries",
        "_fit",
        "_fit_ends",
        "_history",
        "_slice",
        "_slice_ends",
        "applied",
        "commit",
        "compacted_index",
        "compacted_term",
        "configuration",
        "earlier",
        "emitted",
        "last_index",
        "last_term",
        "snapshot",
    )

    def __init__(self, recovered: Recovered) -> None:
        self.snapshot = recovered.snapshot
        self.compacted_index = recovered.compacted_index
        self.compacted_term = recovered.compacted_term
        self.earlier: list[int] = []  # where the last few snapshots before this one were taken
        self._entries: list[Entry] = []
        self._history = [(self.snapshot.index, self.snapshot.configuration)]
        self.configuration = self.snapshot.configuration
        self.last_index = recovered.compacted_index
        self.last_term = recovered.compacted_term
        self._slice: tuple[Entry, ...] = ()
        self._slice_ends = (0, -1)  # nobody asks for these
        self._fit = self._fit_ends = (0, 0)
        self.append(recovered.entries)
        assert self.compacted_index <= self.snapshot.index <= self.last_index
        self.commit = max(self.snapshot.index, min(recovered.commit, self.last_index))
        self.emitted = self.snapshot.index
        self.applied = self.snapshot.index

    # --- reading ---

    def term_at(self, index: int) -> int:
        """The term of the entry there, which is not before the compaction nor after the end."""
        if index == self.last_index:
            return self.last_term
        if index == self.compacted_index:
            return self.compacted_term
        assert self.compacted_index < index < self.last_index
        return self._entries[index - self.compacted_index - 1].term

    def matches(self, index: int, term: int) -> bool:
        """Whether the entry there is known and of that term."""
        return self.compacted_index <= index <= self.last_index and self.term_at(index) == term

    def is_behind(self, last_index: int, last_term: int) -> bool:
        """Whether a log that ends so is at least as up to date as this one (paper, 5.4.1)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def between(self, first: int, last: int) -> tuple[Entry, ...]:
        """The entries from `first` to `last`. Asked for again, they are the same object, so that
        whoever packs entries does it once for all who get them.
        """
        if first > last:
            return ()
        if self._slice_ends != (first, last):
            offset = self.compacted_index + 1
            self._slice = tuple(self._entries[first - offset : last - offset + 1])
            self._slice_ends = (first, last)
        return self._slice

    def fit(self, first: int, entries_max: int, bytes_max: int) -> tuple[int, int]:
        """How far entries from `first` on go in one message: the last index, and their bytes. At
        least one goes. The limits are the same each time: asked for again, it need not look again.
        """
        if self._fit_ends == (first, self.last_index):
            return self._fit
        offset = self.compacted_index + 1
        index, size = first, len(self._entries[first - offset].data)
        for entry in self._entries[first - offset + 1 : first - offset + entries_max]:
            if size + len(entry.data) > bytes_max:
                break
            size += len(entry.data)
            index += 1
        self._fit, self._fit_ends = (index, size), (first, self.last_index)
        return self._fit

    def conflict(self, entries: Sequence[Entry]) -> int:
        """The index of the first of these entries that is not in the log as it is; one more than
        their last if all are.
        """
        for entry in entries:
            if not self.matches(entry.index, entry.term):
                return entry.index
        return entries[-1].index + 1

    def last_not_above(self, index: int, term: int) -> int:
        """The last index, up to `index`, whose term is not larger than `term`; that of the
        compaction if there is none after it.
        """
        end = min(index, self.last_index) - self.compacted_index
        return self.compacted_index + bisect_right(self._entries, term, 0, max(0, end), key=_TERM)

    @property
    def configuration_index(self) -> int:
        """Where the configuration that counts has come from."""
        return self._history[-1][0]

    def possible_configurations(self) -> list[Configuration]:
        """Those of which one is the group's last committed one: from the newest that is known to be
        committed on.
        """
        later = [configuration for start, configuration in self._history if start > self.commit]
        return [self.configuration_at(self.commit), *later]

    def configuration_at(self, index: int) -> Configuration:
        """The configuration that counted there; not before the snapshot."""
        for start, configuration in reversed(self._history):
            if start <= index:
                return configuration
        raise IndexError(f"index {index} is before the snapshot at {self.snapshot.index}")

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    # --- changing ---

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries that follow on the last."""
        if not entries:
            return
        assert entries[0].index == self.last_index + 1
        configurations = [
            (entry.index, Configuration.decode(entry.data))
            for entry in entries
            if entry.kind == _CONFIGURATION and entry.index > self.snapshot.index
        ]
        self._entries.extend(entries)
        self.last_index, self.last_term = entries[-1].index, entries[-1].term
        if configurations:
            self._history += configurations
            self.configuration = configurations[-1][1]

    def truncate(self, index: int) -> None:
        """Drop the entry there and all after it, none of which is committed."""
        assert self.commit < index <= self.last_index
        del self._entries[index - self.compacted_index - 1 :]
        self.last_index = index - 1
        self.last_term = self._entries[-1].term if self._entries else self.compacted_term
        while self._history[-1][0] >= index:
            self._history.pop()
        self.configuration = self._history[-1][1]
        self._forget_slice()

    def commit_to(self, index: int) -> bool:
        """Note that entries are committed up to there; whether that is news."""
        if index <= self.commit:
            return False
        assert index <= self.last_index
        self.commit = index
        return True

    def emit(self, durable: int) -> tuple[Entry, ...]:
        """Hand out the entries that are committed and durable here, each once."""
        end = min(self.commit, durable)
        if end <= self.emitted:
            return ()
        first, self.emitted = self.emitted + 1, end
        return self.between(first, end)

    def take(self, meta: SnapshotMeta, trailing: int) -> None:
        """Let a snapshot of what is handed out stand for all entries but the last `trailing` that
        it holds.
        """
        assert self.snapshot.index < meta.index <= self.emitted
        self.earlier = [*self.earlier, self.snapshot.index][-_EARLIER_MAX:]
        self.snapshot = meta
        self._history = [(meta.index, meta.configuration)] + [
            item for item in self._history if item[0] > meta.index
        ]
        index = max(self.compacted_index, meta.index - trailing)
        self.compacted_index, self.compacted_term, count = (
            index,
            self.term_at(index),
            index - self.compacted_index,
        )
        del self._entries[:count]

    def reset(self, meta: SnapshotMeta) -> None:
        """Let another member's snapshot stand for everything."""
        assert meta.index > self.commit
        self._entries.clear()
        self.earlier.clear()
        self._history = [(meta.index, meta.configuration)]
        self.snapshot, self.configuration = meta, meta.configuration
        self.compacted_index = self.last_index = self.commit = self.emitted = meta.index
        self.compacted_term = self.last_term = meta.term
        self._forget_slice()

    def _forget_slice(self) -> None:
        self._slice = ()
        self._slice_ends = (0, -1)
        self._fit_ends = (0, 0)
