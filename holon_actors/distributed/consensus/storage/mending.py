"""Makes a folder what its log was found to be, durably, before anything is built on it."""

from __future__ import annotations

from collections.abc import Sequence

from holon_actors.distributed.consensus.storage.journal import Segment
from holon_actors.distributed.consensus.storage.recovery import Extent, Found
from holon_actors.distributed.consensus.storage.segments import segment_name
from holon_actors.distributed.consensus.storage.walk import offset_of
from holon_actors.storage import Disk

__all__ = ["mend"]


async def mend(disk: Disk, found: Found, leftovers: Sequence[str]) -> list[Segment]:
    """The segments that count, open and durable. Raises `StorageError`; it can then be done again.

    What is not needed goes only then: it is needed until what takes its place is durable.

    Records that were written but are not known to be durable count from now on, so they are written
    again: a system that could not write them once may call them written.
    """
    segments = [await _mended(disk, extent, found.synced) for extent in found.segments]
    await disk.sync_names()
    gone = [*map(segment_name, found.useless), *leftovers]
    for name in gone:
        disk.remove(name)
    if gone:
        # A segment that came back behind new records could pass for what follows on them.
        await disk.sync_names()
    return segments


async def _mended(disk: Disk, extent: Extent, synced: int) -> Segment:
    file = disk.open(segment_name(extent.segment))
    offset = extent.end
    if extent.last > synced:
        offset = offset_of(file.read(0, extent.end), extent.segment, synced + 1)
    cut = file.size > extent.end
    if cut:
        file.truncate(extent.end)
    if offset < extent.end:
        file.write(offset, file.read(offset, extent.end - offset))
    if cut or offset < extent.end:
        await file.sync()
    return Segment(file, extent.segment, extent.first, extent.end)
