"""The files of the log: their names, and what the first bytes of one tell.

Plain code over a `Disk`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from holon_actors.distributed.consensus.storage.bodies import NONSENSE, Opening, decode_opening
from holon_actors.distributed.consensus.storage.errors import FolderMismatch, LogCorrupted
from holon_actors.distributed.consensus.storage.layout import (
    HEADER,
    VERSION,
    Header,
    read_header,
    read_preamble,
)
from holon_actors.distributed.consensus.storage.walk import Walk
from holon_actors.storage import Disk, File

__all__ = ["Peek", "peek", "read_records", "read_segment", "segment_name", "segment_numbers"]

_BLOCK = 256 << 10
_NAME = re.compile(r"log-(\d{10})")


class Peek(NamedTuple):
    """The first record of a segment, which says what the log was then."""

    number: int
    opening: Opening


def segment_name(segment: int) -> str:
    """Of its file."""
    return f"log-{segment:010}"


def segment_numbers(disk: Disk) -> list[int]:
    """Of all segments in a folder, in their order."""
    return sorted(int(match[1]) for match in map(_NAME.fullmatch, disk.names()) if match)


def read_segment(disk: Disk, segment: int) -> bytes:
    """All of its bytes."""
    file = disk.open(segment_name(segment))
    try:
        return file.read(0, file.size)
    finally:
        file.close()


def read_records(file: File, segment: int) -> Iterator[tuple[Header, bytes]]:
    """The records of a segment that is known to be whole, read in blocks.

    Raises `LogCorrupted` if it is whole no more.
    """
    offset, base, block = HEADER, 0, file.read(0, _BLOCK)
    while offset < file.size:
        if offset + HEADER > base + len(block):
            base, block = offset, file.read(offset, _BLOCK)
        header = read_header(block, offset - base, segment)
        if header is not None and offset + header.size > base + len(block):
            base, block = offset, file.read(offset, max(_BLOCK, header.size))
        start = offset - base
        payload = block[start + HEADER : start + (header.size if header else 0)]
        if header is None or crc32(payload) != header.checksum:
            raise LogCorrupted(file.name, offset, "a record has changed since it was written")
        yield header, payload
        offset += header.size


def peek(disk: Disk, segment: int, owner: str) -> Peek | None:
    """The first record; None when it is damaged. Raises `FolderMismatch`."""
    file = disk.open(segment_name(segment))
    try:
        head = file.read(0, 2 * HEADER)
        _check_version(file.name, head)
        header = read_header(head, HEADER, segment)
        data = b"" if header is None else head + file.read(2 * HEADER, header.size - HEADER)
    finally:
        file.close()
    walk = Walk(data, segment)
    for _, payload in walk:
        try:
            opening = decode_opening(payload)
        except NONSENSE:
            return None
        if opening.owner != owner:
            raise FolderMismatch(segment_name(segment), "member", opening.owner, owner)
        return Peek(walk.number - 1, opening)
    return None


def _check_version(name: str, head: bytes) -> None:
    preamble = read_preamble(head)
    if preamble is not None and preamble[0] != VERSION:
        raise FolderMismatch(name, "version", preamble[0], VERSION)
