"""The snapshot files of one group.

A file is written under a name that means nothing, synced, renamed, and the new name synced: only
then may a record refer to it. The final name tells all of its contents, so that another snapshot
of the same index never takes the place of one that a record still refers to.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from contextlib import suppress

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.errors import SnapshotCorrupted
from holon_actors.distributed.consensus.storage.snapshot_file import (
    PIECE,
    PartialFile,
    SnapshotReader,
)
from holon_actors.storage import Disk, FileMissing, StorageError

__all__ = ["SnapshotWriter", "Snapshots", "is_snapshot"]

_NAME = re.compile(r"snapshot(-\d+){4}-[0-9a-f]{8}|partial-\d+-\d+")


class Snapshots:
    """Makes, receives, reads and removes them.

    A snapshot of size 0, as that of index 0 is, has no file. Verbs raise `StorageError` when the
    disk does not do them.
    """

    def __init__(self, disk: Disk, group: int) -> None:
        self._disk = disk
        self._group = group
        self._begun = 0
        self._receiving: tuple[SnapshotMeta, PartialFile] | None = None
        self._whole: dict[str, SnapshotMeta] = {}  # by name, those that are durable
        self._readers: dict[str, SnapshotReader] = {}

    def create(self, index: int, term: int) -> SnapshotWriter:
        """A new file for the state machine's state at an applied index."""
        return SnapshotWriter(self, self._partial(), index, term)

    async def save(
        self, index: int, term: int, configuration: Configuration, pieces: Iterable[bytes]
    ) -> SnapshotMeta:
        """Make one of these pieces; the meta for `SnapshotTaken`."""
        writer = self.create(index, term)
        try:
            for piece in pieces:
                await writer.write(piece)
            return await writer.finish(configuration)
        except BaseException:
            with suppress(StorageError):
                writer.discard()
            raise

    def open(self, meta: SnapshotMeta) -> SnapshotReader:
        """A whole one, to be read; it stays open until it is removed.

        Raises `FileMissing` when there is none, as when a newer one has taken its place, and
        `SnapshotCorrupted` when its size is wrong.
        """
        name = self.name(meta)
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = SnapshotReader(self._disk.open(name), meta)
        reader.wanted = True
        return reader

    async def load(self, meta: SnapshotMeta) -> bytes:
        """All of a whole one, checked. Raises as `open` does."""
        reader = SnapshotReader(self._disk.open(self.name(meta)), meta)
        try:
            return await reader.read_all()
        finally:
            reader.close()

    async def check(self, meta: SnapshotMeta) -> None:
        """Raises `SnapshotCorrupted` when it is not there, whole and right."""
        if not meta.size:
            return
        try:
            reader = SnapshotReader(self._disk.open(self.name(meta)), meta)
        except FileMissing as error:
            raise SnapshotCorrupted(self.name(meta), "the file is missing") from error
        try:
            await reader.check()
        finally:
            reader.close()
        self._whole[self.name(meta)] = meta

    def receive(self, meta: SnapshotMeta, offset: int, data: bytes | memoryview) -> int:
        """Add bytes to the one that is being received; how much of it is there now.

        At offset 0 it begins anew. Bytes that do not follow on what is there are not taken.
        Call `settle` before much more.
        """
        if offset == 0:
            self._begin(meta)
        if self._receiving is None or self._receiving[0] != meta:
            return 0
        file = self._receiving[1]
        if offset == file.size:
            file.put(data)
        return file.size

    async def settle(self) -> None:
        """Wait for the device if much of what is being received waits for it already."""
        if self._receiving is not None:
            await self._receiving[1].settle()

    async def accept(self, meta: SnapshotMeta) -> None:
        """The one that is being received is over: check it and keep it.

        Raises `SnapshotCorrupted`; it is then gone, and has to begin anew.
        """
        if self._receiving is None or self._receiving[0] != meta:
            raise SnapshotCorrupted(self.name(meta), "nothing of it has been received")
        file = self._receiving[1]
        if (file.size, file.checksum) != (meta.size, meta.checksum):
            self.discard()
            raise SnapshotCorrupted(self.name(meta), "it does not match its size and checksum")
        self._receiving = None
        await self._keep(file, meta)

    def discard(self) -> None:
        """Whatever is being received will not be whole."""
        if self._receiving is not None:
            self._receiving[1].discard()
            self._receiving = None

    def remove_before(self, meta: SnapshotMeta) -> None:
        """A durable record refers to this one: older ones can go.

        One that was opened since the last time stays until the next time: it is on its way to a
        member that would have to begin anew.
        """
        current = self.name(meta)
        for name, other in list(self._whole.items()):
            if name != current and other.index <= meta.index and not self._wanted(name):
                del self._whole[name]
                self._disk.remove(name)

    def holds(self, meta: SnapshotMeta) -> bool:
        """Whether a record may refer to it: it has no file, or the file is durable."""
        return not meta.size or self.name(meta) in self._whole

    def name(self, meta: SnapshotMeta) -> str:
        """Of its file."""
        return f"snapshot-{self._group}-{meta.index}-{meta.term}-{meta.size}-{meta.checksum:08x}"

    def close(self) -> None:
        """Let go of all files."""
        if self._receiving is not None:
            self._receiving[1].close()
            self._receiving = None
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()

    def _wanted(self, name: str) -> bool:
        reader = self._readers.get(name)
        if reader is None:
            return False
        if reader.wanted:
            reader.wanted = False
            return True
        del self._readers[name]
        reader.close()
        return False

    def _begin(self, meta: SnapshotMeta) -> None:
        self.discard()
        self._receiving = (meta, self._partial())

    def _partial(self) -> PartialFile:
        self._begun += 1
        return PartialFile(self._disk, f"partial-{self._group}-{self._begun}")

    async def _keep(self, file: PartialFile, meta: SnapshotMeta) -> None:
        await file.finish(self.name(meta))
        self._whole[self.name(meta)] = meta


class SnapshotWriter:
    """A snapshot that is being made."""

    def __init__(self, snapshots: Snapshots, file: PartialFile, index: int, term: int) -> None:
        self._snapshots = snapshots
        self._file = file
        self._index = index
        self._term = term

    async def write(self, data: bytes | memoryview) -> None:
        """Add bytes to its end. Raises `StorageError`."""
        view = memoryview(data)
        for at in range(0, len(view), PIECE):
            self._file.put(view[at : at + PIECE])
            await self._file.settle()
            await asyncio.sleep(0)

    async def finish(self, configuration: Configuration) -> SnapshotMeta:
        """It is whole and durable. Raises `StorageError`, and ValueError if it is empty."""
        if not self._file.size:
            raise ValueError("a snapshot without a byte")
        file = self._file
        meta = SnapshotMeta(self._index, self._term, configuration, file.size, file.checksum)
        await self._snapshots._keep(file, meta)
        return meta

    def discard(self) -> None:
        """It will not be whole. Raises `StorageError`."""
        self._file.discard()


def is_snapshot(name: str) -> bool:
    """Whether a file of that name is a snapshot, or was to be one."""
    return _NAME.fullmatch(name) is not None
