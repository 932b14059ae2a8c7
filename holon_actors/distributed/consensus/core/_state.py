"""What a member is: its term, vote and role, its log and what it is about to say.

`_become` is the only place where the role changes, and `roles.TRANSITIONS` says how it may. The
term only grows; a vote is for one term. What leaders alone have is `leading`, None for others.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core._chance import Chance
from holon_actors.distributed.consensus.core._forwarded import Forwarded
from holon_actors.distributed.consensus.core._journal import Journal
from holon_actors.distributed.consensus.core._leading import HandOver, Leading
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core.effects import Done, Recovered, Refused
from holon_actors.distributed.consensus.core.messages import ReadReply
from holon_actors.distributed.consensus.core.reasons import LOST_LEADERSHIP, NOT_HANDED_OVER
from holon_actors.distributed.consensus.core.roles import TRANSITIONS, Role
from holon_actors.distributed.consensus.core.settings import CoreSettings

__all__ = ["State"]


class State:
    """Shared by all parts of the core.

    Invariants: leader == node exactly in the role of leader; `leading` is set exactly then.
    """

    __slots__ = (
        "_rng",
        "elapsed",
        "forwarded",
        "hand_over",
        "heard_at",
        "journal",
        "leader",
        "leading",
        "log",
        "node",
        "outbox",
        "role",
        "settings",
        "term",
        "ticks",
        "timeout",
        "turned",
        "vote",
        "votes",
    )

    def __init__(
        self, node: str, recovered: Recovered, settings: CoreSettings, rng: Chance
    ) -> None:
        self.node = node
        self.settings = settings
        self._rng = rng
        self.log = Log(recovered)
        self.journal = Journal(self.log.last_index)
        self.outbox = Outbox()
        self.term = recovered.term
        self.vote = recovered.vote
        assert self.term >= self.log.last_term
        self.role = Role.FOLLOWER
        self.leader: str | None = None
        self.leading: Leading | None = None
        self.votes: dict[str, bool] = {}  # that this candidate has got
        self.forwarded = Forwarded()
        self.hand_over: HandOver | None = None  # begun as leader; it is not known how it ended
        self.turned = False  # role, term or leader has changed since that was last told
        self.ticks = 0  # since the start
        self.heard_at = 0  # tick; a leader may have been heard just before the start
        self.elapsed = 0  # ticks since the leader was heard, or since the quorum was checked
        self.restart_timer()

    @property
    def may_stand(self) -> bool:
        """Whether this member may stand for election: it has a vote, or will have lost it only when
        the newest configuration is committed. Nobody else may be able to do that (thesis 4.2.2).
        """
        return any(each.votes(self.node) for each in self.log.possible_configurations())

    def restart_timer(self) -> None:
        """Wait anew for a leader, for a time that is unlike other members' (paper, 5.2)."""
        ticks = self.settings.election_ticks
        self.elapsed = 0
        self.timeout = self._rng.randrange(ticks, 2 * ticks)

    def vote_for(self, member: str) -> None:
        """Give this term's vote."""
        assert self.vote in (None, member)
        if self.vote is None:
            self.vote = member
            self.journal.changed = True

    # --- roles ---

    def become_follower(self, term: int, leader: str | None) -> None:
        """Follow a leader, or nobody for now. A follower that only learns of a new term goes on
        waiting: else one that can never be elected could keep others from it.
        """
        if term > self.term:
            self._begin_term(term)
        if self.role is not Role.FOLLOWER:
            self._become(Role.FOLLOWER)
            self.restart_timer()
        self._follow(leader)

    def become_pre_candidate(self) -> None:
        """Ask whether an election could be won. The term stays."""
        self._become(Role.PRE_CANDIDATE)
        self.restart_timer()
        self._follow(None)

    def become_candidate(self) -> None:
        """Begin an election in a term of its own."""
        self._begin_term(self.term + 1)
        self._become(Role.CANDIDATE)
        self.vote_for(self.node)
        self.restart_timer()
        self._follow(None)

    def become_leader(self) -> None:
        """The election is won."""
        self._become(Role.LEADER)
        self.elapsed = 0
        self.leading = Leading(first_index=self.log.last_index + 1)
        self._follow(self.node)

    def hear(self, leader: str) -> None:
        """The leader of this term lives."""
        self.elapsed = 0
        self.heard_at = self.ticks
        if self.leader != leader or self.role is not Role.FOLLOWER:
            self.become_follower(self.term, leader)

    def _begin_term(self, term: int) -> None:
        assert term > self.term
        self.term, self.vote = term, None
        self.journal.changed = self.turned = True
        self.outbox.forget()
        self._follow(None)

    def _become(self, role: Role) -> None:
        assert role in TRANSITIONS[self.role], f"{self.role} to {role}"
        if self.leading is not None:
            self._end_leading(self.leading)
        self.role = role
        self.turned = True
        self.votes.clear()

    def _follow(self, leader: str | None) -> None:
        if leader == self.leader:
            return
        self.leader = leader
        self.turned = True
        self.forwarded.lose(self.outbox)
        if leader is not None and self.hand_over is not None:
            self._end_hand_over(self.hand_over, leader)

    # --- what is left when leadership ends ---

    def _end_leading(self, leading: Leading) -> None:
        self.leading = None
        reads = [read for round_ in leading.rounds for read in round_.reads] + leading.waiting
        for read in reads:
            self._lose_read(read.request, read.origin)
        if leading.change is not None:
            self.outbox.answer(
                Refused(
                    leading.change.event.request,
                    LOST_LEADERSHIP,
                    unknown=leading.change.appended,
                )
            )
        if leading.hand_over is not None:
            self.hand_over = leading.hand_over
            self.hand_over.ends_at = self.ticks + 2 * self.settings.election_ticks

    def _lose_read(self, request: int, origin: str | None) -> None:
        if origin is None:
            self.outbox.answer(Refused(request, LOST_LEADERSHIP))
        else:
            self.outbox.send(
                ReadReply(self.node, origin, self.term, request, None, LOST_LEADERSHIP)
            )

    def _end_hand_over(self, hand_over: HandOver, leader: str | None) -> None:
        self.hand_over = None
        if leader == hand_over.target:
            self.outbox.answer(Done(hand_over.request))
        else:
            self.outbox.answer(
                Refused(hand_over.request, NOT_HANDED_OVER, leader or "", unknown=leader is None)
            )

    def expire(self) -> None:
        """Give up what nobody will answer any more."""
        self.forwarded.expire(self.ticks - self.settings.election_ticks, self.outbox)
        if self.hand_over is not None and self.ticks >= self.hand_over.ends_at:
            self._end_hand_over(self.hand_over, None)
