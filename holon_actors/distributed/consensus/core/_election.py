"""Who leads: timeouts, votes before an election, and votes (paper 5.2 and 5.4; thesis 4.2.3, 9.6).

Three rules keep a working leader from being disturbed. A member first asks whether it could win
(pre-vote). Whoever has heard a leader within an election timeout takes no part (stickiness). And a
leader that has not heard a quorum for as long stands back (in `_replication.py`), so that the
second rule protects only leaders that can work; both hang on the setting `check_quorum`.

Every member votes, also one that is no voter as far as it knows: it may be one in configurations
that it has not seen. Whoever counts votes counts those of its own configuration. So requests of
strangers are in order as well: they may be newer members. Those of members that were removed, and
do not know, are what the three rules are for.
"""

from __future__ import annotations

from collections.abc import Callable

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.messages import TimeoutNow, VoteReply, VoteRequest
from holon_actors.distributed.consensus.core.quorum import Tally
from holon_actors.distributed.consensus.core.roles import Role

__all__ = ["Election"]


class Election:
    """A member's part in elections. `lead` is called when it has won one."""

    __slots__ = ("_lead", "_own_vote_in", "_state")

    def __init__(self, state: State, lead: Callable[[], None]) -> None:
        self._state = state
        self._lead = lead
        self._own_vote_in: int | None = None  # the record that holds this candidate's own vote

    # --- asking ---

    def on_tick(self) -> None:
        """Time has passed for a member that does not lead."""
        state = self._state
        state.elapsed += 1
        if state.elapsed >= state.timeout and state.may_stand:
            self._campaign()

    def on_timeout_now(self, message: TimeoutNow) -> None:
        """The leader hands over. It has seen to it that this log is complete."""
        state = self._state
        if state.role is Role.FOLLOWER and state.may_stand:
            self._stand(transfer=True)

    def _campaign(self) -> None:
        if self._state.settings.pre_vote:
            self._ask_first()
        else:
            self._stand(transfer=False)

    def _ask_first(self) -> None:
        state = self._state
        state.become_pre_candidate()
        for request in self._requests(state.term + 1, pre=True, transfer=False):
            state.outbox.send(request)
        self._take_vote(state.node, True)

    def _stand(self, transfer: bool) -> None:
        # The request tells how far this log goes, so that has to be durable as well.
        state = self._state
        state.become_candidate()
        for request in self._requests(state.term, pre=False, transfer=transfer):
            state.outbox.promise(request)
        self._own_vote_in = state.journal.number + 1

    def _requests(self, term: int, pre: bool, transfer: bool) -> list[VoteRequest]:
        log, node, configuration = self._state.log, self._state.node, self._state.log.configuration
        return [
            VoteRequest(node, name, term, log.last_index, log.last_term, pre, transfer)
            for name in configuration.members
            if name != node and configuration.votes(name)
        ]

    # --- counting ---

    def on_stored(self) -> None:
        """A candidate's own vote counts once it is durable."""
        state = self._state
        if self._own_vote_in is not None and state.journal.stored >= self._own_vote_in:
            self._own_vote_in = None
            if state.role is Role.CANDIDATE:
                self._take_vote(state.node, True)

    def on_vote_reply(self, message: VoteReply) -> None:
        """A vote of this term, or the answer to whether there would be one."""
        if self._is_awaited(message):
            self._take_vote(message.sender, message.granted)

    def _is_awaited(self, message: VoteReply) -> bool:
        state = self._state
        if message.pre:
            term = state.term + 1 if message.granted else state.term
            return state.role is Role.PRE_CANDIDATE and message.term == term
        return state.role is Role.CANDIDATE and message.term == state.term

    def _take_vote(self, member: str, granted: bool) -> None:
        state = self._state
        state.votes.setdefault(member, granted)
        tally = quorum.count(state.log.configuration, state.votes)
        if tally is Tally.LOST:
            state.become_follower(state.term, None)
        elif tally is Tally.WON and state.role is Role.PRE_CANDIDATE:
            self._stand(transfer=False)
        elif tally is Tally.WON:
            state.become_leader()
            self._lead()

    # --- being asked ---

    def on_vote_request(self, message: VoteRequest) -> None:
        """Vote, or say whether this member would."""
        state = self._state
        if message.term > state.term:
            if self._is_protected(message):
                return
            if not message.pre:
                state.become_follower(message.term, None)
        granted = (
            self._may_vote(message) and self._is_fit(message) and not self._is_promised(message)
        )
        if granted and not message.pre:
            self._grant(message)
        else:
            # A yes in advance is for the term that would begin; a no tells the one that is.
            term = message.term if granted else state.term
            state.outbox.send(VoteReply(state.node, message.sender, term, granted, message.pre))

    def _grant(self, message: VoteRequest) -> None:
        state = self._state
        state.vote_for(message.sender)
        state.elapsed = 0
        state.outbox.promise(VoteReply(state.node, message.sender, state.term, True))

    def _is_protected(self, message: VoteRequest) -> bool:
        """Whether there is, or may be, a leader that this election would disturb."""
        state, settings = self._state, self._state.settings
        if message.transfer:
            return False
        if self._is_promised(message):
            return True
        return (
            settings.check_quorum
            and state.leader is not None
            and state.elapsed < settings.election_ticks
        )

    def _is_promised(self, message: VoteRequest) -> bool:
        """Whether a leader may hold a lease on this member's word to take no part in elections. The
        word outlives the term that it was given in, if this member learns of a later one, and this
        member's restart.
        """
        state, settings = self._state, self._state.settings
        if not settings.lease_reads or message.transfer:
            return False
        return state.ticks - state.heard_at < settings.election_ticks

    def _may_vote(self, message: VoteRequest) -> bool:
        """One vote in a term, and none in a term that has a leader."""
        state = self._state
        if message.pre and message.term > state.term:
            return True
        return state.vote == message.sender or (state.vote is None and state.leader is None)

    def _is_fit(self, message: VoteRequest) -> bool:
        """Whether the candidate's log is at least as up to date as this one (paper, 5.4.1)."""
        return self._state.log.is_behind(message.last_index, message.last_term)
