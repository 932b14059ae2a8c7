"""A member's records on their way to the disk.

Records are written as they come and synced beside the loop: while one sync runs the next records
gather, and share the next one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.wire.peer_messages import Blobs

__all__ = ["RecordLog", "Synced", "Writer"]


class RecordLog(Protocol):
    """What is needed of a group's log."""

    def append(self, record: Record, packed: bytes | None = None) -> None: ...

    async def sync(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Synced:
    """All records up to `number` are durable."""

    number: int


class Writer:
    """`pipe` runs something beside the member, which is told its result.

    Invariant: at most one sync is under way, and one is unless all is durable.
    """

    __slots__ = ("_blobs", "_log", "_pipe", "_syncing", "written")

    def __init__(
        self, log: RecordLog, blobs: Blobs, pipe: Callable[[Awaitable[Synced]], None]
    ) -> None:
        self._log = log
        self._blobs = blobs
        self._pipe = pipe
        self._syncing = False
        self.written = 0  # number of the last record

    def write(self, record: Record) -> None:
        """Write a record, and see that it becomes durable. Raises `StoreBroken`."""
        entries = record.entries
        self._log.append(record, self._blobs.of(entries) if entries else None)
        self.written = record.number
        if not self._syncing:
            self._begin()

    def synced(self, number: int) -> None:
        """A sync has ended that had begun after that record."""
        self._syncing = False
        if number < self.written:
            self._begin()

    def _begin(self) -> None:
        self._syncing = True
        self._pipe(self._sync(self.written))

    async def _sync(self, number: int) -> Synced:
        await self._log.sync()
        return Synced(number)
