"""Handing leadership over (thesis 3.10): to a voter whose log is complete, and to no other.

Meanwhile proposals are refused, so that it can become complete. If the other member has not taken
over within an election timeout, this one goes on.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core._leading import HandOver, Leading
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import Done, Refused
from holon_actors.distributed.consensus.core.inputs import Transfer
from holon_actors.distributed.consensus.core.messages import TimeoutNow
from holon_actors.distributed.consensus.core.reasons import (
    NO_LEADER,
    NOT_A_MEMBER,
    NOT_HANDED_OVER,
    NOT_LEADER,
    TRANSFERRING,
)

__all__ = ["Transfers"]


class Transfers:
    """Hands over when it is asked to."""

    __slots__ = ("_replication", "_state")

    def __init__(self, state: State, replication: Replication) -> None:
        self._state = state
        self._replication = replication

    def on_transfer(self, event: Transfer) -> None:
        """Another member is to lead."""
        state, leading = self._state, self._state.leading
        if leading is None:
            reason = NO_LEADER if state.leader is None else NOT_LEADER
            state.outbox.answer(Refused(event.request, reason, state.leader or ""))
            return
        target = self.furthest(leading) if event.target is None else event.target
        if target == state.node:
            state.outbox.answer(Done(event.request))
        elif leading.hand_over is not None:
            state.outbox.answer(Refused(event.request, TRANSFERRING, leading.hand_over.target))
        elif target is None or target not in state.log.configuration.voters:
            state.outbox.answer(Refused(event.request, NOT_A_MEMBER, target or ""))
        else:
            ends_at = state.ticks + state.settings.election_ticks
            leading.hand_over = HandOver(event.request, target, ends_at)
            self.advance(leading)

    def furthest(self, leading: Leading) -> str | None:
        """The other voter with the longest log; None: there is no other."""
        voters = [name for name in self._state.log.configuration.voters if name in leading.progress]
        return max(voters, key=lambda name: leading.progress[name].match, default=None)

    def advance(self, leading: Leading) -> None:
        """Tell the other member, once its log is complete."""
        hand_over = leading.hand_over
        if hand_over is None or hand_over.told:
            return
        if self._is_complete(leading, hand_over.target):
            hand_over.told = True
            self.tell(leading, hand_over.target)

    def on_heartbeat_reply(self, leading: Leading, member: str) -> None:
        """The other member lives and has not begun: it may not have been told."""
        hand_over = leading.hand_over
        if hand_over is None or not hand_over.told or hand_over.target != member:
            return
        if self._is_complete(leading, member):
            self.tell(leading, member)

    def _is_complete(self, leading: Leading, target: str) -> bool:
        progress = leading.progress.get(target)
        return progress is not None and progress.match == self._state.log.last_index

    def tell(self, leading: Leading, target: str) -> None:
        """Have another member begin an election. It may do so at any time from now on."""
        state = self._state
        leading.lease_void = True
        state.outbox.send(TimeoutNow(state.node, target, state.term))

    def on_tick(self, leading: Leading) -> None:
        """Go on leading if it takes too long, or the other member is no voter any more."""
        hand_over = leading.hand_over
        if hand_over is None:
            return
        if (
            self._state.ticks >= hand_over.ends_at
            or hand_over.target not in self._state.log.configuration.voters
        ):
            leading.hand_over = None
            self._state.outbox.answer(
                Refused(
                    hand_over.request, NOT_HANDED_OVER, hand_over.target, unknown=hand_over.told
                )
            )

    def retire(self, leading: Leading) -> None:
        """Stand back for good, and save the others the wait for an election."""
        state = self._state
        successor = self.furthest(leading)
        if successor is not None and self._is_complete(leading, successor):
            self.tell(leading, successor)
        state.become_follower(state.term, None)
