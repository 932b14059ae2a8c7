"""Messages that no correct member of this group would have sent: refused before they change a
thing. Most come from a disk that was lost or mixed up, a name that was given twice, or a bug.

That a sender is not in the configuration is no reason: it may be in a newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    Message,
    SnapshotChunk,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from holon_actors.distributed.consensus.core.reasons import (
    CONFLICTS_WITH_COMMITTED,
    FROM_THE_FUTURE,
    IMPOSSIBLE_TERM,
    MALFORMED,
    MISADDRESSED,
    OWN_NAME,
    SECOND_LEADER,
)

__all__ = ["Guard"]

_TERM_MAX: Final = 1 << 62  # at a million elections a second, a hundred thousand years


class Guard:
    """Looks at what comes in."""

    __slots__ = ("_checks", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._checks: dict[type, Callable[[Any], str | None]] = {
            AppendRequest: self._append_request,
            AppendReply: self._append_reply,
            Heartbeat: self._heartbeat,
            HeartbeatReply: self._heartbeat_reply,
            SnapshotChunk: self._snapshot_chunk,
            TimeoutNow: self._from_leader,
            VoteRequest: self._vote_request,
            VoteReply: self._vote_reply,
        }

    def refusal(self, message: Message) -> str | None:
        """Why a message is refused; None: it is not. What a message of a term that is over says
        does not matter any more.
        """
        state = self._state
        if message.to != state.node:
            return MISADDRESSED
        if message.sender == state.node:
            return OWN_NAME
        if not 0 <= message.term < _TERM_MAX:
            return IMPOSSIBLE_TERM
        if message.term < state.term:
            return None
        check = self._checks.get(type(message))
        return None if check is None else check(message)

    # --- from a leader ---

    def _from_leader(self, message: Any) -> str | None:
        """A term has one leader (paper, 5.2)."""
        state = self._state
        if message.term == 0:
            return IMPOSSIBLE_TERM
        if message.term > state.term or state.leader in (None, message.sender):
            return None
        return SECOND_LEADER

    def _append_request(self, message: AppendRequest) -> str | None:
        return (
            self._from_leader(message) or self._shape(message) or self._against_committed(message)
        )

    def _shape(self, message: AppendRequest) -> str | None:
        """The ends of the entries stand for those between, which a leader cuts from its log."""
        entries, previous = message.entries, message.previous_index
        if previous < 0 or message.commit < 0 or message.previous_term > message.term:
            return MALFORMED
        if not entries:
            return None
        first, last = entries[0], entries[-1]
        if first.index != previous + 1 or last.index != previous + len(entries):
            return MALFORMED
        if not message.previous_term <= first.term <= last.term <= message.term:
            return MALFORMED
        return None

    def _against_committed(self, message: AppendRequest) -> str | None:
        """A leader has everything that is committed (paper, 5.4), so it agrees with all of it."""
        log, previous = self._state.log, message.previous_index
        if previous > log.commit:
            return None
        terms = [(previous, message.previous_term)]
        terms += [(entry.index, entry.term) for entry in message.entries[: log.commit - previous]]
        for index, term in terms:
            if index >= log.compacted_index and log.term_at(index) != term:
                return CONFLICTS_WITH_COMMITTED
        return None

    def _heartbeat(self, message: Heartbeat) -> str | None:
        """It names what this member has said that it has."""
        if message.commit > self._state.log.last_index:
            return self._from_leader(message) or FROM_THE_FUTURE
        return self._from_leader(message)

    def _snapshot_chunk(self, message: SnapshotChunk) -> str | None:
        meta, end = message.meta, message.offset + len(message.data)
        if meta.index < 1 or not 0 < meta.term <= message.term or message.offset < 0:
            return MALFORMED
        if end > meta.size or (end == message.offset and end < meta.size):
            return MALFORMED
        return self._from_leader(message)

    # --- to a leader ---

    def _append_reply(self, message: AppendReply) -> str | None:
        if message.term > self._state.term or self._state.leading is None:
            return None
        return FROM_THE_FUTURE if message.index > self._state.log.last_index else None

    def _heartbeat_reply(self, message: HeartbeatReply) -> str | None:
        leading = self._state.leading
        if message.term > self._state.term or leading is None:
            return None
        return FROM_THE_FUTURE if message.round > leading.round else None

    # --- in elections ---

    def _vote_request(self, message: VoteRequest) -> str | None:
        if message.term == 0:
            return IMPOSSIBLE_TERM
        return MALFORMED if message.last_term > message.term else None

    def _vote_reply(self, message: VoteReply) -> str | None:
        """A vote is for the term that was asked for, and asking for it was durable; not so for a
        vote in advance, which may be from before a restart.
        """
        if message.granted and not message.pre and message.term > self._state.term:
            return FROM_THE_FUTURE
        return None
