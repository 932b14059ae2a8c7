"""What a journal needs of a disk, and what it may rely on.

Three rules, of which the second and the third are the ones that programs forget:

1. What was written is read back at once, but survives a crash only after `await file.sync()`.
2. That a file exists, has gone or has another name survives only after `await disk.sync_names()`;
   syncing the file does not do it.
3. Without a sync, any part of what changed may survive: later changes without earlier ones, and the
   beginning of a write without its end.

Verbs that the system's cache answers are plain calls; those that wait for the device are async.
All are made on the event loop's thread. The twin for simulations is `holon_actors.testing.SimDisk`.
"""

from __future__ import annotations

import re
from typing import Protocol, TypeAlias

from holon_actors.storage.errors import InvalidFileName

__all__ = ["Disk", "File"]

Buffer: TypeAlias = bytes | bytearray | memoryview

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


class File(Protocol):
    """An open file. All verbs raise `StorageError`, and `StorageClosed` after `close`."""

    @property
    def name(self) -> str:
        """What it was opened as."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from `offset` on; fewer, or none, only where the file ends."""
        ...

    def write(self, offset: int, data: Buffer) -> None:
        """Put data at an offset, over what is there. A gap before it reads as zeros.

        Raises `DiskFull`.
        """
        ...

    def append(self, data: Buffer) -> int:
        """Put data at the end; the offset at which it is now. Raises `DiskFull`."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes, or lengthen it with zeros."""
        ...

    async def sync(self) -> None:
        """Wait until what the file is now survives a crash. Raises `SyncFailed`.

        Callers that wait at the same time share the work.
        """
        ...

    def close(self) -> None:
        """Let go of the file; syncs that run already still end. Does not sync."""
        ...


class Disk(Protocol):
    """A folder of files, with no folders in it.

    All verbs raise `StorageError`, `StorageClosed` after `close`, and `InvalidFileName`.
    """

    def open(self, name: str, *, create: bool = False) -> File:
        """The file with this name; with `create` an empty one when there is none.

        Raises `FileMissing`.
        """
        ...

    def exists(self, name: str) -> bool:
        """Whether there is a file with this name."""
        ...

    def names(self) -> list[str]:
        """The names of all files, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Take a file away; who has it open can still use it. Raises `FileMissing`."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, in the place of any file that has it. After a crash there is
        the one or the other file under the new name, never none. Raises `FileMissing`.
        """
        ...

    async def sync_names(self) -> None:
        """Wait until the names are durable as they are now. Raises `SyncFailed`."""
        ...

    def close(self) -> None:
        """Let go of the folder and all of its files. Does not sync."""
        ...


def checked_name(name: str) -> str:
    """The name, if a file may have it: nothing that leads out of the folder."""
    if not _NAME.fullmatch(name):
        raise InvalidFileName(name)
    return name


def check_range(offset: int, size: int) -> None:
    """Raises ValueError for bytes that cannot be."""
    if offset < 0 or size < 0:
        raise ValueError(f"{size} bytes at offset {offset}: neither can be negative")
