"""Linearizable reads (thesis 6.4): the index that has to be applied before one may be answered.

A read waits for a round of heartbeats that is sent after it has come; once a quorum has answered,
no other leader can have committed anything before. Numbers of rounds are not used twice in a term,
and answers of other terms do not count, so an old answer confirms nothing new. While a round is on
its way reads gather for the next, and one index serves all reads of a round.

With `lease_reads` the last confirmed round can do instead. Let E be `election_ticks`, and this
leader have counted n ticks since it has sent that round. Then less than n + 1 of its ticks have
passed. Whoever has answered has done so later, and takes part in no election until it has counted E
ticks from there (see `_election.py`): as one of them may have been waiting, and the next be due at
once, more than E - 2 of its ticks. No tick is shorter than 1 - `lease_drift` of another's. So while
n + 1 < (E - 2) * (1 - `lease_drift`) there is nobody whom a quorum may have elected since.

That assumes of the shell that it tells no tick early, that it tells at most one tick late at
members that do not lead, and that a leader is told all that it has missed before it is asked for a
read. No lease holds from the moment that this leader has told another to begin an election, to the
end of its term. A change of members voids none: its entry makes those who acknowledge it give their
word anew.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core._leading import Leading, Round, WaitingRead
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import ReadAt, Refused
from holon_actors.distributed.consensus.core.inputs import Read
from holon_actors.distributed.consensus.core.messages import ReadReply, ReadRequest
from holon_actors.distributed.consensus.core.reasons import (
    BUSY,
    NO_LEADER,
    NOT_A_MEMBER,
    NOT_LEADER,
)

__all__ = ["Reads"]


class Reads:
    """Finds the index for each read."""

    __slots__ = ("_replication", "_state")

    def __init__(self, state: State, replication: Replication) -> None:
        self._state = state
        self._replication = replication

    # --- asked ---

    def on_read(self, event: Read) -> None:
        """A read was asked for here."""
        state = self._state
        if state.leading is not None:
            self._add(state.leading, WaitingRead(event.request, None), event.lease)
        elif state.leader is None:
            state.outbox.answer(Refused(event.request, NO_LEADER))
        elif state.forwarded.reads >= state.settings.reads_max:
            state.outbox.answer(Refused(event.request, BUSY))
        else:
            state.forwarded.add_read(event.request, state.ticks)
            state.outbox.send(ReadRequest(state.node, state.leader, state.term, event.request))

    def on_read_request(self, message: ReadRequest) -> None:
        """A follower asks for a read of its own."""
        state = self._state
        read = WaitingRead(message.request, message.sender)
        if state.leading is None or message.term < state.term:
            self._refuse(read, NOT_LEADER)
        elif message.sender not in state.leading.progress:
            self._refuse(read, NOT_A_MEMBER)
        else:
            self._add(state.leading, read, False)

    def on_read_reply(self, message: ReadReply) -> None:
        """The leader's answer. It counts whatever has happened to the leader since."""
        state = self._state
        if not state.forwarded.end_read(message.request):
            return
        if message.index is None:
            state.outbox.answer(Refused(message.request, message.reason))
        else:
            state.outbox.answer(ReadAt(message.request, message.index))

    def _add(self, leading: Leading, read: WaitingRead, lease: bool) -> None:
        if self.is_ready(leading) and (self._is_alone() or (lease and self._holds_lease(leading))):
            self._answer(read, self._state.log.commit)
        elif leading.reads >= self._state.settings.reads_max:
            self._refuse(read, BUSY)
        else:
            leading.waiting.append(read)
            leading.reads += 1
            self._begin_waiting(leading)

    def _begin_waiting(self, leading: Leading) -> None:
        """Begin a round for the reads that wait, unless others are on their way already."""
        if leading.waiting and not leading.is_asking and self.is_ready(leading):
            self.begin_round(leading)

    # --- rounds ---

    def begin_round(self, leading: Leading) -> None:
        """Send heartbeats. They serve all reads that have come up to now."""
        state = self._state
        leading.round += 1
        leading.heartbeat_elapsed = 0
        reads = self._take_waiting(leading)
        if leading.rounds and not leading.rounds[-1].reads and not state.settings.lease_reads:
            leading.rounds.pop()  # it served nobody; so their number is bounded
        leading.rounds.append(Round(leading.round, state.ticks, state.log.commit, reads))
        for name, progress in leading.progress.items():
            self._replication.heartbeat(name, progress, leading.round)
        self.confirm(leading)

    def _take_waiting(self, leading: Leading) -> list[WaitingRead]:
        """Reads wait on until an entry of this term is committed: before that this leader cannot
        know all that is (thesis 6.4).
        """
        if not self.is_ready(leading):
            return []
        reads, leading.waiting = leading.waiting, []
        return reads

    def on_commit(self, leading: Leading) -> None:
        """The first entry of the term may be committed now."""
        self._begin_waiting(leading)

    def confirm(self, leading: Leading) -> None:
        """Answer the reads of the rounds that a quorum has answered."""
        confirmed = self._confirmed(leading)
        if confirmed <= leading.confirmed:
            return
        leading.confirmed = confirmed
        while leading.rounds and leading.rounds[0].number <= confirmed:
            done = leading.rounds.popleft()
            leading.lease_from = done.tick
            leading.reads -= len(done.reads)
            for read in done.reads:
                self._answer(read, done.index)
        self._begin_waiting(leading)

    def _confirmed(self, leading: Leading) -> int:
        node, progress = self._state.node, leading.progress
        return quorum.reached_value(
            self._state.log.configuration,
            lambda name: leading.round if name == node else progress[name].round,
        )

    def is_ready(self, leading: Leading) -> bool:
        """Whether an entry of this term is committed, so that all before it are known to be."""
        return self._state.log.commit >= leading.first_index

    def _is_alone(self) -> bool:
        return quorum.reached(self._state.log.configuration, (self._state.node,))

    def _holds_lease(self, leading: Leading) -> bool:
        """Whether no other leader can have been elected yet: the sum at the top of this module."""
        settings = self._state.settings
        if not settings.lease_reads or leading.lease_from is None:
            return False
        if leading.lease_void or leading.hand_over is not None:
            return False
        passed = self._state.ticks - leading.lease_from + 1
        return passed < (settings.election_ticks - 2) * (1 - settings.lease_drift)

    # --- answering ---

    def _answer(self, read: WaitingRead, index: int) -> None:
        state = self._state
        if read.origin is None:
            state.outbox.answer(ReadAt(read.request, index))
        else:
            state.outbox.send(ReadReply(state.node, read.origin, state.term, read.request, index))

    def _refuse(self, read: WaitingRead, reason: str) -> None:
        state = self._state
        if read.origin is None:
            state.outbox.answer(Refused(read.request, reason))
        else:
            state.outbox.send(
                ReadReply(state.node, read.origin, state.term, read.request, None, reason)
            )
