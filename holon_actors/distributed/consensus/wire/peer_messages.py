"""What members say to each other, as values that travel.

Each message of the core becomes one `PeerMessage`: the group, the kind and the fields. Entries go
as one blob, which is packed once for all followers and for the log. Nothing that comes in is
trusted: `decode` checks every field, and raises `MalformedMessage` for what no member would send.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from holon_actors.actors.message import message
from holon_actors.distributed.consensus.core import messages as core
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.core.messages import Message
from holon_actors.distributed.consensus.wire.packing import (
    MalformedEntries,
    pack_entries,
    unpack_entries,
)
from holon_actors.errors import HolonError

__all__ = ["Blobs", "MalformedMessage", "PeerMessage", "decode", "encode"]

_INT64 = range(2**63)
_NAME_CHARS = 255
_TEXT_CHARS = 1_000


class MalformedMessage(HolonError, ValueError):
    """A message that no member of this version would have sent: drop it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no message of a member: {reason}")
        self.reason = reason


@message(name="holon.raft.PeerMessage")
class PeerMessage:
    """A message of the core to another member of `group`; `kind` says which, by its number."""

    group: str
    kind: int
    fields: list[Any]


class Blobs:
    """Entries as bytes, packed once though they go to several members and to the log.

    In the Raft of one group an index and a term name an entry and all before it, so where a run
    begins and ends says what is in it.
    """

    __slots__ = ("_blobs",)

    _KEPT = 4

    def __init__(self) -> None:
        self._blobs: dict[tuple[int, int, int], bytes] = {}

    def of(self, entries: tuple[Entry, ...]) -> bytes:
        """The blob of entries that follow on each other."""
        if not entries:
            return b""
        key = (entries[0].index, entries[-1].index, entries[-1].term)
        blob = self._blobs.get(key)
        if blob is None:
            blob = pack_entries(entries)
            self.keep(entries, blob)
        return blob

    def keep(self, entries: tuple[Entry, ...], blob: bytes) -> None:
        """These entries came as these bytes."""
        if entries:
            self._blobs[entries[0].index, entries[-1].index, entries[-1].term] = blob
            if len(self._blobs) > self._KEPT:
                del self._blobs[next(iter(self._blobs))]


def encode(group: str, sent: Message, blobs: Blobs) -> PeerMessage:
    """A message of the core, to be told to its receiver."""
    kind, names, to_wire = _ENCODERS[type(sent)]
    fields = [getattr(sent, name) for name in names]
    for position, pack in to_wire:
        fields[position] = pack(fields[position], blobs)
    return PeerMessage(group, kind, fields)


def decode(received: PeerMessage, blobs: Blobs) -> Message:
    """The message of the core. Raises `MalformedMessage`."""
    kind, fields = received.kind, received.fields
    if type(kind) is not int or not 0 <= kind < len(_DECODERS):
        raise MalformedMessage(f"kind {kind!r:.40}")
    cls, readers = _DECODERS[kind]
    if type(fields) is not list or len(fields) != len(readers):
        raise MalformedMessage(f"{cls.__name__} with other fields")
    try:
        values = [read(field, blobs) for read, field in zip(readers, fields, strict=True)]
    except (ValueError, TypeError) as error:
        raise MalformedMessage(f"{cls.__name__}: {error}") from error
    made: Message = cls(*values)
    return made


# --- fields ---


def _int(value: Any, blobs: Blobs) -> int:
    if type(value) is not int or value not in _INT64:
        raise ValueError(f"{value!r:.40} is no number")
    return value


def _bool(value: Any, blobs: Blobs) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{value!r:.40} is neither true nor false")
    return value


def _text(value: Any, blobs: Blobs) -> str:
    if type(value) is not str or len(value) > _TEXT_CHARS:
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _name(value: Any, blobs: Blobs) -> str:
    if type(value) is not str or not 0 < len(value) <= _NAME_CHARS:
        raise ValueError(f"{value!r:.40} is no name of a member")
    return value


def _index_or_none(value: Any, blobs: Blobs) -> int | None:
    return None if value is None else _int(value, blobs)


def _data(value: Any, blobs: Blobs) -> bytes:
    # Large ones come as buffers of their own.
    if not isinstance(value, bytes | bytearray | memoryview):
        raise ValueError(f"{value!r:.40} is no data")
    return bytes(value)


def _chunk_out(data: bytes | memoryview, blobs: Blobs) -> memoryview:
    return memoryview(data)  # as that it is not copied where it comes in


def _chunk(value: Any, blobs: Blobs) -> memoryview:
    if type(value) is not memoryview:
        raise ValueError(f"{value!r:.40} is no part of a snapshot")
    return value


def _entries_out(entries: tuple[Entry, ...], blobs: Blobs) -> bytes:
    return blobs.of(entries)


def _entries(value: Any, blobs: Blobs) -> tuple[Entry, ...]:
    blob = _data(value, blobs)
    if not blob:
        return ()
    try:
        entries = unpack_entries(blob)
    except MalformedEntries as error:
        raise ValueError(str(error)) from error
    blobs.keep(entries, blob)
    return entries


def _meta_out(meta: SnapshotMeta, blobs: Blobs) -> list[Any]:
    return [meta.index, meta.term, meta.configuration.encode(), meta.size, meta.checksum]


def _meta(value: Any, blobs: Blobs) -> SnapshotMeta:
    index, term, configuration, size, checksum = value
    return SnapshotMeta(
        _int(index, blobs),
        _int(term, blobs),
        Configuration.decode(_data(configuration, blobs)),
        _int(size, blobs),
        _int(checksum, blobs),
    )


def _tuples_out(value: tuple[tuple[Any, ...], ...], blobs: Blobs) -> list[Any]:
    return [part for item in value for part in item]


def _tuples(*kinds: Callable[[Any, Blobs], Any]) -> Callable[[Any, Blobs], tuple[Any, ...]]:
    width = len(kinds)

    def read(value: Any, blobs: Blobs) -> tuple[Any, ...]:
        if type(value) is not list or len(value) % width:
            raise ValueError(f"{value!r:.40} is no list of {width}s")
        columns = [[kind(item, blobs) for item in value[i::width]] for i, kind in enumerate(kinds)]
        return tuple(zip(*columns, strict=True))

    return read


# --- kinds: their order is what their numbers are, so new ones go at the end ---

_KINDS: tuple[type[Any], ...] = (
    core.VoteRequest,
    core.VoteReply,
    core.AppendRequest,
    core.AppendReply,
    core.Heartbeat,
    core.HeartbeatReply,
    core.SnapshotChunk,
    core.SnapshotReply,
    core.TimeoutNow,
    core.ProposalRequest,
    core.ProposalReply,
    core.ReadRequest,
    core.ReadReply,
)
_READERS: dict[str, Callable[[Any, Blobs], Any]] = {
    "int": _int,
    "bool": _bool,
    "str": _text,
    "int | None": _index_or_none,
    "bytes": _data,
    "bytes | memoryview": _chunk,
    "SnapshotMeta": _meta,
    "tuple[Entry, ...]": _entries,
    "tuple[tuple[int, bytes], ...]": _tuples(_int, _data),
    "tuple[tuple[int, int, int], ...]": _tuples(_int, _int, _int),
    "tuple[tuple[int, str], ...]": _tuples(_int, _text),
}
_WRITERS: dict[str, Callable[[Any, Blobs], Any]] = {
    "bytes | memoryview": _chunk_out,
    "SnapshotMeta": _meta_out,
    "tuple[Entry, ...]": _entries_out,
    "tuple[tuple[int, bytes], ...]": _tuples_out,
    "tuple[tuple[int, int, int], ...]": _tuples_out,
    "tuple[tuple[int, str], ...]": _tuples_out,
}


def _reader(field: dataclasses.Field[Any]) -> Callable[[Any, Blobs], Any]:
    return _name if field.name in ("sender", "to") else _READERS[str(field.type)]


_DECODERS = [(cls, [_reader(field) for field in dataclasses.fields(cls)]) for cls in _KINDS]
_ENCODERS = {
    cls: (
        kind,
        [field.name for field in dataclasses.fields(cls)],
        [
            (position, _WRITERS[str(field.type)])
            for position, field in enumerate(dataclasses.fields(cls))
            if str(field.type) in _WRITERS
        ],
    )
    for kind, cls in enumerate(_KINDS)
}
