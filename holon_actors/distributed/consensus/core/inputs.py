"""What the core is told, besides the messages of other members.

`request` numbers are chosen by the shell and never used twice, also after a restart; each gets
exactly one answer in the effects of this or a later step, unless the member stops before.
"""

from __future__ import annotations

from typing import TypeAlias

from holon_actors.distributed.consensus.core._value import value
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.messages import Message

__all__ = [
    "Applied",
    "Change",
    "ChunkStored",
    "Event",
    "Propose",
    "Read",
    "SnapshotReceived",
    "SnapshotRejected",
    "SnapshotTaken",
    "Stored",
    "Tick",
    "Transfer",
    "Unreachable",
]


@value
class Tick:
    """Time has passed: one unit of what the settings count in.

    With lease reads, ticks that were missed in a pause are told before the next read is asked for.
    """


@value
class Propose:
    """Commands to be put in the log, as (request, data), in this order. Any member takes them."""

    proposals: tuple[tuple[int, bytes], ...]


@value
class Read:
    """Asks for the index that has to be applied before a read can be answered here.

    With `lease` the leader's lease will do, where the settings allow it.
    """

    request: int
    lease: bool = False


@value
class Change:
    """Changes who takes part; only the leader does it. All of it happens as one.

    `add` are new voters with their addresses: they learn first and are promoted by themselves once
    they have caught up. `learn` are new learners that stay so. `promote` makes learners voters,
    `demote` voters learners.
    """

    request: int
    add: tuple[tuple[str, str], ...] = ()
    learn: tuple[tuple[str, str], ...] = ()
    promote: tuple[str, ...] = ()
    demote: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@value
class Transfer:
    """Asks the leader to make another member leader; None: whichever is furthest."""

    request: int
    target: str | None = None


@value
class Stored:
    """All records up to this number are durable."""

    number: int


@value
class Applied:
    """All committed entries up to this index are in the state machine."""

    index: int


@value
class SnapshotTaken:
    """The state machine's state at an applied index is durable in a file."""

    meta: SnapshotMeta


@value
class ChunkStored:
    """The snapshot that is being received is in its file up to `offset`."""

    meta: SnapshotMeta
    offset: int


@value
class SnapshotReceived:
    """The snapshot that was being received is whole, checked and durable in its file."""

    meta: SnapshotMeta


@value
class SnapshotRejected:
    """The snapshot that was being received is not what its meta says: it has to come anew."""

    meta: SnapshotMeta
    reason: str = ""


@value
class Unreachable:
    """The link to a member is broken: what was on it may be lost."""

    member: str


Event: TypeAlias = (
    Tick
    | Propose
    | Read
    | Change
    | Transfer
    | Stored
    | Applied
    | SnapshotTaken
    | ChunkStored
    | SnapshotReceived
    | SnapshotRejected
    | Unreachable
    | Message
)
