"""What the passing of time means to a member."""

from __future__ import annotations

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core._election import Election
from holon_actors.distributed.consensus.core._leading import Leading
from holon_actors.distributed.consensus.core._membership import Membership
from holon_actors.distributed.consensus.core._reads import Reads
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core._transfer import Transfers
from holon_actors.distributed.consensus.core.inputs import Tick

__all__ = ["Ticking"]


class Ticking:
    """Does what is due."""

    __slots__ = ("_election", "_membership", "_reads", "_replication", "_state", "_transfers")

    def __init__(
        self,
        state: State,
        election: Election,
        replication: Replication,
        reads: Reads,
        membership: Membership,
        transfers: Transfers,
    ) -> None:
        self._state = state
        self._election = election
        self._replication = replication
        self._reads = reads
        self._membership = membership
        self._transfers = transfers

    def on_tick(self, _: Tick) -> None:
        """One tick has passed."""
        state = self._state
        state.ticks += 1
        state.expire()
        if state.leading is None:
            self._election.on_tick()
        else:
            self._lead(state.leading)

    def _lead(self, leading: Leading) -> None:
        state = self._state
        if self._has_lost_quorum(leading):
            state.become_follower(state.term, None)
            return
        self._replication.dismiss(leading)
        self._transfers.on_tick(leading)
        self._membership.on_tick(leading)
        leading.heartbeat_elapsed += 1
        if leading.heartbeat_elapsed >= state.settings.heartbeat_ticks:
            self._reads.begin_round(leading)

    def _has_lost_quorum(self, leading: Leading) -> bool:
        """Every election timeout: whether it was heard from too few since (thesis 6.2)."""
        state = self._state
        state.elapsed += 1
        if state.elapsed < state.settings.election_ticks:
            return False
        state.elapsed = 0
        heard = [state.node, *(name for name, each in leading.progress.items() if each.active)]
        for progress in leading.progress.values():
            progress.active = False
        return state.settings.check_quorum and not quorum.reached(state.log.configuration, heard)
