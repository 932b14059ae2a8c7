"""Changes of members, at the leader: one at a time, each to its end.

New voters catch up as learners; then the joint configuration is entered and, once it is committed,
left. A leader that finds a joint configuration in its log leaves it as well. Nothing is begun until
an entry of the leader's own term is committed: only then is the configuration that counts here
sure to be the group's (Ongaro, raft-dev, "bug in single-server membership changes", 2015).

A leader that is no voter any more goes on until that is committed, without counting itself, and
then stands back (thesis 4.2.2).
"""

from __future__ import annotations

from collections.abc import Callable

from holon_actors.distributed.consensus.core import changes
from holon_actors.distributed.consensus.core._leading import CatchUp, Leading, PendingChange
from holon_actors.distributed.consensus.core._progress import Progress
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Done, Refused
from holon_actors.distributed.consensus.core.entries import EntryKind
from holon_actors.distributed.consensus.core.inputs import Change
from holon_actors.distributed.consensus.core.reasons import (
    CHANGE_PENDING,
    NO_LEADER,
    NOT_CAUGHT_UP,
    NOT_LEADER,
    NOT_READY,
    TRANSFERRING,
)

__all__ = ["Membership"]


class Membership:
    """Carries changes out. `retire` is called when this leader is no voter any more."""

    __slots__ = ("_replication", "_retire", "_state")

    def __init__(
        self, state: State, replication: Replication, retire: Callable[[Leading], None]
    ) -> None:
        self._state = state
        self._replication = replication
        self._retire = retire

    def on_change(self, event: Change) -> None:
        """A change was asked for."""
        leading = self._state.leading
        refusal = self._refusal(leading, event)
        if refusal is not None or leading is None:
            reason, detail = refusal or (NO_LEADER, "")
            self._state.outbox.answer(Refused(event.request, reason, detail))
            return
        self._begin(leading, event)

    def _refusal(self, leading: Leading | None, event: Change) -> tuple[str, str] | None:
        state = self._state
        if leading is None:
            return (NO_LEADER, "") if state.leader is None else (NOT_LEADER, state.leader)
        if state.log.commit < leading.first_index:
            return NOT_READY, ""
        if leading.hand_over is not None:
            return TRANSFERRING, leading.hand_over.target
        if self._is_changing(leading):
            return CHANGE_PENDING, ""
        return changes.refusal(state.log.configuration, event)

    def _is_changing(self, leading: Leading) -> bool:
        return (
            leading.change is not None
            or self._state.log.configuration.joint
            or not self._is_committed()
        )

    def _is_committed(self) -> bool:
        log = self._state.log
        return log.configuration_index <= log.commit

    def _begin(self, leading: Leading, event: Change) -> None:
        state = self._state
        waiting = {
            name: CatchUp(state.log.last_index, state.ticks, moved_at=state.ticks)
            for name in changes.newcomers(event)
        }
        leading.change = PendingChange(event, waiting)
        prepared = changes.prepare(state.log.configuration, event)
        if waiting:
            self._append(leading, prepared)
        else:
            self._enter(leading, leading.change, prepared)
        self._watch(leading, leading.change)

    def _enter(self, leading: Leading, change: PendingChange, prepared: Configuration) -> None:
        change.entered = True
        self._append(leading, changes.enter(prepared, change.event))

    def _append(self, leading: Leading, configuration: Configuration) -> None:
        if configuration == self._state.log.configuration:
            return
        if leading.change is not None:
            leading.change.appended = True
        self._replication.append(leading, EntryKind.CONFIGURATION, (configuration.encode(),))

    # --- going on ---

    def advance(self, leading: Leading) -> None:
        """Take the next step if the last one is committed."""
        configuration = self._state.log.configuration
        if not self._is_committed():
            return
        if configuration.joint:
            self._append(leading, changes.leave(configuration))
            return
        change = leading.change
        if change is not None and change.entered:
            leading.change = None
            self._state.outbox.answer(Done(change.event.request))
        elif change is not None and all(each.ready for each in change.waiting.values()):
            self._enter(leading, change, configuration)
            return
        if self._state.node not in configuration.voters:
            self._retire(leading)

    def on_tick(self, leading: Leading) -> None:
        """See whether the new voters have caught up."""
        if leading.change is not None:
            self._watch(leading, leading.change)

    def on_progress(self, leading: Leading, member: str) -> None:
        """A member has got further."""
        if leading.change is not None and member in leading.change.waiting:
            self._watch(leading, leading.change)

    def _watch(self, leading: Leading, change: PendingChange) -> None:
        for name, catch_up in change.waiting.items():
            if not catch_up.ready and self._is_hopeless(catch_up, leading.progress[name]):
                leading.change = None
                self._state.outbox.answer(Refused(change.event.request, NOT_CAUGHT_UP, name))
                return
        self.advance(leading)

    def _is_hopeless(self, catch_up: CatchUp, progress: Progress) -> bool:
        """Follow its rounds; True when there were too many, or it does not move any more."""
        ticks, settings = self._state.ticks, self._state.settings
        seen = (progress.match, progress.offset)
        if catch_up.seen != seen:
            catch_up.seen, catch_up.moved_at = seen, ticks
        if progress.match >= catch_up.target:
            self._end_round(catch_up)
        patience = settings.election_ticks * settings.catch_up_rounds_max
        return (
            catch_up.rounds > settings.catch_up_rounds_max or ticks - catch_up.moved_at >= patience
        )

    def _end_round(self, catch_up: CatchUp) -> None:
        """A round that is shorter than an election means that it will not hold up commits."""
        state = self._state
        if state.ticks - catch_up.began_at < state.settings.election_ticks:
            catch_up.ready = True
        else:
            catch_up.rounds += 1
            catch_up.target, catch_up.began_at = state.log.last_index, state.ticks
