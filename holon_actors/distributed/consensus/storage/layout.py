"""How records lie in a segment's bytes. Plain code.

A segment begins with a preamble of 32 bytes: a word that says what the file is, the format's
version, the segment's number and a checksum. Records follow, each at a multiple of 32:

    checksum of the header, size, checksum of the rest, number, synced, blanks, kind, 0xA7
    payload, zeros up to the end mark, end mark of four bytes

`number` is one more than that of the record before, across segments. `synced` is the last record
that was known to be durable when this one was written: damage up to there was done to what was
durable, and behind it may be what a crash leaves of a write.

A crash leaves of a write a part, and in the place of the others the zeros that were there before.
No header and no record ends in a zero, and `blanks` counts the sectors of a record that are blank
by nature: so a record that is damaged but not torn is told apart even if it is the last one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple
from zlib import crc32

__all__ = [
    "GRAIN",
    "HEADER",
    "MARK",
    "VERSION",
    "Header",
    "Kind",
    "encode_preamble",
    "encode_record",
    "read_fields",
    "read_header",
    "read_preamble",
    "record_size",
    "torn",
]

VERSION = 1
GRAIN = 32
HEADER = 32

_WORD = b"HOLON RAFT LOG\n"
_PREAMBLE = struct.Struct("<15sIQ")
_CHECKSUM = struct.Struct("<I")
_FIELDS = struct.Struct("<IIQQHBB")  # without the checksum before them
_HEADER = struct.Struct("<IIIQQHBB")
MARK = 0xA7
_END = b"\xa5\x5a\xa5\x5a"
_SECTOR = 512
_BLANK = bytes(_SECTOR)
_BLANKS_MAX = 0xFFFF  # and more


class Kind(IntEnum):
    """What a record is about."""

    OPENING = 1  # the first of a segment: whose log it is, and the state of all groups
    GROUP = 2  # a group's number and name
    RECORD = 3  # of one group
    COPY = 4  # entries of one group that were in a segment that is to go
    MARK = 5  # nothing: only that all before is durable


class Header(NamedTuple):
    """What is known of a record before its payload is read."""

    own: int  # checksum of what follows of the header
    size: int  # of the whole record
    checksum: int  # of the rest of the record
    number: int
    synced: int
    blanks: int
    kind: int
    mark: int


def encode_preamble(segment: int) -> bytes:
    """The first bytes of a segment's file."""
    preamble = _PREAMBLE.pack(_WORD, VERSION, segment)
    return preamble + _CHECKSUM.pack(crc32(preamble)) + bytes([MARK])


def read_preamble(data: bytes) -> tuple[int, int] | None:
    """Version and segment number; None: these bytes are no preamble."""
    preamble = data[: _PREAMBLE.size]
    if data[_PREAMBLE.size : HEADER] != _CHECKSUM.pack(crc32(preamble)) + bytes([MARK]):
        return None
    word, version, segment = _PREAMBLE.unpack(preamble)
    return (version, segment) if word == _WORD else None


def record_size(payload: int) -> int:
    """Bytes that a record with so many bytes of payload takes."""
    return -(-(HEADER + payload + len(_END)) // GRAIN) * GRAIN


def encode_record(
    kind: Kind, number: int, synced: int, parts: Sequence[bytes], segment: int, offset: int
) -> bytes:
    """A record for that place."""
    payload = sum(map(len, parts))
    size = record_size(payload)
    tail = bytes(size - HEADER - payload - len(_END)) + _END
    checksum = 0
    for part in parts:
        checksum = crc32(part, checksum)
    checksum = crc32(tail, checksum)
    body = b"".join((*parts, tail))
    blanks = min(_blank_sectors(body, offset + HEADER), _BLANKS_MAX)
    fields = _FIELDS.pack(size, checksum, number, synced, blanks, kind, MARK)
    return _CHECKSUM.pack(crc32(fields, segment)) + fields + body


def read_fields(data: bytes, offset: int, segment: int) -> tuple[int, ...] | None:
    """Those of the header at an offset; None: there is none, or it is damaged."""
    if offset + HEADER > len(data):
        return None
    fields = _HEADER.unpack_from(data, offset)
    if (
        fields[7] != MARK
        or fields[1] % GRAIN
        or fields[0] != crc32(data[offset + 4 : offset + HEADER], segment)
    ):
        return None
    return fields


def read_header(data: bytes, offset: int, segment: int) -> Header | None:
    """The header at an offset; None as above."""
    fields = read_fields(data, offset, segment)
    return None if fields is None else Header._make(fields)


def torn(data: bytes, offset: int, header: Header | None) -> bool:
    """Whether a bad record may be what a crash left of a write that was never durable."""
    end = offset + (HEADER if header is None else header.size)
    if len(data) < end or data[end - 1] == 0:
        return True
    if header is None:
        return False
    if header.blanks == _BLANKS_MAX:
        return True
    return _blank_sectors(data[offset + HEADER : end], offset + HEADER) > header.blanks


def _blank_sectors(data: bytes, offset: int) -> int:
    """How many whole sectors, as they lie on the disk, are blank."""
    if _BLANK not in data:
        return 0
    first = -offset % _SECTOR
    return sum(
        data[at : at + _SECTOR] == _BLANK for at in range(first, len(data) - _SECTOR + 1, _SECTOR)
    )
