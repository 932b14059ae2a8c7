"""What is always true of a member between two steps. Checked in tests and simulations, not at work:
it walks the whole log. What is cheap to check is asserted where it could break.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core import changes
from holon_actors.distributed.consensus.core._leading import Leading
from holon_actors.distributed.consensus.core._progress import Sending
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import EntryKind
from holon_actors.distributed.consensus.core.roles import Role

__all__ = ["check_invariants"]


def check_invariants(state: State) -> None:
    """Raises `AssertionError` when one does not hold."""
    _check_log(state)
    _check_configurations(state)
    _check_role(state)
    if state.leading is not None:
        _check_leading(state, state.leading)


def _check_log(state: State) -> None:
    log, journal = state.log, state.journal
    assert log.compacted_index <= log.snapshot.index <= log.emitted <= log.commit <= log.last_index
    assert log.applied <= log.emitted
    assert journal.durable <= journal.written == log.last_index
    assert journal.stored <= journal.number
    index, term = log.compacted_index, log.compacted_term
    for entry in log:
        assert entry.index == index + 1, entry
        assert term <= entry.term, entry
        index, term = entry.index, entry.term
    assert (index, term) == (log.last_index, log.last_term)
    assert term <= state.term


def _check_configurations(state: State) -> None:
    log = state.log
    newest = log.snapshot.configuration
    for entry in log:
        if entry.kind == EntryKind.CONFIGURATION and entry.index > log.snapshot.index:
            newest = Configuration.decode(entry.data)
            assert log.configuration_at(entry.index) == newest
    assert changes.check(log.configuration) == newest


def _check_role(state: State) -> None:
    leads = state.role is Role.LEADER
    assert leads == (state.leader == state.node) == (state.leading is not None)
    if state.role in (Role.LEADER, Role.CANDIDATE):
        assert state.vote == state.node
    if state.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        assert state.leader is None


def _check_leading(state: State, leading: Leading) -> None:
    log = state.log
    others = {*log.configuration.members, *leading.departing} - {state.node}
    assert {*leading.progress} == others
    assert not {*leading.departing} & {*log.configuration.members}
    for progress in leading.progress.values():
        assert progress.match < progress.next <= log.last_index + 1
        assert (progress.meta is not None) == (progress.state is Sending.SNAPSHOT)
        assert progress.round <= leading.round
        assert progress.inflight_bytes >= 0
    numbers = [each.number for each in leading.rounds]
    assert numbers == sorted(set(numbers))
    assert leading.reads == len(leading.waiting) + sum(len(each.reads) for each in leading.rounds)
    assert leading.uncommitted_bytes == sum(
        len(entry.data)
        for entry in log
        if entry.kind == EntryKind.COMMAND
        and entry.index > log.commit
        and entry.index >= leading.first_index
    )
