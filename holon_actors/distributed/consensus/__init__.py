"""Raft: a group of members that agree on one log, whatever fails.

`RaftGroup` is a member in this process, `StateMachine` what it replicates, `RaftClient` the way in
for others, `RaftHost` what members of many groups share. The rooms:

    core/      decides; pure: no clock, no disk, no network
    storage/   keeps what must not be lost: one log for all groups of a host, and snapshots
    commands/  what the entries of the log mean, and how they change a state machine; pure
    wire/      core messages and clients' requests as values that travel
    member/    the actor around core, storage and state machine
    client/    whom to ask, what to repeat, and what may be reported
    machines/  state machines that are ready: a key-value store, a counter
"""

from holon_actors.distributed.consensus.client.client import RaftClient
from holon_actors.distributed.consensus.errors import (
    ChangeRefused,
    CommandFailed,
    GroupMismatch,
    MemberStopped,
    NoLeader,
    NotYet,
    OutcomeUnknown,
    ProposalTooLarge,
    QueryFailed,
    RaftError,
    SessionExpired,
)
from holon_actors.distributed.consensus.events import (
    Applied,
    EventsLost,
    GroupEvent,
    LeaderChanged,
    MemberFailed,
    MembersChanged,
    MessageRefused,
    SnapshotFailed,
)
from holon_actors.distributed.consensus.group import RaftGroup
from holon_actors.distributed.consensus.host import RaftHost
from holon_actors.distributed.consensus.machine import StateMachine
from holon_actors.distributed.consensus.settings import CoreSettings, RaftSettings
from holon_actors.distributed.consensus.status import MemberStatus, RaftStatus
from holon_actors.distributed.consensus.storage import (
    FolderMismatch,
    LogCorrupted,
    SnapshotCorrupted,
    StoreBroken,
)

__all__ = [
    "Applied",
    "ChangeRefused",
    "CommandFailed",
    "CoreSettings",
    "EventsLost",
    "FolderMismatch",
    "GroupEvent",
    "GroupMismatch",
    "LeaderChanged",
    "LogCorrupted",
    "MemberFailed",
    "MemberStatus",
    "MemberStopped",
    "MembersChanged",
    "MessageRefused",
    "NoLeader",
    "NotYet",
    "OutcomeUnknown",
    "ProposalTooLarge",
    "QueryFailed",
    "RaftClient",
    "RaftError",
    "RaftGroup",
    "RaftHost",
    "RaftSettings",
    "RaftStatus",
    "SessionExpired",
    "SnapshotCorrupted",
    "SnapshotFailed",
    "StateMachine",
    "StoreBroken",
]
