"""One member of a Raft group: events in, effects out. Pure: no clock, no disk, no network.

After Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014, "the
paper"), and Ongaro's thesis, "Consensus: Bridging Theory and Practice" (2014). `step` finds the
part that an event is for; the parts share one `State` and are called by name, never by kind.

Rules of the whole:

- Nothing that others rely on is said before it is durable, and nothing of this member's own counts
  before: its vote, its entries.
- A message may come twice, late, in another order or not at all.
- A member adopts a later term that it hears of, and tells senders of an older one. The exceptions
  are requests for votes that would disturb a leader, and everything about pre-votes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from holon_actors.distributed.consensus.core._chance import Chance
from holon_actors.distributed.consensus.core._election import Election
from holon_actors.distributed.consensus.core._following import Following
from holon_actors.distributed.consensus.core._guard import Guard
from holon_actors.distributed.consensus.core._installing import SnapshotReceiver
from holon_actors.distributed.consensus.core._invariants import check_invariants
from holon_actors.distributed.consensus.core._leading import Leading
from holon_actors.distributed.consensus.core._membership import Membership
from holon_actors.distributed.consensus.core._proposals import Proposals
from holon_actors.distributed.consensus.core._reads import Reads
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._snapshots import SnapshotSender
from holon_actors.distributed.consensus.core._stale import answer_stale
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core._ticking import Ticking
from holon_actors.distributed.consensus.core._transfer import Transfers
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import (
    NOTHING,
    Effects,
    Leadership,
    Recovered,
)
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    Applied,
    Change,
    ChunkStored,
    Event,
    Propose,
    Read,
    SnapshotReceived,
    SnapshotRejected,
    SnapshotTaken,
    Stored,
    Tick,
    Transfer,
    Unreachable,
)
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    Message,
    ProposalReply,
    ProposalRequest,
    ReadReply,
    ReadRequest,
    SnapshotChunk,
    SnapshotReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from holon_actors.distributed.consensus.core.status import CoreStatus, status_of

__all__ = ["Raft"]

_FROM_LEADER: Final = (AppendRequest, Heartbeat, SnapshotChunk)
_ANSWERS: Final = (ProposalReply, ReadReply)


class Raft:
    """A member. `rng` draws its election timeouts; give each member another seed."""

    def __init__(
        self, node: str, recovered: Recovered, settings: CoreSettings, rng: Chance
    ) -> None:
        state = self._state = State(node, recovered, settings, rng)
        self._guard = Guard(state)
        self._election = Election(state, self._lead)
        self._following = Following(state)
        self._receiver = SnapshotReceiver(state)
        self._sender = SnapshotSender(state)
        self._replication = Replication(state, self._sender, self._on_commit)
        self._reads = Reads(state, self._replication)
        self._proposals = Proposals(state, self._replication)
        self._transfers = Transfers(state, self._replication)
        self._membership = Membership(state, self._replication, self._transfers.retire)
        self._ticking = Ticking(
            state,
            self._election,
            self._replication,
            self._reads,
            self._membership,
            self._transfers,
        )
        self._said = (state.role, state.term, state.leader)
        self._counting = state.log.configuration
        self._handlers = self._event_handlers()
        self._message_handlers = self._handlers_of_messages()

    def _event_handlers(self) -> dict[type, Callable[[Any], None]]:
        return {
            Tick: self._ticking.on_tick,
            Propose: self._proposals.on_propose,
            Read: self._reads.on_read,
            Change: self._membership.on_change,
            Transfer: self._transfers.on_transfer,
            Stored: self._on_stored,
            Applied: self._on_applied,
            SnapshotTaken: self._on_snapshot_taken,
            ChunkStored: self._receiver.on_chunk_stored,
            SnapshotReceived: self._receiver.on_received,
            SnapshotRejected: self._receiver.on_rejected,
            Unreachable: self._on_unreachable,
        }

    def _handlers_of_messages(self) -> dict[type, Callable[[Any], None]]:
        return {
            VoteRequest: self._election.on_vote_request,
            VoteReply: self._election.on_vote_reply,
            AppendRequest: self._following.on_append,
            AppendReply: self._on_append_reply,
            Heartbeat: self._following.on_heartbeat,
            HeartbeatReply: self._on_heartbeat_reply,
            SnapshotChunk: self._receiver.on_chunk,
            SnapshotReply: self._on_snapshot_reply,
            TimeoutNow: self._election.on_timeout_now,
            ProposalRequest: self._proposals.on_request,
            ProposalReply: self._proposals.on_reply,
            ReadRequest: self._reads.on_read_request,
            ReadReply: self._reads.on_read_reply,
        }

    # --- the public face ---

    def step(self, event: Event) -> Effects:
        """Take in what has happened; returns what is to be done about it."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)
        else:
            self._on_message(event)  # type: ignore[arg-type]  # all other events are messages
        return self._effects()

    @property
    def role(self) -> Role:
        """What this member is in its term."""
        return self._state.role

    def status(self) -> CoreStatus:
        """What this member is now."""
        return status_of(self._state)

    def tail(self, count: int) -> tuple[Entry, ...]:
        """The last entries that are in memory, up to so many."""
        log = self._state.log
        return log.between(max(log.compacted_index, log.last_index - count) + 1, log.last_index)

    def snapshot_meta(self, index: int, size: int = 0, checksum: int = 0) -> SnapshotMeta:
        """What to give a snapshot of the state at an index that has been handed out."""
        log = self._state.log
        assert log.snapshot.index <= index <= log.emitted
        return SnapshotMeta(index, log.term_at(index), log.configuration_at(index), size, checksum)

    def check_invariants(self) -> None:
        """Raises `AssertionError` when this member is not as it can only be. Slow."""
        check_invariants(self._state)

    # --- messages ---

    def _on_message(self, message: Message) -> None:
        state = self._state
        handler = self._message_handlers[type(message)]
        refusal = self._guard.refusal(message)
        if refusal is not None:
            state.outbox.refuse(message, refusal)
        elif message.term == state.term:
            handler(message)
        elif message.term > state.term:
            self._on_later_term(message, handler)
        elif not answer_stale(state, message):
            handler(message)

    def _on_later_term(self, message: Message, handler: Callable[[Any], None]) -> None:
        state = self._state
        if isinstance(message, _ANSWERS):
            handler(message)  # before what it answers is given up with the old term
            state.become_follower(message.term, None)
            return
        if self._is_of_its_term(message):
            leader = message.sender if isinstance(message, _FROM_LEADER) else None
            state.become_follower(message.term, leader)
        handler(message)

    def _is_of_its_term(self, message: Message) -> bool:
        """Whether the sender has entered the term that its message has. Not so for pre-votes; and
        for votes it is decided later whether to believe it.
        """
        if isinstance(message, VoteRequest):
            return False
        return not (isinstance(message, VoteReply) and message.pre and message.granted)

    def _on_append_reply(self, message: AppendReply) -> None:
        leading = self._state.leading
        if leading is None:
            return
        self._replication.on_append_reply(leading, message)
        if self._state.leading is leading:
            self._membership.on_progress(leading, message.sender)
            self._transfers.advance(leading)

    def _on_heartbeat_reply(self, message: HeartbeatReply) -> None:
        leading = self._state.leading
        if leading is None or message.sender not in leading.progress:
            return
        self._replication.on_heartbeat_reply(leading.progress[message.sender], message)
        self._reads.confirm(leading)
        self._transfers.on_heartbeat_reply(leading, message.sender)

    def _on_snapshot_reply(self, message: SnapshotReply) -> None:
        leading = self._state.leading
        if leading is None or message.sender not in leading.progress:
            return
        progress = leading.progress[message.sender]
        if self._sender.on_reply(progress, message):
            # Nothing is committed by this: a leader only sends what is.
            self._replication.send(message.sender, progress)
        self._membership.on_progress(leading, message.sender)

    # --- the shell ---

    def _on_stored(self, event: Stored) -> None:
        state = self._state
        state.journal.on_stored(event.number)
        state.outbox.release(event.number)
        self._election.on_stored()
        if state.leading is not None and state.journal.durable > state.log.commit:
            self._replication.advance(state.leading)

    def _on_applied(self, event: Applied) -> None:
        log = self._state.log
        assert event.index <= log.emitted
        log.applied = max(log.applied, event.index)

    def _on_snapshot_taken(self, event: SnapshotTaken) -> None:
        log, meta = self._state.log, event.meta
        if meta.index <= log.snapshot.index:
            return  # another member's newer one has come meanwhile
        assert meta.configuration == log.configuration_at(meta.index)
        log.take(meta, self._replication.trailing(meta.index))
        self._state.journal.compacted()

    def _on_unreachable(self, event: Unreachable) -> None:
        leading = self._state.leading
        if leading is not None and event.member in leading.progress:
            self._replication.on_unreachable(leading.progress[event.member])

    # --- leading ---

    def _lead(self) -> None:
        leading = self._state.leading
        assert leading is not None
        self._replication.start(leading)

    def _on_commit(self, leading: Leading, before: int) -> None:
        for name, progress in leading.progress.items():
            self._replication.tell(name, progress)
        self._reads.on_commit(leading)
        self._membership.advance(leading)

    # --- effects ---

    def _effects(self) -> Effects:
        """What the step came to. Most often there is little, so it looks at flags first."""
        state = self._state
        journal, log, outbox = state.journal, state.log, state.outbox
        record = None
        if journal.changed or journal.written != log.last_index:
            record = journal.cut(state.term, state.vote, log)
        committed = log.emit(journal.durable) if log.commit != log.emitted else ()
        turned = state.turned or log.configuration is not self._counting
        if not (outbox.used or turned or record is not None or committed):
            return NOTHING
        return outbox.effects(
            record,
            journal.number,
            journal.stored,
            committed,
            self._leadership() if turned else None,
            self._configuration() if turned else None,
        )

    def _leadership(self) -> Leadership | None:
        state = self._state
        state.turned = False
        now = (state.role, state.term, state.leader)
        if now == self._said:
            return None
        self._said = now
        return Leadership(*now)

    def _configuration(self) -> Configuration | None:
        now = self._state.log.configuration
        if now is self._counting:
            return None
        self._counting = now
        return now
