from __future__ import annotations

import random

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore, StoreBroken, StoreSettings
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis, record
from tests.testing.disk_kit import run

SETTINGS = StoreSettings(segment_bytes=4_000, fill_bytes=0)


async def with_silent_groups(disk, count: int) -> LogStore:
    store = await LogStore.open(disk, "a", SETTINGS)
    for number in range(count):
        log = store.log(f"silent {number}")
        log.append(genesis())
        log.append(record(2, *entries(1, 1 + number % 3, data=b"%d" % number)))
    await log.sync()
    return store


async def write(store: LogStore, first: int, count: int) -> None:
    log = store.log("busy")
    if first == 1:
        log.append(genesis())
    for index in range(first, first + count):
        log.append(record(2, *entries(index, 1, data=bytes(100))))
        if index % 10 == 0:
            meta = SnapshotMeta(index, 1, CONFIGURATION)
            log.append(record(2, snapshot=meta, compacted_index=index, compacted_term=1))
        await log.sync()


def check(store: LogStore, count: int) -> None:
    for number in range(count):
        recovered = store.log(f"silent {number}").recovered
        assert recovered is not None
        assert recovered.entries == entries(1, 1 + number % 3, data=b"%d" % number)


def test_a_hundred_silent_groups_do_not_keep_the_log():
    async def main(disk):
        store = await with_silent_groups(disk, 100)
        await write(store, 1, 1_000)
        after = store.statistics()
        assert after.segments < 20  # without: above 40
        assert after.records_written < 4_000
        disk.crash()
        check(await LogStore.open(disk, "a", SETTINGS), 100)

    run(main)


@pytest.mark.parametrize("seed", range(12))
def test_a_crash_at_any_point_of_it_loses_nothing(seed):
    async def main(disk):
        rng = random.Random(seed)
        store = await with_silent_groups(disk, 5)
        first = 1
        for _ in range(8):
            disk.profile = DiskProfile(survival=rng.choice([0.0, 0.5, 1.0]))
            count = rng.randint(1, 60)
            await write(store, first, count)
            first += count
            disk.crash(torn=rng.random() < 0.5)
            store = await LogStore.open(disk, "a", SETTINGS)
            check(store, 5)

    run(main, seed=seed)


def test_what_has_rotted_is_not_copied():
    async def main(disk):
        store = await with_silent_groups(disk, 5)
        name = disk.names()[0]
        disk.corrupt(name, disk.open(name).size - 50)
        with pytest.raises(StoreBroken, match="changed since it was written"):
            await write(store, 1, 600)

    run(main)


def test_a_log_that_is_live_is_not_copied():
    async def main(disk):
        store = await LogStore.open(disk, "a", SETTINGS)
        log = store.log("orders")
        log.append(genesis())
        for index in range(1, 401):
            log.append(record(2, *entries(index, 1, data=bytes(100))))
        await log.sync()
        assert store.statistics().records_written < 401 + 3 + store.statistics().segments

    run(main)


def test_what_a_group_does_not_need_any_more_does_not_keep_its_segments():
    async def main(disk):
        store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=20_000, fill_bytes=0))
        for number in range(10):
            log = store.log(f"silent {number}")
            log.append(genesis())
            for index in range(1, 121):
                log.append(record(2, *entries(index, 1, data=bytes(100))))
            meta = SnapshotMeta(119, 1, CONFIGURATION)
            log.append(record(3, snapshot=meta, compacted_index=119, compacted_term=1))
            await log.sync()
        assert store.statistics().live_bytes < 5_000
        await write(store, 1, 300)
        assert store.statistics().segments < 6

    run(main)
