"""What goes wrong with files, named for what the caller does next."""

from __future__ import annotations

import errno
import os
from typing import Any

from holon_actors.errors import HolonError

__all__ = [
    "DiskFull",
    "DiskLocked",
    "FileMissing",
    "InvalidFileName",
    "StorageClosed",
    "StorageError",
    "SyncFailed",
]


class StorageError(HolonError, OSError):
    """The disk did not do it: stop relying on the file, or try again if that is safe.

    `path` is the file or folder, `operation` the verb, such as "read"; `errno` the system's number.
    A write that failed may have been done in part.
    """

    def __init__(self, path: str, operation: str, number: int, reason: str | None = None) -> None:
        self.path = path
        self.operation = operation
        self.reason = reason or os.strerror(number)
        super().__init__(number, self.reason, path)

    def __str__(self) -> str:
        return f"{self.operation} {self.path!r}: {self.reason}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.path, self.operation, self.errno, self.reason))


class DiskFull(StorageError):
    """There is no room: free some. Nothing or a part was written."""


class FileMissing(StorageError, FileNotFoundError):
    """No file has this name: create it, or correct the name."""


class SyncFailed(StorageError):
    """It is not known what of a file is durable, now or ever: recover from another copy.

    A system may drop the changes that it could not write and call the next sync a success, so
    every later sync of the file fails as well.
    """


class DiskLocked(StorageError):
    """Another process uses the folder: end it, or use another folder."""


class StorageClosed(HolonError, ValueError):
    """A verb of a file or disk that is closed: our caller has a mistake."""

    def __init__(self, path: str, operation: str) -> None:
        super().__init__(f"{operation} {path!r}: it is closed")
        self.path = path
        self.operation = operation


class InvalidFileName(HolonError, ValueError):
    """A name that could lead out of the folder, or that some system does not take: correct it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} is no file name: letters, digits, '_', '-' and '.', not first, at most 200"
        )
        self.name = name


def storage_error(path: str, operation: str, error: OSError) -> StorageError:
    """The error of ours for one of the system's."""
    number = error.errno or errno.EIO
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DiskFull(path, operation, number)
    if number == errno.ENOENT:
        return FileMissing(path, operation, number)
    return StorageError(path, operation, number)
