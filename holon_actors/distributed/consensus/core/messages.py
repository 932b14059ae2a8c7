"""What members say to each other. Plain values; `consensus/wire/` gives them bytes.

Each has the sender's term. That of a pre-vote request is the term that it would begin.
"""

from __future__ import annotations

from typing import TypeAlias

from holon_actors.distributed.consensus.core._value import value
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta

__all__ = [
    "AppendReply",
    "AppendRequest",
    "Heartbeat",
    "HeartbeatReply",
    "Message",
    "ProposalReply",
    "ProposalRequest",
    "ReadReply",
    "ReadRequest",
    "SnapshotChunk",
    "SnapshotReply",
    "TimeoutNow",
    "VoteReply",
    "VoteRequest",
]


@value
class VoteRequest:
    """A candidate asks for a vote; with `pre` whether it would get one.

    `transfer`: the leader asked for this election, so it is no reason to protect that leader.
    """

    sender: str
    to: str
    term: int
    last_index: int
    last_term: int
    pre: bool = False
    transfer: bool = False


@value
class VoteReply:
    """The answer to a vote request; `term` is the request's when a pre-vote is granted."""

    sender: str
    to: str
    term: int
    granted: bool
    pre: bool = False


@value
class AppendRequest:
    """Entries that follow on `previous_index`. An empty one probes.

    `commit` is the leader's; a follower knows of it only up to what this request shows to match.
    """

    sender: str
    to: str
    term: int
    previous_index: int
    previous_term: int
    entries: tuple[Entry, ...]
    commit: int


@value
class AppendReply:
    """The log matches the leader's up to `index`, durably; or, `rejected`, it does not match at the
    request's `previous_index`, which is then `index`, and `hint_index`, `hint_term` tell where it
    may: the last index of the sender's whose term is not larger than the request's.
    """

    sender: str
    to: str
    term: int
    index: int
    rejected: bool = False
    hint_index: int = 0
    hint_term: int = 0


@value
class Heartbeat:
    """The leader lives. `commit` is capped at what is known to match. `round` grows with every
    round of a term and is not used twice: its answer confirms reads asked for before it was sent.
    Round 0 is none: it tells of the commit, and is not answered.
    """

    sender: str
    to: str
    term: int
    commit: int
    round: int


@value
class HeartbeatReply:
    """The sender takes the receiver for its leader, at the time of that round. With round 0 it only
    tells the term.
    """

    sender: str
    to: str
    term: int
    round: int


@value
class SnapshotChunk:
    """`data` is the snapshot's bytes from `offset` on; they reach its end when they do."""

    sender: str
    to: str
    term: int
    meta: SnapshotMeta
    offset: int
    data: bytes | memoryview


@value
class SnapshotReply:
    """The sender has the snapshot up to `offset`; with `gap` it got something behind that, so that
    what begins there must have been lost; with `installed` it is at or past the snapshot.
    """

    sender: str
    to: str
    term: int
    index: int
    offset: int
    installed: bool = False
    gap: bool = False


@value
class TimeoutNow:
    """The leader wants the receiver to be elected, at once."""

    sender: str
    to: str
    term: int


@value
class ProposalRequest:
    """Proposals of another member, as (request, data). Requests are numbers of the sender's that it
    never uses twice, also after a restart.
    """

    sender: str
    to: str
    term: int
    proposals: tuple[tuple[int, bytes], ...]


@value
class ProposalReply:
    """Where proposals have got in the log, as (request, index, entry term), or that they were
    refused, as (request, reason).
    """

    sender: str
    to: str
    term: int
    placed: tuple[tuple[int, int, int], ...] = ()
    refused: tuple[tuple[int, str], ...] = ()


@value
class ReadRequest:
    """A follower asks for an index that its reads may be answered at."""

    sender: str
    to: str
    term: int
    request: int


@value
class ReadReply:
    """The index for a follower's request; None: refused, for the reason."""

    sender: str
    to: str
    term: int
    request: int
    index: int | None
    reason: str = ""


Message: TypeAlias = (
    VoteRequest
    | VoteReply
    | AppendRequest
    | AppendReply
    | Heartbeat
    | HeartbeatReply
    | SnapshotChunk
    | SnapshotReply
    | TimeoutNow
    | ProposalRequest
    | ProposalReply
    | ReadRequest
    | ReadReply
)
