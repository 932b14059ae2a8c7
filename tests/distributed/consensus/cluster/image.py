"""What a disk holds of a member: records put together, in order."""

from __future__ import annotations

from functools import lru_cache

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record, Recovered
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from tests.distributed.consensus.cluster.violations import SafetyViolation

__all__ = ["Image", "configuration_of"]


@lru_cache(maxsize=1_024)
def configuration_of(data: bytes) -> Configuration:
    """What an entry's data says. Each is asked for again and again, and there are few."""
    return Configuration.decode(data)


class Image:
    """Term, vote and log as the records so far make them."""

    __slots__ = (
        "commit",
        "compacted_index",
        "compacted_term",
        "entries",
        "snapshot",
        "term",
        "vote",
    )

    def __init__(self, genesis: Configuration) -> None:
        self.term = 0
        self.vote: str | None = None
        self.commit = 0
        self.snapshot = SnapshotMeta(0, 0, genesis)
        self.compacted_index = 0
        self.compacted_term = 0
        self.entries: list[Entry] = []

    @property
    def last_index(self) -> int:
        return self.compacted_index + len(self.entries)

    @property
    def last_term(self) -> int:
        return self.entries[-1].term if self.entries else self.compacted_term

    def term_at(self, index: int) -> int | None:
        """The term of the entry there; None where nothing is known of it."""
        place = index - self.compacted_index - 1
        if 0 <= place < len(self.entries):
            return self.entries[place].term
        if place == -1:
            return self.compacted_term
        return self.snapshot.term if index == self.snapshot.index else None

    def holds(self, index: int, term: int) -> bool:
        """Whether the entry is there, or in the snapshot."""
        if index <= self.snapshot.index:
            return True
        return self.term_at(index) == term

    def configurations(self) -> list[tuple[int, Configuration]]:
        """With the index they count from: the snapshot's and those behind it."""
        return [(self.snapshot.index, self.snapshot.configuration)] + [
            (entry.index, configuration_of(entry.data))
            for entry in self.entries
            if entry.kind == EntryKind.CONFIGURATION and entry.index > self.snapshot.index
        ]

    def copy(self) -> Image:
        other = Image.__new__(Image)
        for name in Image.__slots__:
            setattr(other, name, getattr(self, name))
        other.entries = list(self.entries)
        return other

    def put(self, record: Record) -> None:
        """Take in the next record."""
        self.term = record.term
        self.vote = record.vote
        self.commit = record.commit
        if record.snapshot is not None:
            self._compact(record, record.snapshot)
        if record.truncate_from is not None:
            del self.entries[max(0, record.truncate_from - self.compacted_index - 1) :]
        if record.entries:
            if record.entries[0].index != self.last_index + 1:
                raise SafetyViolation(
                    "log contiguous", f"{record.entries[0]} put behind {self.last_index}"
                )
            self.entries.extend(record.entries)

    def _compact(self, record: Record, snapshot: SnapshotMeta) -> None:
        self.snapshot = snapshot
        if record.reset:
            self.entries.clear()
            self.compacted_index, self.compacted_term = snapshot.index, snapshot.term
        else:
            del self.entries[: record.compacted_index - self.compacted_index]
            self.compacted_index = record.compacted_index
            self.compacted_term = record.compacted_term

    def recovered(self, commit: int) -> Recovered:
        """What a start finds, with a commit index that may have got lost."""
        return Recovered(
            self.term,
            self.vote,
            commit,
            self.snapshot,
            self.compacted_index,
            self.compacted_term,
            tuple(self.entries),
        )
