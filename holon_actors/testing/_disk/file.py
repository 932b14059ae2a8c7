"""An open file of a simulated disk."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

from holon_actors.storage import DiskFull, StorageClosed, SyncFailed
from holon_actors.storage._sharing import SharedSync
from holon_actors.storage.disk import Buffer, check_range
from holon_actors.testing._disk.device import Device
from holon_actors.testing._disk.state import DiskState, Inode, Truncate, Write


class SimFile:
    """The twin of `OsFile`; `usable` says whether its disk still has it open."""

    def __init__(
        self,
        state: DiskState,
        device: Device,
        inode: Inode,
        name: str,
        path: str,
        usable: Callable[[], bool],
    ) -> None:
        self.name = name
        self._state = state
        self._device = device
        self._inode = inode
        self._path = path
        self._usable = usable
        self._sync = SharedSync(self._begin_sync, self._synced)

    @property
    def size(self) -> int:
        self._must_be_open("size")
        return len(self._inode.content)

    def read(self, offset: int, size: int) -> bytes:
        check_range(offset, size)
        self._must_be_open("read")
        self._device.check("read", self._path)
        end = min(offset + size, len(self._inode.content))
        if offset < end and self._device.chance("rot", self._device.profile.rot):
            self._inode.flip(
                offset + self._device.draw("rot at", end - offset),
                self._device.draw("rot bit", 8),
            )
        return bytes(self._inode.content[offset:end])

    def write(self, offset: int, data: Buffer) -> None:
        check_range(offset, 0)
        self._must_be_open("write")
        self._device.check("write", self._path)
        wanted = bytes(data)
        fitting = wanted[: self._room(offset, len(wanted))]
        if fitting:
            self._inode.change(Write(self._state.next_number(), offset, fitting))
        if len(fitting) < len(wanted):
            raise DiskFull(self._path, "write", errno.ENOSPC)

    def append(self, data: Buffer) -> int:
        offset = self.size
        self.write(offset, data)
        return offset

    def truncate(self, size: int) -> None:
        check_range(0, size)
        self._must_be_open("truncate")
        self._device.check("truncate", self._path)
        self._inode.change(Truncate(self._state.next_number(), size))

    async def sync(self) -> None:
        self._must_be_open("sync")
        if self._inode.poisoned:
            raise SyncFailed(self._path, "sync", errno.EIO, "an earlier sync of it failed")
        await self._sync.wait()

    def close(self) -> None:
        self._usable = _never

    def _must_be_open(self, operation: str) -> None:
        if not self._usable():
            raise StorageClosed(self._path, operation)

    def _room(self, offset: int, size: int) -> int:
        """How many of `size` bytes at an offset there is room for."""
        capacity = self._device.profile.capacity
        if capacity is None:
            return size
        end = len(self._inode.content) + max(0, capacity - self._state.used)
        return max(0, min(size, end - offset))

    def _begin_sync(self) -> asyncio.Future[None]:
        self._must_be_open("sync")
        inode, number = self._inode, self._state.number
        return self._device.begin_sync("sync", self._path, lambda: inode.settle(number))

    def _synced(self, error: BaseException | None) -> None:
        if isinstance(error, SyncFailed):
            self._inode.poisoned = True


def _never() -> bool:
    return False
