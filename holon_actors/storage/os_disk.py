"""A folder of the operating system as a `Disk`.

Reads and writes go to the system's cache, on the caller's thread; syncs wait for the device in
threads of the disk's own.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from holon_actors.storage._sharing import SharedSync
from holon_actors.storage.disk import Buffer, check_range, checked_name
from holon_actors.storage.errors import (
    DiskLocked,
    FileMissing,
    StorageClosed,
    SyncFailed,
    storage_error,
)

__all__ = ["OsDisk"]

_LOCK = ".lock"  # no file of ours can have this name
_SYNCS_AT_ONCE = 4
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


class OsDisk:
    """The files of one folder, which is made if it is not there.

    With `lock` nobody else who asks for the lock can have the folder until `close`, or until this
    process ends. Raises `DiskLocked` when somebody has it, and `StorageError`.
    """

    def __init__(self, folder: str | Path, *, lock: bool = False) -> None:
        self.folder = Path(folder)
        self._closed = False
        self._files: dict[OsFile, None] = {}
        self._poisoned: set[tuple[int, int]] = set()  # files of which a sync failed
        self._pool = ThreadPoolExecutor(_SYNCS_AT_ONCE, thread_name_prefix="holon-sync")
        self._names = SharedSync(self._begin_names_sync, self._names_synced)
        with _ours(str(self.folder), "open"):
            self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            self._folder_fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._lock_fd: int | None = None
        if lock:
            try:
                self._lock_fd = self._locked()
            except OSError:
                os.close(self._folder_fd)
                raise

    def open(self, name: str, *, create: bool = False) -> OsFile:
        path = self._path(name, "open")
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
        with _ours(str(path), "open"):
            file = OsFile(self, name, os.open(path, flags, _FILE_MODE))
        self._files[file] = None
        return file

    def exists(self, name: str) -> bool:
        return self._path(name, "exists").is_file()

    def names(self) -> list[str]:
        self._must_be_open("names")
        with _ours(str(self.folder), "names"), os.scandir(self.folder) as entries:
            return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))

    def remove(self, name: str) -> None:
        path = self._path(name, "remove")
        with _ours(str(path), "remove"):
            gone = _identity(path.lstat())
            path.unlink()
        self._unlinked(gone)

    def rename(self, old: str, new: str) -> None:
        source, target = self._path(old, "rename"), self._path(new, "rename")
        with _ours(str(source), "rename"):
            gone = _identity(target.lstat()) if target.exists() else None
            source.replace(target)
        if gone is not None and old != new:
            self._unlinked(gone)

    async def sync_names(self) -> None:
        self._must_be_open("sync_names")
        if _identity(os.fstat(self._folder_fd)) in self._poisoned:
            raise _poisoned(str(self.folder), "sync_names")
        await self._names.wait()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for file in list(self._files):
            file.close()
        self._pool.shutdown(wait=False)
        if self._lock_fd is not None:
            os.close(self._lock_fd)
        if not self._names.busy:
            os.close(self._folder_fd)

    # Within

    def _must_be_open(self, operation: str) -> None:
        if self._closed:
            raise StorageClosed(str(self.folder), operation)

    def _path(self, name: str, operation: str) -> Path:
        self._must_be_open(operation)
        return self.folder / checked_name(name)

    def _unlinked(self, gone: tuple[int, int]) -> None:
        """A file has no name any more, and a new one may get its number."""
        if gone in self._poisoned:
            self._poisoned.discard(gone)
            for file in self._files:
                if file.identity == gone:
                    file.poisoned = True

    def _locked(self) -> int:
        path = self.folder / _LOCK
        with _ours(str(path), "lock"):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                reason = "another process, or another disk of this one, uses the folder"
                raise DiskLocked(str(self.folder), "lock", errno.EAGAIN, reason) from None
        return fd

    def _begin_names_sync(self) -> asyncio.Future[None]:
        self._must_be_open("sync_names")
        return self._flush(self._folder_fd, str(self.folder), "sync_names")

    def _names_synced(self, error: BaseException | None) -> None:
        if error is not None:
            self._poisoned.add(_identity(os.fstat(self._folder_fd)))
        if self._closed:
            os.close(self._folder_fd)

    def _flush(self, fd: int, path: str, operation: str) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._pool, partial(_flush, fd, path, operation))


class OsFile:
    """An open file of an `OsDisk`."""

    def __init__(self, disk: OsDisk, name: str, fd: int) -> None:
        self.name = name
        self._disk = disk
        self._fd = fd
        self._closed = False
        self._path = str(disk.folder / name)
        self.identity = _identity(os.fstat(fd))
        self.poisoned = False  # and has no name any more; until then the disk knows
        self._sync = SharedSync(self._begin_sync, self._synced)

    @property
    def size(self) -> int:
        with self._verb("size"):
            return os.fstat(self._fd).st_size

    def read(self, offset: int, size: int) -> bytes:
        check_range(offset, size)
        with self._verb("read"):
            data = os.pread(self._fd, size, offset)
            if not data or len(data) == size:
                return data
            return data + self._rest(offset + len(data), size - len(data))

    def write(self, offset: int, data: Buffer) -> None:
        check_range(offset, 0)
        left = memoryview(data).cast("B")
        with self._verb("write"):
            while left:
                done = os.pwrite(self._fd, left, offset)
                left, offset = left[done:], offset + done

    def append(self, data: Buffer) -> int:
        offset = self.size
        self.write(offset, data)
        return offset

    def truncate(self, size: int) -> None:
        check_range(0, size)
        with self._verb("truncate"):
            os.ftruncate(self._fd, size)

    async def sync(self) -> None:
        with self._verb("sync"):
            if self.poisoned or self.identity in self._disk._poisoned:
                raise _poisoned(self._path, "sync")
        await self._sync.wait()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._disk._files.pop(self, None)
        if not self._sync.busy:
            os.close(self._fd)

    def _rest(self, offset: int, size: int) -> bytes:
        """The system may return less than there is."""
        parts = []
        while size and (part := os.pread(self._fd, size, offset)):
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return b"".join(parts)

    @contextmanager
    def _verb(self, operation: str) -> Iterator[None]:
        if self._closed:
            raise StorageClosed(self._path, operation)
        with _ours(self._path, operation):
            yield

    def _begin_sync(self) -> asyncio.Future[None]:
        if self._closed:
            raise StorageClosed(self._path, "sync")
        return self._disk._flush(self._fd, self._path, "sync")

    def _synced(self, error: BaseException | None) -> None:
        if error is not None:
            self._disk._poisoned.add(self.identity)
        if self._closed:
            os.close(self._fd)


@contextmanager
def _ours(path: str, operation: str) -> Iterator[None]:
    """The system's errors as ours, naming the file and the verb."""
    try:
        yield
    except (SyncFailed, DiskLocked, FileMissing):
        raise
    except OSError as error:
        raise storage_error(path, operation, error) from error


def _identity(stat: os.stat_result) -> tuple[int, int]:
    # A file keeps it under any name, and with all who have it open.
    return stat.st_dev, stat.st_ino


def _poisoned(path: str, operation: str) -> SyncFailed:
    return SyncFailed(path, operation, errno.EIO, "an earlier sync of it failed")


def _flush(fd: int, path: str, operation: str) -> None:
    try:
        full = getattr(fcntl, "F_FULLFSYNC", None)
        if full is not None:
            fcntl.fcntl(fd, full)  # macOS: a plain fsync stops at the drive's own cache
        elif operation == "sync":
            os.fdatasync(fd)  # with the size, but without the times
        else:
            os.fsync(fd)
    except OSError as error:
        raise SyncFailed(path, operation, error.errno or errno.EIO) from error
