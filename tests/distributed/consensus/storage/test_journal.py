from __future__ import annotations

import asyncio

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore, StoreBroken, StoreSettings
from holon_actors.testing.delays import Constant
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis, record
from tests.testing.disk_kit import run

SETTINGS = StoreSettings(segment_bytes=2_000, fill_bytes=0)
LARGE = bytes(range(256)) * 6


async def with_a_dead_segment(disk) -> LogStore:
    """Nothing of the first of its two segments is needed any more."""
    store = await LogStore.open(disk, "a", SETTINGS)
    log = store.log("orders")
    log.append(genesis())
    log.append(record(2, *entries(1, 1)))
    log.append(record(3, *entries(2, 1, data=LARGE)))
    meta = SnapshotMeta(1, 1, CONFIGURATION)
    log.append(record(4, snapshot=meta, compacted_index=1, compacted_term=1))
    await log.sync()
    assert disk.names() == ["log-0000000001", "log-0000000002"]
    return store


@pytest.mark.parametrize("seed", range(12))
def test_a_segment_goes_only_once_an_opening_that_does_not_need_it_is_durable(seed):
    async def main(disk):
        disk.profile = DiskProfile(survival=0.5)
        store = await with_a_dead_segment(disk)
        log = store.log("orders")
        log.append(record(5, *entries(3, 1)))
        syncing = asyncio.ensure_future(log.sync())
        await asyncio.sleep(0)
        log.append(record(6, *entries(4, 1, data=LARGE)))  # begins a segment
        await syncing
        disk.crash()
        recovered = (await LogStore.open(disk, "a", SETTINGS)).log("orders").recovered
        assert recovered is not None
        assert [entry.index for entry in recovered.entries][:2] == [2, 3]

    run(main, seed=seed)


def test_who_waits_for_a_segment_that_others_have_synced_and_removed_waits_for_the_rest():
    async def main(disk):
        store = await with_a_dead_segment(disk)
        log, journal = store.log("orders"), store._journal
        log.append(record(5, *entries(3, 1)))
        old = journal.segments[-1]
        log.append(record(6, *entries(4, 1, data=LARGE)))
        running = asyncio.ensure_future(old.file.sync())
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(log.sync())  # for the next sync of the old one
        await asyncio.sleep(0)
        journal._now_synced(journal.written - 1)
        journal.drop(journal.segment)
        await asyncio.gather(running, waiting)
        assert journal.synced == journal.written
        assert disk.names() == ["log-0000000003"]

    run(main, DiskProfile(sync=Constant(0.001)))


def test_who_waits_while_the_store_is_closed_is_told_that_it_is():
    async def main(disk):
        store = await with_a_dead_segment(disk)
        log = store.log("orders")
        log.append(record(5, *entries(3, 1)))
        waiting = []
        for _ in range(3):
            waiting.append(asyncio.ensure_future(log.sync()))
            await asyncio.sleep(0.000_3)
        store._journal.close()
        for ended in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(ended, StoreBroken)
            assert ended.reason == "it is closed"

    run(main, DiskProfile(sync=Constant(0.001)))
