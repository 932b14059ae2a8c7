"""One snapshot's file: while it is written, and to be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from zlib import crc32

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.errors import SnapshotCorrupted
from holon_actors.storage import Disk, File

__all__ = ["PIECE", "PartialFile", "SnapshotReader"]

PIECE = 1 << 20
# No more bytes than that wait for the device: syncs of the log would wait for all of them.
_UNSYNCED_MAX = 4 << 20


class PartialFile:
    """A snapshot that is not whole yet, under a name that no record refers to."""

    def __init__(self, disk: Disk, name: str) -> None:
        self.size = 0
        self.checksum = 0
        self._disk = disk
        self._unsynced = 0
        self._settling = asyncio.Lock()
        self._closed = False
        self._file = disk.open(name, create=True)
        self._file.truncate(0)  # there may be one from before a crash

    def put(self, data: bytes | memoryview) -> None:
        """Add bytes to its end. Raises `StorageError`."""
        self._file.write(self.size, data)
        self.size += len(data)
        self.checksum = crc32(data, self.checksum)
        self._unsynced += len(data)

    async def settle(self) -> None:
        """Wait for the device if much waits for it already; so do those who come meanwhile.

        Raises `StorageError`.
        """
        async with self._settling:
            if self._unsynced >= _UNSYNCED_MAX and not self._closed:
                self._unsynced = 0
                await self._file.sync()

    async def finish(self, name: str) -> None:
        """It is whole: after this it survives a crash under that name. Raises `StorageError`."""
        await self._file.sync()
        self._disk.rename(self._file.name, name)
        await self._disk.sync_names()
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._closed = True
        self._file.close()

    def discard(self) -> None:
        """It will not be whole. Raises `StorageError`."""
        self.close()
        if self._disk.exists(self._file.name):
            self._disk.remove(self._file.name)


class SnapshotReader:
    """A whole snapshot."""

    def __init__(self, file: File, meta: SnapshotMeta) -> None:
        self.meta = meta
        self.wanted = True  # somebody reads it
        self._file = file
        if file.size != meta.size:
            found = file.size
            file.close()
            raise SnapshotCorrupted(file.name, f"{found} bytes instead of {meta.size}")

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes; fewer only at its end. Raises `StorageError`."""
        return self._file.read(offset, size)

    async def read_all(self) -> bytes:
        """All of it, checked. Raises `SnapshotCorrupted` and `StorageError`."""
        pieces: list[bytes] = []
        await self._pass(pieces.append)
        return b"".join(pieces)

    async def check(self) -> None:
        """Raises `SnapshotCorrupted` if it is not what its meta says, and `StorageError`."""
        await self._pass(lambda _: None)

    async def _pass(self, take: Callable[[bytes], None]) -> None:
        checksum = 0
        for offset in range(0, self.meta.size, PIECE):
            piece = self._file.read(offset, PIECE)
            checksum = crc32(piece, checksum)
            take(piece)
            await asyncio.sleep(0)
        if checksum != self.meta.checksum:
            raise SnapshotCorrupted(self._file.name, "it does not match its checksum")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
