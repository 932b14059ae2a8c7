"""One node's view of the cluster: a record per address, and what only this node knows about it.

It merges and counts; what to do about a change is decided in `swim`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from holon_actors.actors.cluster.record import FINAL, RANKS, Record, merge

__all__ = ["Entry", "Table"]


@dataclass(slots=True)
class Entry:
    """A record and this node's own notes on it; times are on its own clock."""

    record: Record
    since: float  # when it entered its present state, as far as this node knows
    quorum_since: float | None = None  # when a majority was first seen to accuse it
    poll_at: float = 0.0  # no poll about it before
    checked: tuple[int, int] | None = None  # the incarnation and refutation last verified
    fading: bool = False  # gone for so long that others need not hear of it any more


class Table:
    """Records by address. Invariant: never more than `members_max`."""

    def __init__(self, members_max: int) -> None:
        self._members_max = members_max
        self._entries: dict[str, Entry] = {}
        self._digest: int | None = None
        self.version = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, address: str) -> bool:
        return address in self._entries

    def __getitem__(self, address: str) -> Entry:
        return self._entries[address]

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, address: str) -> Entry | None:
        """The entry for an address, if there is one."""
        return self._entries.get(address)

    def records(self) -> tuple[Record, ...]:
        """All records but the fading ones, in the order in which they became known."""
        return tuple(entry.record for entry in self._entries.values() if not entry.fading)

    def present(self) -> dict[str, Record]:
        """The records of those who have neither left nor been downed."""
        return {a: e.record for a, e in self._entries.items() if e.record.present}

    def learn(self, record: Record, now: float) -> Record | None:
        """Merge a record. Returns the earlier one (for a stranger, the same) when it was news.

        When the table is full, a stranger takes the place of who has been gone longest, and is
        refused if there is nobody, or if it is gone itself.
        """
        entry = self._entries.get(record.address)
        if entry is None:
            if len(self._entries) >= self._members_max and not self._make_room(record):
                return None
            self._entries[record.address] = Entry(record, now)
            self._changed()
            return record
        before = entry.record
        after = merge(before, record)
        if after is before or after == before:
            return None
        self.replace(after, now)
        return before

    def _make_room(self, record: Record) -> bool:
        gone = [(e.since, a) for a, e in self._entries.items() if not e.record.present]
        if not gone or not record.present:
            return False
        del self._entries[min(gone)[1]]
        return True

    def replace(self, record: Record, now: float) -> None:
        """Put a record in the place of the one for its address."""
        entry = self._entries[record.address]
        before = entry.record
        entry.record = record
        if _phase(before) != _phase(record):
            entry.since = now
            entry.quorum_since = None
            entry.fading = False
        self._changed()

    def forget(self, now: float, after_s: float) -> list[str]:
        """Drop those who have been gone for `after_s`; returns their addresses.

        At half the time they fade: if they were told on until they are dropped, each node would
        learn of them anew from one that drops them later.
        """
        dropped: list[str] = []
        for address, entry in list(self._entries.items()):
            if entry.record.state not in FINAL or now - entry.since < after_s / 2:
                continue
            if not entry.fading:
                entry.fading = True
                self._changed()
            if now - entry.since >= after_s:
                del self._entries[address]
                dropped.append(address)
        return dropped

    def shift(self, seconds: float) -> None:
        """A time for which this node was not there does not count against anyone."""
        for entry in self._entries.values():
            entry.since += seconds
            if entry.quorum_since is not None:
                entry.quorum_since += seconds

    def digest(self) -> int:
        """A number that two tables share if, and hardly ever unless, they hold the same records."""
        if self._digest is None:
            lines = sorted(_line(record) for record in self.records())
            self._digest = zlib.crc32("\n".join(lines).encode())
        return self._digest

    def _changed(self) -> None:
        self._digest = None
        self.version += 1


def _phase(record: Record) -> tuple[int, int, int]:
    # A suspect that refuted and is suspected anew has all its time again.
    suspected = record.refutation if record.state == "suspect" else 0
    return record.incarnation, RANKS[record.state], suspected


def _line(record: Record) -> str:
    votes = ",".join(f"{v.accuser}:{v.stamp}:{v.members}" for v in record.votes)
    return (
        f"{record.address} {record.incarnation} {record.refutation} {record.state} "
        f"{record.voter:d} {','.join(record.witnesses)} {votes}"
    )
