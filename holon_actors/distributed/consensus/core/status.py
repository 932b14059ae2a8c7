"""What a member is, for those who look: values that do not change with it."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.distributed.consensus.core._leading import Leading
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.roles import Role

__all__ = ["CoreStatus", "MemberStatus", "status_of"]


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What a leader knows of another member."""

    name: str
    sending: str  # "probe", "replicate" or "snapshot"
    match: int  # its log is the leader's up to here
    next: int
    inflight: int  # requests without an answer
    inflight_bytes: int
    active: bool  # heard since the quorum was last checked
    snapshot: SnapshotMeta | None = None  # that is being sent to it: its file is still needed
    snapshot_offset: int = 0  # bytes of it that it has


@dataclass(frozen=True, slots=True)
class CoreStatus:
    """What a member is. `members` and what follows are a leader's."""

    node: str
    role: Role
    term: int
    vote: str | None
    leader: str | None
    commit: int
    applied: int
    last_index: int
    last_term: int
    durable: int
    compacted_index: int
    snapshot: SnapshotMeta
    configuration: Configuration
    configuration_index: int
    members: tuple[MemberStatus, ...] = ()
    ready: bool = False  # an entry of its own term is committed
    transferring_to: str | None = None
    changing: bool = False  # a change of members that was asked for here is under way
    uncommitted_bytes: int = 0
    reads: int = 0  # that wait


def status_of(state: State) -> CoreStatus:
    """The status of a member now."""
    log, leading = state.log, state.leading
    return CoreStatus(
        node=state.node,
        role=state.role,
        term=state.term,
        vote=state.vote,
        leader=state.leader,
        commit=log.commit,
        applied=log.applied,
        last_index=log.last_index,
        last_term=log.last_term,
        durable=state.journal.durable,
        compacted_index=log.compacted_index,
        snapshot=log.snapshot,
        configuration=log.configuration,
        configuration_index=log.configuration_index,
        members=() if leading is None else _members(leading),
        ready=leading is not None and log.commit >= leading.first_index,
        transferring_to=leading.hand_over.target if leading and leading.hand_over else None,
        changing=leading is not None and leading.change is not None,
        uncommitted_bytes=0 if leading is None else leading.uncommitted_bytes,
        reads=0 if leading is None else leading.reads,
    )


def _members(leading: Leading) -> tuple[MemberStatus, ...]:
    return tuple(
        MemberStatus(
            name,
            progress.state.value,
            progress.match,
            progress.next,
            progress.inflight,
            progress.inflight_bytes,
            progress.active,
            progress.meta,
            progress.offset,
        )
        for name, progress in sorted(leading.progress.items())
    )
