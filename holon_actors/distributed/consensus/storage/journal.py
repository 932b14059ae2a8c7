"""Writes records to the segments, and makes them durable. Knows of groups only what an opening says
of them.

Records are written over zeros that were written before: a sync then has nothing to do but write
them, while for a file that grows the file system has its own journal to write as well.

Whoever waits for a sync shares it with all who wait at the same time: `File.sync` sees to that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holon_actors.distributed.consensus.storage.bodies import Opening, encode_opening
from holon_actors.distributed.consensus.storage.errors import StoreBroken
from holon_actors.distributed.consensus.storage.layout import (
    Kind,
    encode_preamble,
    encode_record,
    record_size,
)
from holon_actors.distributed.consensus.storage.segments import segment_name
from holon_actors.distributed.consensus.storage.settings import StoreSettings
from holon_actors.storage import Disk, File, StorageClosed, StorageError

__all__ = ["Journal", "Segment"]


@dataclass(eq=False)
class Segment:
    """An open file of the log."""

    file: File
    number: int
    first: int  # the record that it begins with
    end: int = 0  # where the next record goes
    opened: int = 0  # where those behind the opening begin
    filled: int = 0  # up to where there are zeros to be written over


class Journal:
    """The log as bytes.

    Invariant: synced <= written. `opening` tells what a segment that begins now has to begin with,
    given its number and that of its first record.
    """

    def __init__(
        self, disk: Disk, settings: StoreSettings, opening: Callable[[int, int], Opening]
    ) -> None:
        self.written = 0  # the last record
        self.synced = 0  # the last one that is durable
        self.bytes_written = 0  # since it was opened
        self.segments: deque[Segment] = deque()
        self.broken: str | None = None  # why
        self._disk = disk
        self._settings = settings
        self._opening = opening
        self._unsynced: list[Segment] = []  # that may have records that are not durable
        self._names = self._names_synced = 0  # how many segments were made
        self._later: deque[tuple[int, Callable[[], None]]] = deque()

    @property
    def segment(self) -> int:
        """The number of the segment that the last record is in."""
        return self.segments[-1].number

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return sum(segment.end for segment in self.segments)

    def resume(self, segments: list[Segment], written: int) -> None:
        """Go on behind segments that are there and durable."""
        self.segments.extend(segments)
        self._unsynced = [self.segments[-1]]
        self.written = self.synced = written

    def write(self, kind: Kind, parts: Sequence[bytes]) -> int:
        """Put a record at the end; the number of the segment it is in. Raises `StoreBroken`."""
        self.check()
        segment = self.segments[-1]
        size = record_size(sum(map(len, parts)))
        if segment.end - segment.opened + size > self._settings.segment_bytes:
            segment = self.roll(segment.number + 1)
        number = self.written + 1
        data = encode_record(kind, number, self.synced, parts, segment.number, segment.end)
        self._put(segment, data)
        return segment.number

    def roll(self, number: int) -> Segment:
        """Begin a segment. Raises `StoreBroken`."""
        if self.segments and self.segments[-1].first == self.written:
            return self.segments[-1]  # there is only the opening in it: one record is that large
        if self.segments:
            self.trim()
        try:
            file = self._disk.open(segment_name(number), create=True)
        except StorageError as error:
            raise self.fail(error) from error
        segment = Segment(file, number, self.written + 1)
        self.segments.append(segment)
        self._unsynced.append(segment)
        self._names += 1
        opening = self._opening(number, segment.first)
        self._put(segment, self._beginning(segment, opening))
        segment.opened = segment.end
        self.when_synced(lambda: self.drop(opening.head))
        return segment

    def trim(self) -> None:
        """Nothing more is written to the last segment: let go of what was filled ahead.

        Raises `StoreBroken`.
        """
        last = self.segments[-1]
        if last.filled > last.end:
            try:
                last.file.truncate(last.end)
            except StorageError as error:
                raise self.fail(error) from error
            last.filled = last.end

    def when_synced(self, action: Callable[[], None]) -> None:
        """Do it once all that is written by now is durable."""
        self._later.append((self.written, action))

    async def sync(self) -> None:
        """Wait until all that is written by now is durable. Raises `StoreBroken`."""
        self.check()
        written, names = self.written, self._names
        if written == self.synced:
            return
        try:
            for segment in tuple(self._unsynced):
                await self._sync_segment(segment)
            if names > self._names_synced:
                await self._disk.sync_names()
        except StorageError as error:
            raise self.fail(error) from error
        self.check()
        self._names_synced = max(self._names_synced, names)
        self._now_synced(max(self.synced, written))

    def drop(self, head: int) -> None:
        """Remove the segments before that one, which are not needed any more.

        Raises `StorageError`.
        """
        while self.segments[0].number < head:
            segment = self.segments.popleft()
            segment.file.close()
            self._disk.remove(segment.file.name)

    def close(self) -> None:
        """Let go of the files. Does not sync."""
        for segment in self.segments:
            segment.file.close()
        self.broken = self.broken or "it is closed"

    def check(self) -> None:
        """Raises `StoreBroken` if anything has failed before."""
        if self.broken is not None:
            raise StoreBroken(self.broken)

    async def _sync_segment(self, segment: Segment) -> None:
        try:
            if segment in self._unsynced:  # others may have synced it while we waited
                await segment.file.sync()
        except StorageClosed:
            self.check()
            if segment in self._unsynced:
                raise
            # Others have synced it, and it is gone.

    def _beginning(self, segment: Segment, opening: Opening) -> bytes:
        preamble = encode_preamble(segment.number)
        parts = [encode_opening(opening)]
        return preamble + encode_record(
            Kind.OPENING, segment.first, self.synced, parts, segment.number, len(preamble)
        )

    def _put(self, segment: Segment, data: bytes) -> None:
        end = segment.end + len(data)
        fill = b""
        if end > segment.filled:
            room = segment.opened + self._settings.segment_bytes - end
            fill = bytes(max(0, min(room, self._settings.fill_bytes)))
        try:
            segment.file.write(segment.end, data + fill)
        except StorageError as error:
            raise self.fail(error) from error
        segment.end = end
        segment.filled = max(segment.filled, end + len(fill))
        self.bytes_written += len(data)
        self.written += 1

    def _now_synced(self, number: int) -> None:
        self.synced = number
        current = self.segments[-1]
        self._unsynced = [s for s in self._unsynced if s is current or self._last_of(s) > number]
        try:
            while self._later and self._later[0][0] <= number:
                self._later.popleft()[1]()
        except StorageError as error:
            raise self.fail(error) from error

    def _last_of(self, segment: Segment) -> int:
        behind = [s.first for s in self.segments if s.first > segment.first]
        return min(behind, default=self.written + 1) - 1

    def fail(self, error: Exception) -> StoreBroken:
        """The error for who asked; nothing is written any more."""
        self.broken = self.broken or str(error)
        return StoreBroken(self.broken)
