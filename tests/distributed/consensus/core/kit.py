"""A group of cores in memory, for scenarios that a test leads step by step.

Messages wait in `wire` until `settle` or `deliver` moves them. Records are stored at once unless
their member is in `slow`. Every step ends with `check_invariants`, and every entry that any member
hands out is compared with what others have handed out at that index.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import (
    Answer,
    ChunkToSend,
    ChunkToStore,
    Effects,
    Record,
    Recovered,
    RefusedMessage,
)
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    Applied,
    ChunkStored,
    Event,
    Propose,
    Read,
    SnapshotReceived,
    SnapshotTaken,
    Stored,
    Tick,
)
from holon_actors.distributed.consensus.core.messages import Message, SnapshotChunk
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings


def voters(*names: str, learners: Iterable[str] = ()) -> Configuration:
    """A configuration of these members; each has the address `at-<name>`."""
    members = sorted({*names, *learners})
    return Configuration(
        voters=tuple(sorted(names)),
        learners=tuple(sorted(learners)),
        addresses=tuple((name, f"at-{name}") for name in members),
    )


def genesis(configuration: Configuration) -> Recovered:
    """What a member of a new group finds on its disk."""
    return Recovered(0, None, 0, SnapshotMeta(0, 0, configuration), 0, 0)


def entries(*terms: int, first: int = 1, kind: EntryKind = EntryKind.COMMAND) -> tuple[Entry, ...]:
    """Entries of these terms; their data tells index and term."""
    return tuple(
        Entry(index, term, kind, f"{index}.{term}".encode())
        for index, term in enumerate(terms, first)
    )


def written(recovered: Recovered, record: Record) -> Recovered:
    """What is found on the disk once a record is durable as well."""
    log = list(recovered.entries)
    snapshot = record.snapshot or recovered.snapshot
    compacted = (recovered.compacted_index, recovered.compacted_term)
    if record.snapshot is not None:
        compacted = (record.compacted_index, record.compacted_term)
    if record.reset:
        log = []
    if record.truncate_from is not None:
        log = [entry for entry in log if entry.index < record.truncate_from]
    log = [entry for entry in [*log, *record.entries] if entry.index > compacted[0]]
    return Recovered(record.term, record.vote, record.commit, snapshot, *compacted, tuple(log))


@dataclass
class Member:
    """A core with what its shell would have."""

    name: str
    core: Raft
    disk: Recovered
    pending: deque[Record] = field(default_factory=deque)  # not durable
    applied: list[Entry] = field(default_factory=list)  # commands and all else, since the start
    state: dict[int, bytes] = field(default_factory=dict)  # the state machine: index to data
    answers: list[Answer] = field(default_factory=list)
    refused: list[RefusedMessage] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    seen: list[Effects] = field(default_factory=list)
    files: dict[SnapshotMeta, dict[int, bytes]] = field(default_factory=dict)
    receiving: bytes = b""

    @property
    def leads(self) -> bool:
        return self.core.status().role is Role.LEADER


class Cluster:
    """Members by name, and what is on the wire between them."""

    def __init__(
        self,
        *names: str,
        settings: CoreSettings | None = None,
        configuration: Configuration | None = None,
        seed: int = 0,
        slow: Iterable[str] = (),
    ) -> None:
        self.settings = settings or CoreSettings()
        self.wire: deque[Message] = deque()
        self.cut: set[tuple[str, str]] = set()  # from, to: lost
        self.slow = set(slow)  # whose records the test stores itself
        self.down: set[str] = set()
        self.history: dict[int, Entry] = {}  # committed, by any
        self.members: dict[str, Member] = {}
        self._rng = random.Random(seed)
        self._request = 0
        first = configuration or voters(*names)
        for name in names:
            self.start(name, genesis(first))

    def __getitem__(self, name: str) -> Member:
        return self.members[name]

    # --- members ---

    def start(self, name: str, disk: Recovered, settings: CoreSettings | None = None) -> Member:
        core = Raft(
            name, disk, settings or self.settings, random.Random(self._rng.randrange(1 << 30))
        )
        old = self.members.get(name)
        member = self.members[name] = Member(name, core, disk)
        if old is not None:
            member.files = old.files
        if disk.snapshot.index:
            member.state = dict(member.files[disk.snapshot])
        self.down.discard(name)
        return member

    def join(self, name: str) -> Member:
        return self.start(name, genesis(Configuration()))

    def crash(self, name: str) -> None:
        """What was not durable is lost."""
        self.down.add(name)
        self.members[name].pending.clear()

    def restart(self, name: str) -> Member:
        self.crash(name)
        return self.start(name, self.members[name].disk)

    # --- steps ---

    def do(self, name: str, event: Event) -> Effects:
        member = self.members[name]
        effects = member.core.step(event)
        member.core.check_invariants()
        member.seen.append(effects)
        member.answers.extend(effects.answers)
        member.refused.extend(effects.refused)
        self.wire.extend(effects.messages)
        if effects.restore is not None:
            member.state = dict(member.files[effects.restore])
        self._apply(member, effects.committed)
        for chunk in effects.chunks:
            self._send_chunk(member, chunk)
        if effects.record is not None:
            member.records.append(effects.record)
            member.pending.append(effects.record)
            if name not in self.slow:
                self.store(name)
        if effects.to_store is not None:
            self._store_chunk(member, effects.to_store)
        return effects

    def _apply(self, member: Member, committed: tuple[Entry, ...]) -> None:
        for entry in committed:
            assert self.history.setdefault(entry.index, entry) == entry
            member.state[entry.index] = entry.data
        member.applied.extend(committed)
        if committed:
            self.do(member.name, Applied(committed[-1].index))

    def _send_chunk(self, member: Member, chunk: ChunkToSend) -> None:
        data = _bytes_of(member.files[chunk.meta])[chunk.offset : chunk.offset + chunk.size]
        self.wire.append(
            SnapshotChunk(member.name, chunk.to, chunk.term, chunk.meta, chunk.offset, data)
        )

    def _store_chunk(self, member: Member, chunk: ChunkToStore) -> None:
        meta = chunk.meta
        member.receiving = chunk.data if chunk.offset == 0 else member.receiving + chunk.data
        assert len(member.receiving) == chunk.offset + len(chunk.data)
        if len(member.receiving) < meta.size:
            self.do(member.name, ChunkStored(meta, len(member.receiving)))
        else:
            member.files[meta] = _from_bytes(member.receiving)
            self.do(member.name, SnapshotReceived(meta))

    def store(self, name: str, count: int | None = None) -> None:
        """Make the first records that wait durable; None: all."""
        member = self.members[name]
        stored = 0
        while member.pending and (count is None or stored < count):
            stored += 1
            record = member.pending.popleft()
            member.disk = written(member.disk, record)
            self.do(name, Stored(record.number))

    def snapshot(self, name: str) -> SnapshotMeta:
        """Let a member take a snapshot of what it has applied."""
        member = self.members[name]
        index = member.core.status().applied
        meta = member.core.snapshot_meta(index, len(_bytes_of(member.state)))
        member.files[meta] = dict(member.state)
        self.do(name, SnapshotTaken(meta))
        return meta

    # --- the wire ---

    def deliver(self, wanted: Callable[[Message], bool] = lambda _: True) -> list[Message]:
        """Move what is on the wire now and wanted, once; the rest stays. Returns what arrived."""
        now, self.wire = list(self.wire), deque()
        arrived = []
        for message in now:
            if not wanted(message):
                self.wire.append(message)
            elif self.reaches(message):
                arrived.append(message)
                self.do(message.to, message)
        return arrived

    def settle(self, wanted: Callable[[Message], bool] = lambda _: True) -> None:
        """Move messages until there are none left that are wanted."""
        while any(wanted(message) for message in self.wire):
            self.deliver(wanted)

    def reaches(self, message: Message) -> bool:
        return (
            message.to in self.members
            and message.to not in self.down
            and (message.sender, message.to) not in self.cut
        )

    def isolate(self, *names: str) -> None:
        """Cut these members off from the others, both ways."""
        for name in names:
            for other in self.members:
                if other not in names:
                    self.cut |= {(name, other), (other, name)}

    def heal(self) -> None:
        self.cut.clear()

    def tick(self, *names: str, times: int = 1, settle: bool = True) -> None:
        for _ in range(times):
            for name in names or [name for name in self.members if name not in self.down]:
                self.do(name, Tick())
            if settle:
                self.settle()

    # --- what tests ask for ---

    def elect(self, name: str, wanted: Callable[[Message], bool] = lambda _: True) -> Member:
        """Let this member, and no other, come to lead; only wanted messages are moved."""
        for _ in range(200):
            self.tick(name, settle=False)
            self.settle(wanted)
            if self.members[name].leads:
                return self.members[name]
            for other, member in self.members.items():
                if other != name and other not in self.down:
                    self._age(member)
        raise AssertionError(f"{name} is not elected: {self.members[name].core.status()}")

    def _age(self, member: Member) -> None:
        """Let a member forget its leader, as if its time had passed without an election."""
        state = member.core._state
        state.ticks = max(state.ticks, state.settings.election_ticks)
        if state.role is Role.FOLLOWER:
            state.elapsed = state.timeout
            state.heard_at = state.ticks - state.settings.election_ticks

    def request(self) -> int:
        self._request += 1
        return self._request

    def propose(self, name: str, *data: bytes, settle: bool = True) -> list[int]:
        requests = [self.request() for _ in data]
        self.do(name, Propose(tuple(zip(requests, data, strict=True))))
        if settle:
            self.settle()
        return requests

    def read(self, name: str, lease: bool = False, settle: bool = True) -> int:
        request = self.request()
        self.do(name, Read(request, lease))
        if settle:
            self.settle()
        return request

    def ask(self, name: str, kind: Any, settle: bool = True, **fields: Any) -> int:
        """A change or a transfer."""
        request = self.request()
        self.do(name, kind(request, **fields))
        if settle:
            self.settle()
        return request

    def answer(self, name: str, request: int) -> Answer | None:
        """The answer to a request; there is never a second one."""
        found = [each for each in self.members[name].answers if each.request == request]
        assert len(found) <= 1, found
        return found[0] if found else None

    @property
    def leaders(self) -> list[str]:
        return [name for name, each in self.members.items() if each.leads and name not in self.down]


def _bytes_of(state: dict[int, bytes]) -> bytes:
    return b"".join(b"%d=%s;" % item for item in sorted(state.items()))


def _from_bytes(data: bytes) -> dict[int, bytes]:
    pairs = [item.partition(b"=") for item in data.split(b";") if item]
    return {int(key): value for key, _, value in pairs}
