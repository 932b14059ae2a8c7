"""Reads the records of a segment's bytes, one after the other. Plain code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from holon_actors.distributed.consensus.storage.layout import (
    HEADER,
    MARK,
    read_fields,
    read_header,
    read_preamble,
    torn,
)

__all__ = ["Damage", "Walk", "offset_of", "synced_behind"]


@dataclass(frozen=True, slots=True)
class Damage:
    """What is at an offset is no record, though there is something at or behind it."""

    offset: int
    torn: bool  # as a crash may leave it
    reason: str


class Walk:
    """The good records of a segment, as kind and payload; a payload may have zeros behind it.

    At any time `offset` is where the last one ends, `number` that of the next, and `synced` the
    largest that was told of. When it is over, `damage` says what is there instead of a next one, if
    there is anything. With `number` 0 any first record will do.
    """

    def __init__(self, data: bytes, segment: int, number: int = 0) -> None:
        self.offset = HEADER
        self.number = number
        self.synced = 0
        self.damage: Damage | None = None
        self._data = data
        self._segment = segment

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        if not self._begins():
            return
        # A restart comes through here with a million records: hence the local names.
        data, segment, offset, due = self._data, self._segment, self.offset, self.number
        while (fields := read_fields(data, offset, segment)) is not None:
            _, size, checksum, number, synced, _, kind, _ = fields
            payload = data[offset + HEADER : offset + size]
            if len(payload) != size - HEADER or crc32(payload) != checksum:
                break
            if number != due and due:
                self._misplaced(number)
                return
            self.number = due = number + 1
            self.offset = offset = offset + size
            self.synced = synced
            yield kind, payload
        self._end()

    def _begins(self) -> bool:
        preamble = read_preamble(self._data)
        if preamble is not None and preamble[1] == self._segment:
            return True
        cut = len(self._data) < HEADER or self._data[HEADER - 1] == 0
        self.damage = Damage(0, cut, "it does not begin as a segment")
        return False

    def _misplaced(self, number: int) -> None:
        # Behind a segment that lost its end there may be one that did not.
        lost = self.offset == HEADER and number > self.number
        reason = f"record {number} in the place of {self.number}"
        self.damage = Damage(self.offset, lost, reason)

    def _end(self) -> None:
        data, offset = self._data, self.offset
        if data.count(0, offset) < len(data) - offset:
            part = torn(data, offset, read_header(data, offset, self._segment))
            reason = "a record is torn" if part else "a record does not match its checksum"
            self.damage = Damage(offset, part, reason)
        elif offset == HEADER:
            self.damage = Damage(HEADER, True, "there is no record")


def offset_of(data: bytes, segment: int, record: int) -> int:
    """Where the first record begins whose number is at least that, or where the last one ends."""
    offset = HEADER
    while (header := read_header(data, offset, segment)) is not None and header.number < record:
        offset += header.size
    return offset


def synced_behind(data: bytes, offset: int, segment: int) -> int:
    """The last record that any header behind the offset knows to be durable; 0 if there is none."""
    synced = 0
    marks = data[HEADER - 1 :: HEADER]  # the last byte of all that may be headers
    at = marks.find(MARK, offset // HEADER)
    while at >= 0:
        header = read_header(data, at * HEADER, segment)
        if header is not None:
            synced = max(synced, header.synced)
        at = marks.find(MARK, at + 1)
    return synced
