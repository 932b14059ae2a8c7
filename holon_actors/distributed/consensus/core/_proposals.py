"""Commands on their way into the log. Any member takes them; a follower passes them on.

A message with proposals is sent once. It may still arrive twice, so the leader remembers for its
term what it has seen, a bounded number of messages; one of another term is refused. That makes
doubles rare. What makes them harmless are client sessions, which are above the core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from holon_actors.distributed.consensus.core._leading import Leading
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import Placed, Refused
from holon_actors.distributed.consensus.core.entries import EntryKind
from holon_actors.distributed.consensus.core.inputs import Propose
from holon_actors.distributed.consensus.core.messages import ProposalReply, ProposalRequest
from holon_actors.distributed.consensus.core.reasons import (
    BUSY,
    NO_LEADER,
    NOT_A_MEMBER,
    NOT_LEADER,
    TOO_LARGE,
    TRANSFERRING,
)

__all__ = ["Proposals"]

_SEEN_MAX: Final = 4_096


class Proposals:
    """Puts proposals in the log, or says why not."""

    __slots__ = ("_replication", "_state")

    def __init__(self, state: State, replication: Replication) -> None:
        self._state = state
        self._replication = replication

    def on_propose(self, event: Propose) -> None:
        """Proposals of this member."""
        state = self._state
        if state.leading is not None:
            placed, refused = self._place(state.leading, event.proposals)
            state.outbox.answer_all([Placed(*each) for each in placed])
        elif state.leader is not None:
            refused = self._forward(state.leader, event.proposals)
        else:
            refused = [(request, NO_LEADER) for request, _ in event.proposals]
        for request, reason in refused:
            state.outbox.answer(Refused(request, reason))

    def on_request(self, message: ProposalRequest) -> None:
        """Proposals of a follower."""
        state, leading = self._state, self._state.leading
        if leading is None or message.term < state.term:
            self._refuse_all(message, NOT_LEADER)
        elif not self._is_new(leading, message):
            pass
        elif message.sender not in leading.progress:
            self._refuse_all(message, NOT_A_MEMBER)
        else:
            placed, refused = self._place(leading, message.proposals)
            state.outbox.send(
                ProposalReply(state.node, message.sender, state.term, placed, tuple(refused))
            )

    def on_reply(self, message: ProposalReply) -> None:
        """The leader's answer. It counts whatever has happened to the leader since."""
        outbox, forwarded = self._state.outbox, self._state.forwarded
        for request, index, term in message.placed:
            if forwarded.end_proposal(request):
                outbox.answer(Placed(request, index, term))
        for request, reason in message.refused:
            if forwarded.end_proposal(request):
                # Who does not lead any more may have placed an earlier copy of the message.
                outbox.answer(Refused(request, reason, unknown=reason == NOT_LEADER))

    # --- at the leader ---

    def _place(
        self, leading: Leading, proposals: tuple[tuple[int, bytes], ...]
    ) -> tuple[tuple[tuple[int, int, int], ...], list[tuple[int, str]]]:
        """Where they are now, as (request, index, term), and which were refused why."""
        first, term = self._state.log.last_index + 1, self._state.term
        taken, refused = self._sort_out(leading, proposals)
        if taken:
            self._replication.append(leading, EntryKind.COMMAND, [data for _, data in taken])
        placed = tuple([(taken[i][0], first + i, term) for i in range(len(taken))])
        return placed, refused

    def _sort_out(
        self, leading: Leading, proposals: tuple[tuple[int, bytes], ...]
    ) -> tuple[Sequence[tuple[int, bytes]], list[tuple[int, str]]]:
        """Which are taken, and which are refused why. All are taken most often."""
        sizes = [len(data) for _, data in proposals]
        if self._all_fit(leading, sizes):
            leading.uncommitted_bytes += sum(sizes)
            return proposals, []
        taken: list[tuple[int, bytes]] = []
        refused: list[tuple[int, str]] = []
        for request, data in proposals:
            reason = self._refusal(leading, len(data))
            if reason is None:
                leading.uncommitted_bytes += len(data)
                taken.append((request, data))
            else:
                refused.append((request, reason))
        return taken, refused

    def _all_fit(self, leading: Leading, sizes: list[int]) -> bool:
        settings = self._state.settings
        return (
            leading.hand_over is None
            and max(sizes, default=0) <= settings.proposal_bytes_max
            and leading.uncommitted_bytes + sum(sizes) <= settings.uncommitted_bytes_max
        )

    def _refusal(self, leading: Leading, size: int) -> str | None:
        settings = self._state.settings
        if size > settings.proposal_bytes_max:
            return TOO_LARGE
        if leading.hand_over is not None:
            return TRANSFERRING
        waiting = leading.uncommitted_bytes
        if waiting and waiting + size > settings.uncommitted_bytes_max:
            return BUSY
        return None

    def _is_new(self, leading: Leading, message: ProposalRequest) -> bool:
        if not message.proposals:
            return False
        key = (message.sender, message.proposals[0][0])
        if key in leading.seen:
            return False
        leading.seen[key] = None
        if len(leading.seen) > _SEEN_MAX:
            del leading.seen[next(iter(leading.seen))]
        return True

    def _refuse_all(self, message: ProposalRequest, reason: str) -> None:
        state = self._state
        refused = tuple((request, reason) for request, _ in message.proposals)
        state.outbox.send(ProposalReply(state.node, message.sender, state.term, (), refused))

    # --- at a follower ---

    def _forward(
        self, leader: str, proposals: tuple[tuple[int, bytes], ...]
    ) -> list[tuple[int, str]]:
        """Pass them on; returns which were refused why."""
        state = self._state
        taken: list[tuple[int, bytes]] = []
        refused: list[tuple[int, str]] = []
        for request, data in proposals:
            reason = self._forward_refusal(len(data))
            if reason is not None:
                refused.append((request, reason))
                continue
            state.forwarded.add_proposal(request, len(data), state.ticks)
            taken.append((request, data))
        if taken:
            state.outbox.send(ProposalRequest(state.node, leader, state.term, tuple(taken)))
        return refused

    def _forward_refusal(self, size: int) -> str | None:
        settings, waiting = self._state.settings, self._state.forwarded.size
        if size > settings.proposal_bytes_max:
            return TOO_LARGE
        if waiting and waiting + size > settings.uncommitted_bytes_max:
            return BUSY
        return None
