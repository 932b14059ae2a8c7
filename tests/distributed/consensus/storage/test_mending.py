from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore, StoreSettings
from holon_actors.storage import StorageError
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis, record
from tests.testing.disk_kit import run

ONE_EACH = StoreSettings(segment_bytes=1, fill_bytes=0)


async def killed(disk, settings: StoreSettings) -> None:
    """A process was killed behind a snapshot that it has not synced the record of."""
    store = await LogStore.open(disk, "a", settings)
    log = store.log("orders")
    first = await log.snapshots.save(2, 1, CONFIGURATION, [b"the first"])
    log.append(genesis())
    log.append(record(2, *entries(1, 6)))
    log.append(record(3, snapshot=first, compacted_index=2, compacted_term=1))
    await log.sync()
    second = await log.snapshots.save(4, 1, CONFIGURATION, [b"the second"])
    log.append(record(4, snapshot=second, compacted_index=4, compacted_term=1))
    log.append(record(5, *entries(7, 1)))


@pytest.mark.parametrize("settings", [StoreSettings(fill_bytes=0), ONE_EACH])
@pytest.mark.parametrize("verb", ["sync", "sync_names"])
@pytest.mark.parametrize("seed", range(8))
def test_nothing_goes_before_what_takes_its_place_is_durable(settings, verb, seed):
    async def main(disk):
        disk.profile = DiskProfile(survival=0.5)
        await killed(disk, settings)
        disk.fail_next(verb)
        with pytest.raises(StorageError):
            await LogStore.open(disk, "a", settings)
        disk.crash()
        store = await LogStore.open(disk, "a", settings)
        log = store.log("orders")
        assert log.recovered is not None
        snapshot = log.recovered.snapshot
        assert isinstance(snapshot, SnapshotMeta)
        assert await log.snapshots.load(snapshot) in {b"the first", b"the second"}
        assert {1, 2, 3, 4, 5, 6} - set(range(1, log.recovered.compacted_index + 1)) <= {
            entry.index for entry in log.recovered.entries
        }

    run(main, seed=seed)


@pytest.mark.parametrize("count", range(1, 7))
def test_segments_that_do_not_count_stay_away_once_records_have_taken_their_place(count):
    async def main(disk):
        disk.profile = DiskProfile(survival=0.0)
        store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=1_100, fill_bytes=0))
        log = store.log("orders")
        log.append(genesis())
        await log.sync()
        for index in range(1, 14):
            log.append(record(2, *entries(index, 1, data=b"void")))
        for name in disk.names():  # by chance they are durable, but for the end of the first
            await disk.open(name).sync()
        await disk.sync_names()
        first, *later = disk.names()
        assert later
        disk.open(first).truncate(disk.open(first).size - 400)
        log = (await LogStore.open(disk, "a")).log("orders")
        assert log.recovered is not None
        last = len(log.recovered.entries)
        for index in range(last + 1, last + 1 + count):
            log.append(record(2, *entries(index, 1, data=b"new")))
            await log.sync()
        disk.crash()
        recovered = (await LogStore.open(disk, "a")).log("orders").recovered
        assert recovered is not None
        assert [entry.data for entry in recovered.entries[last:]] == [b"new"] * count

    run(main)
