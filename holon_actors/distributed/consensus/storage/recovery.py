"""What is durable of a log is found again. It reads, and decides; it changes nothing.

The newest segment says where the log begins. From there on every record has to be there and whole.
Where that ends there is either the end of the log, or what a crash has left of writes that were
never synced, which counts for nothing, or damage. The marks of what is behind tell: if any record
knew the first one that is bad to be durable, it is damage. So it is if the bad record has not the
shape of a torn one.

When what is behind does not count, neither does the newest segment: then the log begins where the
newest says that counts, and all is read again. That is rare.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from holon_actors.distributed.consensus.storage.bodies import NONSENSE
from holon_actors.distributed.consensus.storage.errors import LogCorrupted
from holon_actors.distributed.consensus.storage.layout import HEADER
from holon_actors.distributed.consensus.storage.pausing import collector_paused
from holon_actors.distributed.consensus.storage.replay import Replay
from holon_actors.distributed.consensus.storage.segments import (
    Peek,
    peek,
    read_segment,
    segment_name,
    segment_numbers,
)
from holon_actors.distributed.consensus.storage.walk import Damage, Walk, synced_behind
from holon_actors.storage import Disk

__all__ = ["Extent", "Found", "recover"]


class Extent(NamedTuple):
    """A segment that counts, at least its beginning."""

    segment: int
    first: int  # the number of its first record
    last: int  # and of its last that counts
    end: int  # where its records end


@dataclass
class Found:
    """A log as it counts. No segments: there is none."""

    replay: Replay = field(default_factory=Replay)
    segments: list[Extent] = field(default_factory=list)
    number: int = 1  # of the next record
    synced: int = 0  # the last record that is known to be durable
    useless: list[int] = field(default_factory=list)  # segments that can go


async def recover(disk: Disk, owner: str) -> Found:
    """Read the log of a folder. Raises `LogCorrupted`, `FolderMismatch` and `StorageError`."""
    segments = segment_numbers(disk)
    peeks = {segment: peek(disk, segment, owner) for segment in segments}
    for segment in reversed(segments):
        if peeks[segment] is not None:
            break
        _must_be_torn(disk, segment)
    last = segments[-1] if segments else 0
    while True:
        reading = Reading(disk, segments, peeks, last)
        found = await reading.run()
        if reading.last == last:
            kept = {extent.segment for extent in found.segments}
            found.useless = [segment for segment in segments if segment not in kept]
            return found
        last = reading.last


def _must_be_torn(disk: Disk, segment: int) -> None:
    """Raises `LogCorrupted` for a segment without a beginning that no crash has left."""
    walk = Walk(read_segment(disk, segment), segment)
    for _ in walk:
        return
    assert walk.damage is not None
    if not walk.damage.torn:
        raise LogCorrupted(segment_name(segment), walk.damage.offset, walk.damage.reason)


class Reading:
    """Reads the log as the newest segment up to `last` tells of it."""

    def __init__(
        self, disk: Disk, segments: list[int], peeks: dict[int, Peek | None], last: int
    ) -> None:
        self.last = last  # when it is over: the newest that counts
        self._disk = disk
        self._segments = segments
        self._found = Found()
        newest = max((s for s in segments if s <= last and peeks[s] is not None), default=None)
        told = None if newest is None else peeks[newest]
        self._head = segments[0] if segments else 0
        if told is not None:
            self._head, self._found.number = told.opening.head, told.opening.head_number

    async def run(self) -> Found:
        """The log. Raises as `recover` does."""
        for segment in range(self._head, self.last + 1 if self.last else 0):
            if not self._take(segment):
                self.last = self._last_before(segment)
                break
            await asyncio.sleep(0)  # reading one takes a while
        return self._found

    def _last_before(self, broken: int) -> int:
        if self._found.segments:
            return self._found.segments[-1].segment
        return max((s for s in self._segments if s < broken), default=0)

    def _take(self, segment: int) -> bool:
        """Whether all of a segment counts, to its end."""
        if segment not in self._segments:
            self._judge(segment, b"", Damage(0, True, "the file is missing"))
            return False
        data = read_segment(self._disk, segment)
        first = self._found.number
        walk = Walk(data, segment, first)
        with collector_paused():
            self._replay(walk, segment)
        if walk.offset > HEADER:
            self._found.segments.append(Extent(segment, first, walk.number - 1, walk.offset))
            self._found.number, self._found.synced = walk.number, walk.synced
        if walk.damage is not None:
            self._judge(segment, data, walk.damage)
            return False
        return True

    def _replay(self, walk: Walk, segment: int) -> None:
        take = self._found.replay.take
        try:
            for kind, payload in walk:
                take(kind, payload, segment)
        except NONSENSE as error:
            reason = f"record {walk.number - 1}, which ends there, makes no sense: {error}"
            raise LogCorrupted(segment_name(segment), walk.offset, reason) from error

    def _judge(self, segment: int, data: bytes, damage: Damage) -> None:
        """Raises `LogCorrupted` if the damage is to what was durable."""
        name, number = segment_name(segment), self._found.number
        synced = synced_behind(data, damage.offset, segment)
        for later in self._segments:
            if later > segment:
                synced = max(synced, synced_behind(read_segment(self._disk, later), 0, later))
        if synced >= number:
            reason = f"{damage.reason}, and record {number} was durable"
            raise LogCorrupted(name, damage.offset, reason)
        if not damage.torn:
            raise LogCorrupted(name, damage.offset, damage.reason)
