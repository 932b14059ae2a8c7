"""What a follower does with what its leader sends: entries and heartbeats (paper 5.3)."""

from __future__ import annotations

from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
)

__all__ = ["Following"]


class Following:
    """Keeps this log like the leader's."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def on_append(self, message: AppendRequest) -> None:
        """Entries from this term's leader, or none to see whether the logs match."""
        state, log = self._state, self._state.log
        state.hear(message.sender)
        end = message.previous_index + len(message.entries)
        if message.previous_index == log.last_index and message.previous_term == log.last_term:
            log.append(message.entries)
        elif message.previous_index < log.commit:
            # What is committed matches, and may not be here any more to compare with.
            self._merge(message, log.commit - message.previous_index)
            end = max(end, log.commit)
        elif log.matches(message.previous_index, message.previous_term):
            self._merge(message, 0)
        else:
            self._reject(message)
            return
        self._commit(message.commit, end)
        state.outbox.promise(AppendReply(state.node, message.sender, state.term, end))

    def _merge(self, message: AppendRequest, skipped: int) -> None:
        """Add what is not in the log. Only a conflict voids what is there: the message may be an
        old one, and entries after it acknowledged since.
        """
        log, entries = self._state.log, message.entries[skipped:]
        if not entries:
            return
        first = log.conflict(entries)
        if first <= log.last_index and first <= entries[-1].index:
            self._truncate(first)
        log.append(entries[first - entries[0].index :])

    def _truncate(self, index: int) -> None:
        self._state.log.truncate(index)
        self._state.journal.truncated(index)

    def _commit(self, commit: int, matching: int) -> None:
        """What is committed, up to where the logs are known to match: more may be here, but of
        another leader.
        """
        self._state.log.commit_to(min(commit, matching))

    def _reject(self, message: AppendRequest) -> None:
        state, log = self._state, self._state.log
        hint = log.last_not_above(message.previous_index, message.previous_term)
        state.outbox.send(
            AppendReply(
                state.node,
                message.sender,
                state.term,
                message.previous_index,
                True,
                hint,
                log.term_at(hint),
            )
        )

    def on_heartbeat(self, message: Heartbeat) -> None:
        """The leader lives. It knows that the logs match up to its `commit`."""
        state = self._state
        state.hear(message.sender)
        state.log.commit_to(message.commit)
        if message.round:
            state.outbox.send(HeartbeatReply(state.node, message.sender, state.term, message.round))
