"""Raft: a group of members that agree on one log, whatever fails.

`RaftGroup` is a member in this process, `StateMachine` what it replicates, `RaftClient` the way in
for others. `core` decides, and knows neither clock nor disk nor network; `storage` keeps what must
not be lost; the rest is the shell between them and the actors.
"""

from holon_actors.distributed.consensus.client.client import RaftClient
from holon_actors.distributed.consensus.errors import (
    ChangeRefused,
    CommandFailed,
    GroupMismatch,
    MemberStopped,
    NoLeader,
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
