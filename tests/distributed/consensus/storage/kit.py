"""Records to store, and what they should come to: the plainest account that there can be."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record, Recovered
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.storage import GroupLog, LogStore

CONFIGURATION = Configuration(("a", "b", "c"), addresses=(("a", "x"), ("b", "y"), ("c", "z")))
GENESIS = SnapshotMeta(0, 0, CONFIGURATION)


def genesis() -> Record:
    return Record(1, 0, None, 0, snapshot=GENESIS, reset=True)


def entries(first: int, count: int, term: int = 1, data: bytes = b"data") -> tuple[Entry, ...]:
    return tuple(Entry(first + n, term, 0, data) for n in range(count))


def record(number: int = 2, *found: Entry, **values: object) -> Record:
    return replace(Record(number, 1, "a", 0, entries=found), **values)  # type: ignore[arg-type]


@dataclass
class Account:
    """What a group's records come to."""

    term: int = 0
    vote: str | None = None
    commit: int = 0
    snapshot: SnapshotMeta | None = None
    compacted: tuple[int, int] = (0, 0)
    log: dict[int, Entry] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        self.term, self.vote, self.commit = record.term, record.vote, record.commit
        if record.snapshot is not None:
            self.snapshot = record.snapshot
            if record.reset:
                self.log = {}
                self.compacted = (record.snapshot.index, record.snapshot.term)
            elif record.compacted_index > self.compacted[0]:
                self.compacted = (record.compacted_index, record.compacted_term)
                self.log = {i: e for i, e in self.log.items() if i > record.compacted_index}
        if record.truncate_from is not None:
            self.log = {i: e for i, e in self.log.items() if i < record.truncate_from}
        self.log.update((entry.index, entry) for entry in record.entries)

    @property
    def last(self) -> int:
        return max(self.log, default=self.compacted[0])

    @property
    def recovered(self) -> Recovered | None:
        if self.snapshot is None:
            return None
        found = tuple(self.log[index] for index in sorted(self.log))
        return Recovered(self.term, self.vote, self.commit, self.snapshot, *self.compacted, found)


@dataclass
class Ledger:
    """All records that were appended, in their order, and how many of them are acknowledged."""

    records: list[tuple[str, Record]] = field(default_factory=list)
    synced: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)

    def append(self, log: GroupLog, record: Record) -> None:
        self.records.append((log.name, record))
        self.accounts.setdefault(log.name, Account()).take(record)
        log.append(record)

    def check(self, store: LogStore) -> int:
        """The number of records that are there: all acknowledged ones, and none without those
        before it. They are all that count from now on.
        """
        found = {name: store.log(name).recovered for name in store.groups}
        found = {name: recovered for name, recovered in found.items() if recovered is not None}
        self.accounts = {}
        for count, (group, record) in enumerate([*self.records, ("", None)]):
            if count >= self.synced and found == self._recovered():
                del self.records[count:]
                self.synced = count
                return count
            if record is not None:
                self.accounts.setdefault(group, Account()).take(record)
        raise AssertionError(f"no prefix from {self.synced} on has come to {found}")

    def _recovered(self) -> dict[str, Recovered | None]:
        return {group: account.recovered for group, account in self.accounts.items()}


class Author:
    """Writes what members may write."""

    def __init__(self, rng: random.Random, ledger: Ledger) -> None:
        self.rng = rng
        self.ledger = ledger
        self.number = 0

    def write(self, log: GroupLog) -> None:
        self.number += 1
        account = self.ledger.accounts.get(log.name)
        made = genesis() if account is None else self._next(account)
        self.ledger.append(log, replace(made, number=self.number))

    def _next(self, account: Account) -> Record:
        rng = self.rng
        term = account.term + (rng.random() < 0.3)
        base = Record(0, term, rng.choice([None, "a", "b"]), rng.randint(0, account.last))
        kind = rng.random()
        if kind < 0.1:
            index = account.last + rng.randint(1, 5)
            return replace(base, snapshot=SnapshotMeta(index, term, CONFIGURATION), reset=True)
        if kind < 0.3 and account.last > account.compacted[0]:
            index = rng.randint(account.compacted[0] + 1, account.last)
            at = rng.randint(account.compacted[0], index)
            meta = SnapshotMeta(index, 1, CONFIGURATION)
            return replace(base, snapshot=meta, compacted_index=at, compacted_term=1)
        first = account.last + 1
        if kind < 0.5 and account.last > account.compacted[0]:
            first = rng.randint(account.compacted[0] + 1, account.last)
            base = replace(base, truncate_from=first)
        found = tuple(
            Entry(first + n, term, int(rng.random() < 0.1), self._data())
            for n in range(rng.choice([0, 1, 1, 2, 5]))
        )
        return replace(base, entries=found)

    def _data(self) -> bytes:
        size = self.rng.choice([0, 1, 10, 100, 700])
        return bytes(size) if self.rng.random() < 0.2 else self.rng.randbytes(size)
