"""A member's snapshots: taking them, sending them in chunks, receiving them.

What blocks the event loop: fetching and packing the first part of the state when one is taken (all
of it, for a state machine that has one part), each further part, and each step of restoring (one,
for a state machine that does not do it in steps). Reading and writing go in pieces between other
work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from holon_actors.distributed.consensus.commands.applying import Applier
from holon_actors.distributed.consensus.core.effects import ChunkToSend, ChunkToStore
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    ChunkStored,
    SnapshotReceived,
    SnapshotRejected,
)
from holon_actors.distributed.consensus.core.messages import SnapshotChunk
from holon_actors.distributed.consensus.storage import (
    SnapshotCorrupted,
    Snapshots,
    SnapshotWriter,
)
from holon_actors.storage import DiskFull, FileMissing

__all__ = ["NotTaken", "Restored", "Snapshotting", "Taken", "restoring"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot is durable."""

    meta: SnapshotMeta


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The state cannot be packed, or there is no room for it. The member goes on with its log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restored:
    """The state is that of a snapshot, unless it was given up for a newer one."""

    meta: SnapshotMeta


class Snapshotting:
    """`pipe` runs something beside the member, which is told its result.

    While `restoring` the state is neither the old one nor the new one.
    """

    __slots__ = ("_applier", "_files", "_pipe", "busy", "restoring")

    def __init__(
        self, applier: Applier, files: Snapshots, pipe: Callable[[Awaitable[object]], None]
    ) -> None:
        self._applier = applier
        self._files = files
        self._pipe = pipe
        self.busy = False  # one is being taken
        self.restoring: SnapshotMeta | None = None

    def take(self) -> None:
        """Begin to take one of the state as it is now; `Taken` or `NotTaken` is told later."""
        assert not self.busy
        self.busy = True
        applier = self._applier
        try:
            parts = applier.parts()
        except Exception as error:  # noqa: BLE001  # the state machine's
            self._pipe(_said(_not_taken(error)))
            return
        meta = SnapshotMeta(applier.index, applier.term, applier.configuration)
        self._pipe(self._save(meta, parts))

    async def _save(self, meta: SnapshotMeta, parts: Iterator[bytes]) -> Taken | NotTaken:
        try:
            writer = self._files.create(meta.index, meta.term)
        except DiskFull as error:
            return _not_taken(error)
        try:
            return await self._write(writer, meta, parts)
        except DiskFull as error:
            # Whether there is room for the log is for the log to find out.
            writer.discard()
            return _not_taken(error)

    async def _write(
        self, writer: SnapshotWriter, meta: SnapshotMeta, parts: Iterator[bytes]
    ) -> Taken | NotTaken:
        while True:
            try:
                part = next(parts, None)
            except Exception as error:  # noqa: BLE001  # the state machine's
                writer.discard()
                return _not_taken(error)
            if part is None:
                return Taken(await writer.finish(meta.configuration))
            await writer.write(part)
            await asyncio.sleep(0)  # others have their turns between the parts

    def restore(self, meta: SnapshotMeta) -> None:
        """Begin to bring the state to a snapshot; `Restored` is told later."""
        self.restoring = meta
        self._pipe(self._restore(meta))

    async def _restore(self, meta: SnapshotMeta) -> Restored:
        for _ in restoring(self._applier, self._files, meta):
            await asyncio.sleep(0)
            if self.restoring is not meta:
                break  # there is a newer one
        return Restored(meta)

    def chunk(self, node: str, wanted: ChunkToSend) -> SnapshotChunk | None:
        """What to send; None: that snapshot is gone, and a newer one will be asked for."""
        try:
            reader = self._files.open(wanted.meta)
        except FileMissing:
            return None
        data = reader.read(wanted.offset, wanted.size)
        return SnapshotChunk(node, wanted.to, wanted.term, wanted.meta, wanted.offset, data)

    def store(self, chunk: ChunkToStore) -> None:
        """Put a chunk in its place; `ChunkStored` or how it ended is told later, while the next
        ones may be stored already.
        """
        stored = self._files.receive(chunk.meta, chunk.offset, chunk.data)
        self._pipe(self._stored(chunk.meta, stored))

    async def _stored(
        self, meta: SnapshotMeta, stored: int
    ) -> ChunkStored | SnapshotReceived | SnapshotRejected:
        if stored < meta.size:
            await self._files.settle()
            return ChunkStored(meta, stored)
        try:
            await self._files.accept(meta)
        except SnapshotCorrupted as error:
            return SnapshotRejected(meta, str(error))
        return SnapshotReceived(meta)


async def _said(message: NotTaken) -> NotTaken:
    return message


def _not_taken(error: Exception) -> NotTaken:
    return NotTaken(f"{type(error).__name__}: {error}")


def restoring(applier: Applier, files: Snapshots, meta: SnapshotMeta) -> Iterator[None]:
    """Bring the state machine to a snapshot, step by step. Raises `SnapshotCorrupted`,
    `UnreadableSnapshot` and what the state machine does.
    """
    if meta.index:
        yield from applier.restoring(files.open(meta).read, meta.size, meta.configuration)
