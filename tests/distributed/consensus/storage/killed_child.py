"""A process that stores records and says of each one when it is durable. It ends when it is killed.

Arguments: the folder, and the pipe to tell it to. The first word, 0, comes before all.
"""

from __future__ import annotations

import asyncio
import os
import sys

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore, StoreSettings
from holon_actors.storage import OsDisk

CONFIGURATION = Configuration(("a",))
SETTINGS = StoreSettings(segment_bytes=20_000, fill_bytes=2_000)
KEPT = 30


async def write(folder: str, pipe: int) -> None:
    os.write(pipe, b"0\n")
    store = await LogStore.open(OsDisk(folder, lock=True), "a", SETTINGS)
    log = store.log("orders")
    if log.recovered is None:
        genesis = SnapshotMeta(0, 0, CONFIGURATION)
        log.append(Record(1, 1, None, 0, snapshot=genesis, reset=True))
    while True:
        index = log.state.last_index + 1
        for each in range(index, index + 1 + index % 3):
            log.append(Record(1, 1, "a", 0, (Entry(each, 1, 0, b"%d" % each * 50),)))
        last = log.state.last_index
        if index % 7 == 0 and last - log.state.compacted_index > 2 * KEPT:
            meta = await log.snapshots.save(last, 1, CONFIGURATION, [b"%d" % last])
            log.append(
                Record(1, 1, "a", 0, snapshot=meta, compacted_index=last - KEPT, compacted_term=1)
            )
        await log.sync()
        os.write(pipe, b"%d\n" % last)


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], int(sys.argv[2])))
