"""A whole group in one loop: cores, their disks, the network between them, all in virtual time.

No event loop, no threads: a heap of events, and everything that happens is drawn from the streams
of one seed. The simulator is the shell of every core: it carries out what a step asks for, and
tells the core what came of it. Who makes trouble, who uses the group and who judges it are
elsewhere: `nemesis`, `clients`, `oracle`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from heapq import heapify, heappop, heappush
from typing import Any, get_args
from zlib import crc32

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import (
    NOTHING,
    ChunkToSend,
    ChunkToStore,
    Effects,
    Record,
)
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    Applied,
    ChunkStored,
    SnapshotReceived,
    SnapshotRejected,
    SnapshotTaken,
    Stored,
    Tick,
)
from holon_actors.distributed.consensus.core.messages import Message, SnapshotChunk
from holon_actors.distributed.consensus.core.roles import Role
from tests.distributed.consensus.cluster.clients import Clients
from tests.distributed.consensus.cluster.delays import BITS, delays
from tests.distributed.consensus.cluster.history import History
from tests.distributed.consensus.cluster.image import configuration_of
from tests.distributed.consensus.cluster.network import Network
from tests.distributed.consensus.cluster.node import Node
from tests.distributed.consensus.cluster.oracle import Oracle
from tests.distributed.consensus.cluster.plan import Plan
from tests.distributed.consensus.cluster.trace import Trace
from tests.distributed.consensus.cluster.violations import SafetyViolation

__all__ = ["NAMES", "Simulator"]

NAMES = "abcdefghij"
MESSAGES = get_args(Message)
_TICK = Tick()
_NEVER = 1 << 62

Act = Callable[[Node, Any], None]


class Simulator:
    """One run. `streams(name)` gives the source of chance for a purpose."""

    def __init__(
        self,
        plan: Plan,
        streams: Callable[[str], random.Random],
        make_core: Callable[..., Any],
        trace: Trace | None = None,
    ) -> None:
        self.plan = plan
        self.now = 0
        self.steps = 0
        self._ordered = plan.ordered
        self.trace = trace
        self.refused: list[str] = []
        self._heap: list[tuple[int, int, Act, Any, Any]] = []
        self._sequence = 0
        self._make_core = make_core
        disk = streams("disk")
        self._disk_random = disk.random
        self._disk_bits = disk.getrandbits
        self._audit_at = plan.audit_every
        self._arrivals: dict[tuple[str, str], int] = {}
        self.sync_mean = plan.sync_mean
        self.apply_mean = plan.apply_mean
        names = NAMES[: plan.members + plan.spares]
        first = names[: plan.members]
        self.genesis = Configuration(tuple(first), addresses=tuple((n, f"x:{n}") for n in first))
        self.nodes = {
            name: Node(
                name,
                plan.periods[place],
                self.genesis if name in first else Configuration(),
                streams("core" if plan.equal_timeouts else f"core {name}"),
            )
            for place, name in enumerate(names)
        }
        self.history = History()
        self.oracle = Oracle(self.nodes, self.history)
        self.oracle.configurations.append(self.genesis)
        self.network = Network(plan, streams("network"), self._post)
        self.clients = Clients(self, streams("clients"))
        for name in first:
            self.start(self.nodes[name])

    # The loop

    def at(self, delay: int, act: Act, node: Any, what: Any = None) -> None:
        """Have `act(node, what)` called later."""
        self._sequence += 1
        heappush(self._heap, (self.now + delay, self._sequence, act, node, what))

    def run(self, events: int, until: int | None = None) -> int:
        """Work off so many events, or all up to a time; returns how many there were."""
        heap = self._heap
        end = _NEVER if until is None else until
        for done in range(events):
            if not heap or heap[0][0] > end:
                return done
            self.now, _, act, node, what = heappop(heap)
            act(node, what)
        return events

    def lose_in_flight(self, senders: Collection[str], end: int) -> None:
        """Messages that are on their way are lost: those of some senders, and those that would come
        after `end`, which on links that keep the order would hold up all that is sent from now on.
        """

        def is_lost(time: int, what: Any) -> bool:
            return isinstance(what, MESSAGES) and (what.sender in senders or time > end)

        self._heap[:] = [item for item in self._heap if not is_lost(item[0], item[4])]
        heapify(self._heap)
        self._arrivals = {link: min(time, end) for link, time in self._arrivals.items()}
        for node in self.nodes.values():
            node.backlog = [item for item in node.backlog if not is_lost(end, item[1])]

    # Lives

    def start(self, node: Node) -> None:
        """A member starts with what is on its disk; the commit index there is only a hint."""
        node.begin()
        snapshot = node.durable.snapshot
        hint = node.durable.commit if self._disk_random() < 0.7 else 0
        recovered = node.durable.recovered(max(hint, snapshot.index))
        node.core = self._make_core(node.name, recovered, self.plan.settings, node.rng)
        node.step = node.core.step
        self.at(int(self._disk_random() * node.period), self._tick, node, node.life)
        if self.trace is not None:
            self.trace.note(self.now, node.name, f"starts with {recovered}")

    def crash(self, node: Node) -> None:
        """A member is gone at once; a part of what it did not sync may be on its disk."""
        if node.alive:
            keep = int(self._disk_random() * (len(node.pending) + 1))
            if self.trace is not None:
                self.trace.note(
                    self.now, node.name, f"crashes, {keep} of {len(node.pending)} records kept"
                )
            node.end(keep)

    def restart(self, node: Node, _: object = None) -> None:
        """A member that is down starts again."""
        if not node.alive:
            self.start(node)

    def pause(self, node: Node) -> None:
        """A member stands still; what it is told waits."""
        node.paused = True

    def resume(self, node: Node, catch_up: bool) -> None:
        """A member goes on. With `catch_up` its clock is told of the time that has passed before
        anything else, as shells must do where leases are trusted.
        """
        if not node.paused:
            return
        node.paused = False
        missed, node.missed = node.missed, 0
        for _ in range(missed if catch_up else 0):
            self._told(node, _TICK)
        backlog, node.backlog = node.backlog, []
        for act, what in backlog:
            act(node, what)

    # What a core is told

    def tell(self, node: Node, event: Any) -> None:
        """Now, or when the member goes on; never, when it is not running."""
        if node.paused:
            node.backlog.append((self.tell, event))
        elif node.core is not None:
            self._told(node, event)

    def _told(self, node: Node, event: Any) -> None:
        self.steps += 1
        effects = node.step(event)
        if self.trace is not None:
            self.trace.step(self.now, node.name, event, effects)
        if effects is not NOTHING:
            self._carry_out(node, effects)
        if self.steps >= self._audit_at:
            self._audit_at = self.steps + self.plan.audit_every
            node.core.check_invariants()

    def _tick(self, node: Node, life: int) -> None:
        if life != node.life:
            return
        self._sequence += 1
        heappush(self._heap, (self.now + node.period, self._sequence, self._tick, node, life))
        if node.paused:
            node.missed += 1
        else:
            self._told(node, _TICK)

    def _post(self, delay: int, message: Message) -> None:
        node = self.nodes.get(message.to)
        if node is None:
            return
        time = self.now + delay
        if self._ordered:
            link = (message.sender, message.to)
            time = max(time, self._arrivals.get(link, 0) + 1)
            self._arrivals[link] = time
        self._sequence += 1
        heappush(self._heap, (time, self._sequence, self.tell, node, message))

    # What a core asks for

    def _carry_out(self, node: Node, effects: Effects) -> None:
        if effects.leadership is not None:
            self._lead(node, effects)
        if effects.record is not None:
            self._write(node, effects.record)
        if effects.configuration is not None and effects.configuration != node.configuration:
            raise SafetyViolation(
                "latest configuration counts",
                f"{node.name}: {effects.configuration}, not {node.configuration}",
            )
        if effects.restore is not None:
            self._restore(node, effects.restore)
        if effects.messages:
            self.oracle.sends(node, effects.messages)
            self.network.send(effects.messages)
        for chunk in effects.chunks:
            self._send_chunk(node, chunk)
        if effects.to_store is not None:
            self._store_chunk(node, effects.to_store)
        for answer in effects.answers:
            self.clients.answered(node, answer)
        for refused in effects.refused:
            self.refused.append(f"{node.name} refuses {refused}")
        if effects.committed:
            self._commit(node, effects.committed)

    def _lead(self, node: Node, effects: Effects) -> None:
        leadership = effects.leadership
        assert leadership is not None
        if leadership.role is Role.LEADER and node.role is not Role.LEADER:
            self.oracle.elected(node, leadership.term)
        node.role = leadership.role
        node.leader = leadership.leader

    def _write(self, node: Node, record: Record) -> None:
        self.oracle.writes(node, record)
        before = (node.configured_at, node.configuration)
        node.logical.put(record)
        node.term = record.term
        if self.oracle.wrote(node, record, before):
            node.configured_at, node.configuration = node.logical.configurations()[-1]
        node.pending.append(record)
        if not node.syncing:
            self._sync(node)

    def _sync(self, node: Node) -> None:
        node.syncing = True
        delay = self._disk_delay(self.sync_mean)
        if self.now < node.slow_until:
            delay *= 20
        self.at(delay, self._synced, node, (node.life, len(node.pending)))

    def _disk_delay(self, mean: int) -> int:
        return delays(1, mean)[self._disk_bits(BITS)]

    def _synced(self, node: Node, what: tuple[int, int]) -> None:
        life, count = what
        if life != node.life:
            return
        records = node.pending[:count]
        del node.pending[:count]
        self.oracle.stored(node, records)
        if any(record.snapshot is not None for record in records):
            oldest = node.durable.snapshot.index
            node.files = {m: data for m, data in node.files.items() if m.index >= oldest}
        node.syncing = False
        if node.pending:
            self._sync(node)
        self.tell(node, Stored(records[-1].number))

    # The state machine

    def _commit(self, node: Node, entries: tuple[Entry, ...]) -> None:
        self.oracle.committed(node, entries, node.emitted + 1)
        node.emitted = entries[-1].index
        if not self.apply_mean and node.apply_at <= self.now:
            self._apply(node, (node.life, entries))
            return
        node.apply_at = max(node.apply_at + 1, self.now + self._disk_delay(self.apply_mean))
        self.at(node.apply_at - self.now, self._apply, node, (node.life, entries))

    def _apply(self, node: Node, what: tuple[int, tuple[Entry, ...]]) -> None:
        life, entries = what
        if life != node.life:
            return
        if node.paused:
            node.backlog.append((self._apply, what))
            return
        for entry in entries:
            if entry.index <= node.applied:
                continue  # a snapshot was faster
            node.applied, node.applied_term = entry.index, entry.term
            if entry.kind == EntryKind.CONFIGURATION:
                node.settled = configuration_of(entry.data)
            if entry.index in node.placed:
                self.clients.decided(node, entry)
        if node.reading:
            self.clients.serve(node)
        self._maybe_snapshot(node)
        self._told(node, Applied(node.applied))

    def _maybe_snapshot(self, node: Node) -> None:
        every = self.plan.snapshot_every
        if not every or node.taking or node.applied - node.logical.snapshot.index < every:
            return
        node.taking = True
        data = self._content(node.applied)
        meta = SnapshotMeta(node.applied, node.applied_term, node.settled, len(data), crc32(data))
        delay = self._disk_delay(2 * self.sync_mean)
        self.at(delay, self._snapshot_taken, node, (node.life, meta, data))

    def _content(self, index: int) -> bytes:
        head = f"{index}:{self.history.digests[index]}:".encode()
        return head.ljust(self.plan.snapshot_filler, b".")

    def _snapshot_taken(self, node: Node, what: tuple[int, SnapshotMeta, bytes]) -> None:
        life, meta, data = what
        if life == node.life:
            node.files[meta] = data
            node.taking = False
            self.tell(node, SnapshotTaken(meta))

    def _restore(self, node: Node, meta: SnapshotMeta) -> None:
        data = node.files.get(meta)
        if data is None:
            raise SafetyViolation("snapshots are whole", f"{node.name} has none like {meta}")
        known = self.history.digests
        if meta.index >= len(known) or data != self._content(meta.index):
            raise SafetyViolation("state machine safety", f"{node.name} restores {data!r}")
        if meta.index <= node.applied:
            raise SafetyViolation(
                "applied grows", f"{node.name} at {node.applied} restores {meta.index}"
            )
        node.applied, node.applied_term = meta.index, meta.term
        node.emitted = max(node.emitted, meta.index)
        node.settled = meta.configuration
        self.clients.skipped(node)
        self.clients.serve(node)

    # Snapshots on the way

    def _send_chunk(self, node: Node, chunk: ChunkToSend) -> None:
        data = node.files.get(chunk.meta)
        if data is not None:
            part = data[chunk.offset : chunk.offset + chunk.size]
            message = SnapshotChunk(node.name, chunk.to, chunk.term, chunk.meta, chunk.offset, part)
            self.network.send((self.network.spoil(message),))

    def _store_chunk(self, node: Node, chunk: ChunkToStore) -> None:
        if chunk.offset == 0:
            node.receiving = bytearray()
        if chunk.offset != len(node.receiving):
            raise SafetyViolation("chunks follow each other", f"{node.name}: {chunk}")
        node.receiving += chunk.data
        delay = self._disk_delay(self.sync_mean)
        what = (node.life, chunk.meta, bytes(node.receiving))
        self.at(delay, self._chunk_stored, node, what)

    def _chunk_stored(self, node: Node, what: tuple[int, SnapshotMeta, bytes]) -> None:
        life, meta, data = what
        if life != node.life:
            return
        if len(data) < meta.size:
            self.tell(node, ChunkStored(meta, len(data)))
        elif crc32(data) != meta.checksum or len(data) != meta.size:
            self.tell(node, SnapshotRejected(meta, "checksum"))
        else:
            node.files[meta] = data
            self.tell(node, SnapshotReceived(meta))
