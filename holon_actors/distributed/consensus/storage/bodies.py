"""What is in the payload of each kind of record. Plain code.

A body that its checksum holds to be right but that makes no sense raises one of `NONSENSE`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple, cast

import msgpack

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import SnapshotMeta

__all__ = [
    "NONSENSE",
    "Body",
    "Opening",
    "Standing",
    "body_of",
    "decode_body",
    "decode_opening",
    "encode_body",
    "encode_opening",
]

# group, term, commit, truncate_from, compacted index and term, first, last,
# sizes of entries, snapshot and vote, flags
_FIXED = struct.Struct("<IQQQQQQQIIHB")
NONSENSE = (ValueError, TypeError, LookupError, struct.error, msgpack.UnpackException)

_VOTED = 1
_RESET = 2


class Body(NamedTuple):
    """A `Record` of the core, or with kind COPY only its entries, without what they say."""

    group: int
    term: int
    vote: str | None
    commit: int
    truncate_from: int  # 0: nothing is void
    snapshot: SnapshotMeta | None
    reset: bool
    compacted_index: int
    compacted_term: int
    first: int  # of the entries; 0: there are none
    last: int


class Standing(NamedTuple):
    """All of a group but its entries."""

    number: int
    name: str
    term: int
    vote: str | None
    commit: int
    compacted_index: int
    compacted_term: int
    last_index: int
    snapshot: SnapshotMeta | None


class Opening(NamedTuple):
    """What a segment begins with: with the entries from `head` on, all that there is to know."""

    owner: str
    head: int  # the first segment that is still needed
    head_number: int  # of that segment's opening
    groups_made: int
    groups: tuple[Standing, ...]


# Half the time that calling the class takes.
_body = cast("Callable[[Iterable[object]], Body]", partial(tuple.__new__, Body))


def body_of(group: int, record: Record) -> Body:
    """A record as it is stored."""
    entries = record.entries
    return Body(
        group,
        record.term,
        record.vote,
        record.commit,
        record.truncate_from or 0,
        record.snapshot,
        record.reset,
        record.compacted_index,
        record.compacted_term,
        entries[0][0] if entries else 0,
        entries[-1][0] if entries else 0,
    )


def encode_body(body: Body, entries: bytes) -> tuple[bytes, ...]:
    """The parts of a payload."""
    vote = b"" if body.vote is None else body.vote.encode()
    snapshot = b"" if body.snapshot is None else msgpack.packb(_meta_values(body.snapshot))
    fixed = _FIXED.pack(
        body.group,
        body.term,
        body.commit,
        body.truncate_from,
        body.compacted_index,
        body.compacted_term,
        body.first,
        body.last,
        len(entries),
        len(snapshot),
        len(vote),
        (body.vote is not None and _VOTED) | (body.reset and _RESET),
    )
    return (fixed, vote, snapshot, entries)


def decode_body(payload: bytes) -> tuple[Body, bytes]:
    """A body, and its entries as they were packed. The payload may be longer."""
    (group, term, commit, truncate_from, compacted_index, compacted_term, first, last,
     entries_size, snapshot_size, vote_size, flags) = _FIXED.unpack_from(payload)  # fmt: skip
    at = _FIXED.size
    vote = snapshot = None
    if flags & _VOTED:
        vote = payload[at : at + vote_size].decode()
        at += vote_size
    if snapshot_size:
        snapshot = _meta(msgpack.unpackb(payload[at : at + snapshot_size]))
        at += snapshot_size
    reset = flags & _RESET != 0
    body = _body((group, term, vote, commit, truncate_from, snapshot, reset,
                  compacted_index, compacted_term, first, last))  # fmt: skip
    return body, payload[at : at + entries_size]


def encode_opening(opening: Opening) -> bytes:
    """The payload of a segment's first record."""
    groups = [
        [*group[:-1], None if group.snapshot is None else _meta_values(group.snapshot)]
        for group in opening.groups
    ]
    return msgpack.packb([*opening[:-1], groups])  # type: ignore[no-any-return]


def decode_opening(payload: bytes) -> Opening:
    """What was encoded. The payload may be longer."""
    unpacker = msgpack.Unpacker(max_buffer_size=0)
    unpacker.feed(payload)
    owner, head, head_number, groups_made, groups = unpacker.unpack()
    return Opening(owner, head, head_number, groups_made, tuple(map(_standing, groups)))


def _standing(values: Any) -> Standing:
    *state, meta = values
    return Standing._make((*state, None if meta is None else _meta(meta)))


def _meta_values(meta: SnapshotMeta) -> list[Any]:
    return [meta.index, meta.term, meta.configuration.encode(), meta.size, meta.checksum]


def _meta(values: Any) -> SnapshotMeta:
    index, term, configuration, size, checksum = values
    return SnapshotMeta(index, term, Configuration.decode(configuration), size, checksum)
