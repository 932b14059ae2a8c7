"""A disk in a simulation: the twin of `OsDisk` that can crash.

It belongs to a node and survives it. What was synced is there after a crash; without faults all
else is gone, which is the plainest thing that a disk may do. `DiskProfile` makes it worse: unsynced
changes survive here and there and in no order, writes are torn, verbs fail, bits rot.

Programs get it as a `holon_actors.storage.Disk` and need not know which twin they have.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

from holon_actors.storage import FileMissing, StorageClosed, SyncFailed
from holon_actors.storage._sharing import SharedSync
from holon_actors.storage.disk import checked_name
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._disk.device import Device
from holon_actors.testing._disk.file import SimFile
from holon_actors.testing._disk.state import Change, DiskState, Inode, Write
from holon_actors.testing.profiles import DiskProfile

__all__ = ["SimDisk"]

# kind, node, text: what a disk tells about faults.
DiskTrace = Callable[[str, str, str], None]


class SimDisk:
    """The disk of one node.

    `trace` is called with kind, node and text for each fault.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        stream: Stream,
        node: str = "node",
        *,
        profile: DiskProfile | None = None,
        trace: DiskTrace | None = None,
    ) -> None:
        self.node = node
        self._trace = trace
        self._state = DiskState()
        self._device = Device(loop, stream, node, profile or DiskProfile(), self._tell)
        self._names_sync = SharedSync(self._begin_names_sync, self._names_synced)
        self._names_poisoned = False
        self._closed = False
        self._session = 0  # files that were opened in an earlier one are closed

    # For programs

    def open(self, name: str, *, create: bool = False) -> SimFile:
        path = self._path(name, "open")
        self._device.check("open", path)
        inode = self._state.names.get(name)
        if inode is None:
            if not create:
                raise FileMissing(path, "open", errno.ENOENT)
            inode = self._state.create(name)
        session = self._session
        return SimFile(
            self._state, self._device, inode, name, path, lambda: self._session == session
        )

    def exists(self, name: str) -> bool:
        self._path(name, "exists")
        return name in self._state.names

    def names(self) -> list[str]:
        self._must_be_open("names")
        return sorted(self._state.names)

    def remove(self, name: str) -> None:
        path = self._path(name, "remove")
        self._device.check("remove", path)
        self._state.rename(name, None, self._existing(name, path, "remove"))

    def rename(self, old: str, new: str) -> None:
        path = self._path(old, "rename")
        self._path(new, "rename")
        self._device.check("rename", path)
        self._state.rename(old, new, self._existing(old, path, "rename"))

    async def sync_names(self) -> None:
        self._must_be_open("sync_names")
        if self._names_poisoned:
            reason = "an earlier sync of it failed"
            raise SyncFailed(self._folder, "sync_names", errno.EIO, reason)
        await self._names_sync.wait()

    def close(self) -> None:
        self._closed = True
        self._session += 1

    # For tests and fault plans

    @property
    def profile(self) -> DiskProfile:
        """What the disk is like. May be changed at any time."""
        return self._device.profile

    @profile.setter
    def profile(self, profile: DiskProfile) -> None:
        self._device.profile = profile

    def reopen(self) -> SimDisk:
        """This disk, in use again after `close`: for the next program on its node."""
        self._closed = False
        return self

    def crash(self, *, torn: bool = False) -> None:
        """The node is gone. What was durable stays, of the rest what the profile lets survive; all
        files are closed.

        `torn`: of one unsynced write the beginning survives, with what had been done to that file
        before.
        """
        survivors = self._torn() if torn or self.profile.torn else {}
        survival = self.profile.survival

        def keep(change: Change) -> Change | None:
            if change.number in survivors:
                return survivors[change.number]
            return change if self._device.chance("survives", survival) else None

        lost = self._state.crash(keep, lambda _: self._device.chance("name survives", survival))
        self._session += 1
        self._device.abort()
        self._names_sync = SharedSync(self._begin_names_sync, self._names_synced)
        self._names_poisoned = self._closed = False
        if lost:
            self._tell("lost", f"unsynced changes: {lost}")

    def fail_next(self, verb: str, times: int = 1) -> None:
        """Let a verb such as "sync" or "write" fail when it is used next. Raises `ConfigError`."""
        self._device.fail_next(verb, times)

    def corrupt(self, name: str, offset: int, bit: int = 0) -> None:
        """Turn one bit of a file, for good. Raises `FileMissing`."""
        path = self._path(name, "corrupt")
        self._existing(name, path, "corrupt").flip(offset, bit)
        self._tell("corrupted", f"{path} at {offset}")

    def durable(self, name: str) -> bytes | None:
        """What a crash would leave of a file for certain; None: not even the file."""
        inode = self._state.durable_names.get(checked_name(name))
        return None if inode is None else bytes(inode.durable)

    # Within

    @property
    def _folder(self) -> str:
        return f"{self.node}:/"

    def _path(self, name: str, operation: str) -> str:
        self._must_be_open(operation)
        return f"{self._folder}{checked_name(name)}"

    def _must_be_open(self, operation: str) -> None:
        if self._closed:
            raise StorageClosed(self._folder, operation)

    def _existing(self, name: str, path: str, operation: str) -> Inode:
        inode = self._state.names.get(name)
        if inode is None:
            raise FileMissing(path, operation, errno.ENOENT)
        return inode

    def _begin_names_sync(self) -> asyncio.Future[None]:
        self._must_be_open("sync_names")
        state, number = self._state, self._state.number
        return self._device.begin_sync(
            "sync_names", self._folder, lambda: state.settle_names(number)
        )

    def _names_synced(self, error: BaseException | None) -> None:
        if isinstance(error, SyncFailed):
            self._names_poisoned = True

    def _torn(self) -> dict[int, Change]:
        """By number, what survives because one write is torn."""
        unsynced = self._state.unsynced()
        writes = [(inode, c) for inode, c in unsynced if isinstance(c, Write)]
        if not writes:
            return {}
        inode, torn = writes[self._device.draw("torn write", len(writes))]
        cut = self._device.draw("torn at", len(torn.data))
        self._tell("torn", f"a write of {len(torn.data)} bytes after {cut}")
        survivors = {c.number: c for i, c in unsynced if i is inode and c.number < torn.number}
        survivors[torn.number] = Write(torn.number, torn.offset, torn.data[:cut])
        return survivors

    def _tell(self, kind: str, text: str) -> None:
        if self._trace is not None:
            self._trace(kind, self.node, text)
