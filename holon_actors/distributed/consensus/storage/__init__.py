"""What a member must not lose: its log and its snapshots, on a `Disk`.

    store = await LogStore.open(disk, owner="a")       # checks all there is; mends a torn tail
    log = store.log("orders")                          # one group's part; made when it is new
    log.recovered                                      # what was found, until the first append
    log.append(record)                                 # written, in order
    await log.sync()                                   # durable, with all appended before
    meta = await log.snapshots.save(index, term, configuration, pieces)
    log.snapshots.open(meta).read(offset, size)
    log.snapshots.receive(meta, offset, data)          # how much is there; then `accept(meta)`
    await store.close()

Once a verb has failed, the store is broken for good: nothing more is acknowledged.
"""

from holon_actors.distributed.consensus.storage.errors import (
    FolderMismatch,
    LogCorrupted,
    SnapshotCorrupted,
    StoreBroken,
)
from holon_actors.distributed.consensus.storage.group_log import GroupLog
from holon_actors.distributed.consensus.storage.settings import StoreSettings
from holon_actors.distributed.consensus.storage.snapshot_file import SnapshotReader
from holon_actors.distributed.consensus.storage.snapshots import Snapshots, SnapshotWriter
from holon_actors.distributed.consensus.storage.store import LogStore, StoreStatistics

__all__ = [
    "FolderMismatch",
    "GroupLog",
    "LogCorrupted",
    "LogStore",
    "SnapshotCorrupted",
    "SnapshotReader",
    "SnapshotWriter",
    "Snapshots",
    "StoreBroken",
    "StoreSettings",
    "StoreStatistics",
]
