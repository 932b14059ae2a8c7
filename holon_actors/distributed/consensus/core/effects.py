"""What a step of the core asks of its shell: one immutable value.

The shell carries it out in any order, with these rules. Records are stored in the order of their
numbers, and `Stored` is told only once they would survive a crash. Messages can go at once: those
that promise something durable are held back by the core until it is. Committed entries are applied
in order. An error of the disk stops the member.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from holon_actors.distributed.consensus.core._value import value
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.core.messages import Message
from holon_actors.distributed.consensus.core.roles import Role

__all__ = [
    "NOTHING",
    "Answer",
    "ChunkToSend",
    "ChunkToStore",
    "Done",
    "Effects",
    "Leadership",
    "Placed",
    "ReadAt",
    "Record",
    "Recovered",
    "Refused",
    "RefusedMessage",
]


@value
class Record:
    """What is to be durable, as one: after a crash there is all of it or nothing.

    In this order: with `snapshot` and `reset`, the log is replaced by that snapshot; with
    `snapshot` alone, entries up to `compacted_index` are no longer needed; entries from
    `truncate_from` on are void; `entries` follow on what is then there. `commit` is a hint: it is
    never the only thing that is new.
    """

    number: int  # one more than the last one's, from 1 on at every start
    term: int
    vote: str | None
    commit: int
    entries: tuple[Entry, ...] = ()
    truncate_from: int | None = None
    snapshot: SnapshotMeta | None = None
    compacted_index: int = 0
    compacted_term: int = 0
    reset: bool = False


@value
class Recovered:
    """What a member finds on its disk when it starts.

    `entries` follow on `compacted_index`, which is at most the snapshot's: some entries that the
    snapshot holds as well are kept for members that are a little behind.
    """

    term: int
    vote: str | None
    commit: int
    snapshot: SnapshotMeta
    compacted_index: int
    compacted_term: int
    entries: tuple[Entry, ...] = ()


@value
class ChunkToSend:
    """Read up to `size` bytes from `offset` on of this snapshot's file and send them as a
    `SnapshotChunk` of this term.
    """

    to: str
    term: int
    meta: SnapshotMeta
    offset: int
    size: int


@value
class ChunkToStore:
    """Put data in the file of the snapshot that is being received; at offset 0 it begins anew. Then
    tell `ChunkStored`; at its end check and sync it and tell `SnapshotReceived` or
    `SnapshotRejected` instead.
    """

    meta: SnapshotMeta
    offset: int
    data: bytes | memoryview


@value
class Placed:
    """A proposal is in the leader's log there. It has happened once the entry that is committed at
    `index` is of `term`, and never will by this proposal if it is of another.
    """

    request: int
    index: int
    term: int


@value
class ReadAt:
    """A read may be answered by the state machine here once `index` is applied."""

    request: int
    index: int


@value
class Done:
    """A change of members is committed and over, or a transfer has led to another leader."""

    request: int


@value
class Refused:
    """A request has come to nothing, and had no effect. With `unknown` it may have one still.

    `reason` is a word of `core/reasons.py`, `detail` the member that it is about. Only when new
    voters have not caught up is something left: they are members, as learners.
    """

    request: int
    reason: str
    detail: str = ""
    unknown: bool = False


Answer: TypeAlias = Placed | ReadAt | Done | Refused


@value
class Leadership:
    """What this member takes itself and its leader for, when that has changed."""

    role: Role
    term: int
    leader: str | None


@value
class RefusedMessage:
    """A message that no correct member of this group would have sent, and which changed nothing."""

    message: Message
    reason: str


@value
class Effects:
    """All that one step came to; empty fields ask for nothing."""

    record: Record | None = None
    messages: tuple[Message, ...] = ()
    chunks: tuple[ChunkToSend, ...] = ()
    committed: tuple[Entry, ...] = ()
    answers: tuple[Answer, ...] = ()
    to_store: ChunkToStore | None = None
    restore: SnapshotMeta | None = None  # the state machine's state is now this snapshot's
    leadership: Leadership | None = None
    configuration: Configuration | None = None  # the one that now counts, when it has changed
    refused: tuple[RefusedMessage, ...] = ()


NOTHING: Final = Effects()  # what most steps come to: always this one
