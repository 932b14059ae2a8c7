"""What can go wrong with a Raft group, named for what the caller does next.

`NoLeader`: nothing has happened; ask again. `NotYet`: what a read waits for has not come about; ask
again to wait on. `OutcomeUnknown`: the command may or may not have been
applied, or may be yet; look before you ask again. `CommandFailed`, `ProposalTooLarge` and
`ChangeRefused` are answers: asking again gives the same. `MemberStopped`: this member is out of
service until somebody has seen to its cause; the others go on. Errors of the files are in
`storage/errors.py`.
"""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = [
    "ChangeRefused",
    "CommandFailed",
    "GroupMismatch",
    "MemberStopped",
    "NoLeader",
    "NotYet",
    "OutcomeUnknown",
    "ProposalTooLarge",
    "QueryFailed",
    "RaftError",
    "SessionExpired",
]


class RaftError(HolonError):
    """Base of the errors of Raft groups."""


class NoLeader(RaftError, TimeoutError):
    """Nobody could lead the group in time, and nothing has happened: ask again.

    `reason` is what the members that were asked have said last.
    """

    def __init__(self, group: str, timeout_s: float, reason: str) -> None:
        super().__init__(
            f"no leader of the Raft group {group} answered within {timeout_s:g} s: {reason}"
        )
        self.group = group
        self.timeout_s = timeout_s
        self.reason = reason


class OutcomeUnknown(RaftError, TimeoutError):
    """A command was sent and its answer did not come: it has been applied, or not, or will be yet.

    Read the state before doing it again. `reason` is what is known.
    """

    def __init__(self, group: str, timeout_s: float, reason: str) -> None:
        super().__init__(
            f"it is not known what came of the command to the Raft group {group}"
            f" within {timeout_s:g} s: {reason}"
        )
        self.group = group
        self.timeout_s = timeout_s
        self.reason = reason


class SessionExpired(OutcomeUnknown):
    """The group has forgotten this client, as many others have come since, and with it whether the
    command was applied. The next command opens a new session.
    """

    def __init__(self, group: str, reason: str) -> None:
        RaftError.__init__(self, f"the Raft group {group} has forgotten this client: {reason}")
        self.group = group
        self.timeout_s = 0.0
        self.reason = reason


class NotYet(RaftError, TimeoutError):
    """Raised by a state machine's `query`: the state has no answer to this yet. The read waits, and
    is asked again whenever something was applied. Raised by `read`: the time for that is over.
    """

    def __init__(self, reason: str = "the state has no answer to it yet") -> None:
        super().__init__(reason)
        self.reason = reason


class CommandFailed(RaftError):
    """The state machine's `apply` raised for this command, on every member alike.

    `type_name` and `message` are the exception's. What `apply` had changed before is kept.
    """

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(f"the command failed with {type_name}: {message}")
        self.type_name = type_name
        self.message = message


class QueryFailed(RaftError):
    """The state machine's `query` raised for this request; `type_name` and `message` are the
    exception's.
    """

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(f"the read failed with {type_name}: {message}")
        self.type_name = type_name
        self.message = message


class ProposalTooLarge(RaftError, ValueError):
    """The group takes no command of so many bytes: make it smaller, or raise `proposal_bytes_max`
    on all members.
    """

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"a command of {size} bytes: proposal_bytes_max is {limit}")
        self.size = size
        self.limit = limit


class ChangeRefused(RaftError, ValueError):
    """A change of members, or a transfer of leadership, did not happen.

    `reason` is one word: "change-pending" or "not-ready" (ask again later), "duplicate-member",
    "not-a-member" or "last-voter" (correct it).
    """

    def __init__(self, group: str, reason: str, detail: str = "") -> None:
        super().__init__(f"the Raft group {group} refused: {reason}{detail and f' ({detail})'}")
        self.group = group
        self.reason = reason
        self.detail = detail


class MemberStopped(RaftError, RuntimeError):
    """A member of this process is out of service, and acknowledges nothing any more.

    `cause` says why: a disk that failed, a damaged log, a defect. See to it and start the member
    again: it recovers from its disk.
    """

    def __init__(self, group: str, member: str, cause: str) -> None:
        super().__init__(f"the member {member} of the Raft group {group} has stopped: {cause}")
        self.group = group
        self.member = member
        self.cause = cause


class GroupMismatch(RaftError, ValueError):
    """What was found is not of this group: another group's or member's folder, or a member that
    calls itself by a name that belongs to another. Correct the configuration.
    """

    def __init__(self, group: str, member: str, reason: str) -> None:
        super().__init__(f"the member {member} of the Raft group {group}: {reason}")
        self.group = group
        self.member = member
        self.reason = reason
