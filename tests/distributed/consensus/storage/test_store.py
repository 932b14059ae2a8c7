from __future__ import annotations

import asyncio
import pickle

import pytest

from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import (
    FolderMismatch,
    LogCorrupted,
    LogStore,
    StoreBroken,
    StoreSettings,
)
from holon_actors.distributed.consensus.storage.layout import VERSION
from holon_actors.distributed.consensus.wire.packing import pack_entries
from holon_actors.storage import OsDisk
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import CONFIGURATION, GENESIS, entries, genesis, record
from tests.testing.disk_kit import run


@pytest.fixture
def disk(tmp_path):
    disk = OsDisk(tmp_path)
    yield disk
    disk.close()


async def test_a_folder_without_a_log_gets_one(disk):
    store = await LogStore.open(disk, "a")
    assert store.groups == ()
    assert store.log("orders").recovered is None
    assert store.log("orders") is store.log("orders")
    await store.close()


async def test_what_was_stored_is_recovered(disk):
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    log.append(genesis())
    log.append(record(2, *entries(1, 3), term=4, vote="b", commit=2))
    await log.sync()
    await store.close()
    store = await LogStore.open(disk, "a")
    assert store.groups == ("orders",)
    assert store.log("orders").name == "orders"
    assert store.log("orders").recovered == Recovered(4, "b", 2, GENESIS, 0, 0, entries(1, 3))
    await store.close()


async def test_entries_that_were_packed_already_are_written_as_they_are(disk):
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    log.append(genesis())
    log.append(record(2, *entries(1, 3)), pack_entries(entries(1, 3)))
    await store.close()
    recovered = (await LogStore.open(disk, "a")).log("orders").recovered
    assert recovered is not None
    assert recovered.entries == entries(1, 3)


async def test_what_was_recovered_is_let_go_with_the_first_append(disk):
    store = await LogStore.open(disk, "a")
    store.log("orders").append(genesis())
    await store.close()
    log = (await LogStore.open(disk, "a")).log("orders")
    assert log.recovered is not None
    log.append(record(2, *entries(1, 1)))
    assert log.recovered is None


async def test_entries_that_do_not_follow_are_our_mistake(disk):
    log = (await LogStore.open(disk, "a")).log("orders")
    log.append(genesis())
    with pytest.raises(AssertionError, match="2 follows on 0"):
        log.append(record(2, *entries(2, 1)))
    log.append(record(2, *entries(1, 2)))
    with pytest.raises(AssertionError, match="2 follows on 2"):
        log.append(record(3, *entries(2, 1)))
    log.append(record(3, *entries(2, 1, term=2), truncate_from=2))
    log.append(record(4, snapshot=SnapshotMeta(9, 1, CONFIGURATION), reset=True))
    log.append(record(5, *entries(10, 1)))


async def test_the_folder_of_another_member_is_refused(disk):
    await (await LogStore.open(disk, "a")).close()
    with pytest.raises(FolderMismatch, match="'a', not 'b'") as caught:
        await LogStore.open(disk, "b")
    assert (caught.value.what, caught.value.found, caught.value.wanted) == ("member", "a", "b")


async def test_the_folder_of_another_version_is_refused(disk, monkeypatch):
    await (await LogStore.open(disk, "a")).close()
    module = "holon_actors.distributed.consensus.storage.segments.VERSION"
    monkeypatch.setattr(module, VERSION + 1)
    with pytest.raises(FolderMismatch, match="version"):
        await LogStore.open(disk, "a")


async def test_other_files_of_the_folder_are_let_be(disk):
    disk.open("notes.txt", create=True).append(b"mine")
    await (await LogStore.open(disk, "a")).close()
    await (await LogStore.open(disk, "a")).close()
    assert disk.open("notes.txt").read(0, 9) == b"mine"


async def test_a_closed_store_takes_nothing(disk):
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    await store.close()
    await store.close()
    with pytest.raises(StoreBroken, match="closed"):
        log.append(genesis())
    with pytest.raises(StoreBroken, match="closed"):
        await log.sync()


async def test_statistics_tell_how_much_there_is(disk):
    store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=1))
    log = store.log("orders")
    log.append(genesis())
    log.append(record(2, *entries(1, 2)))
    before = store.statistics()
    assert (before.groups, before.records_synced) == (1, 1)
    await log.sync()
    after = store.statistics()
    assert after.records_synced == after.records_written == before.records_written
    assert after.segments == len([n for n in disk.names() if n.startswith("log-")])
    assert after.log_bytes == sum(disk.open(n).size for n in disk.names())
    assert 0 < after.live_bytes < after.log_bytes
    await store.close()


def test_records_are_written_over_zeros():
    async def main(disk):
        store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=9_000, fill_bytes=1_000))
        log = store.log("orders")
        log.append(genesis())
        file, sizes = disk.open(disk.names()[0]), set()
        for index in range(1, 31):
            log.append(record(2, *entries(index, 1, data=bytes(100))))
            sizes.add(file.size)
        assert len(sizes) < 10
        await log.sync()
        disk.crash()
        store = await LogStore.open(disk, "a")
        assert store.statistics().log_bytes == disk.open(disk.names()[0]).size
        recovered = store.log("orders").recovered
        assert recovered is not None
        assert len(recovered.entries) == 30

    run(main)


def test_groups_that_wait_together_share_the_syncs():
    async def main(disk):
        store = await LogStore.open(disk, "a")
        logs = [store.log(f"group {number}") for number in range(100)]
        for log in logs:
            log.append(genesis())
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.gather(*(log.sync() for log in logs))
        assert loop.time() - before < 0.0035  # three of a millisecond at most, for a hundred

    run(main)


def test_who_stops_waiting_for_a_sync_takes_nothing_from_the_others():
    async def main(disk):
        store = await LogStore.open(disk, "a")
        one, two = store.log("one"), store.log("two")
        one.append(genesis())
        waiting = asyncio.ensure_future(one.sync())
        await asyncio.sleep(0)
        two.append(genesis())
        other = asyncio.ensure_future(two.sync())
        await asyncio.sleep(0)
        waiting.cancel()
        await other
        assert store.statistics().records_synced == store.statistics().records_written

    run(main)


def test_segments_that_nobody_needs_go_when_a_snapshot_takes_their_place():
    async def main(disk):
        store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=2_000))
        log = store.log("orders")
        log.append(genesis())
        for index in range(1, 101):
            log.append(record(2, *entries(index, 1, data=bytes(100))))
        await log.sync()
        assert store.statistics().segments > 10
        meta = SnapshotMeta(90, 1, CONFIGURATION)
        log.append(record(3, snapshot=meta, compacted_index=85, compacted_term=1))
        await log.sync()
        assert store.statistics().segments <= 4
        assert len(disk.names()) == store.statistics().segments
        disk.crash()
        recovered = (await LogStore.open(disk, "a")).log("orders").recovered
        assert recovered is not None
        assert (recovered.snapshot, recovered.compacted_index) == (meta, 85)
        assert [entry.index for entry in recovered.entries] == list(range(86, 101))

    run(main)


def test_a_group_that_is_silent_keeps_its_entries_and_not_the_log():
    async def main(disk):
        settings = StoreSettings(segment_bytes=4_000)
        store = await LogStore.open(disk, "a", settings)
        silent, busy = store.log("silent"), store.log("busy")
        silent.append(genesis())
        silent.append(record(2, *entries(1, 20, data=b"kept")))
        silent.append(record(3, *entries(15, 3, term=2, data=b"new"), truncate_from=15))
        busy.append(genesis())
        for index in range(1, 1_001):
            busy.append(record(2, *entries(index, 1, data=bytes(100))))
            if index % 10 == 0:
                meta = SnapshotMeta(index, 1, CONFIGURATION)
                busy.append(record(2, snapshot=meta, compacted_index=index, compacted_term=1))
            await busy.sync()
            assert store.statistics().segments < 8
        disk.crash()
        store = await LogStore.open(disk, "a", settings)
        recovered = store.log("silent").recovered
        assert recovered is not None
        assert recovered.entries == entries(1, 14, data=b"kept") + entries(15, 3, 2, b"new")

    run(main)


def test_a_disk_that_is_full_leaves_what_was_acknowledged():
    async def main(disk):
        store = await LogStore.open(disk, "a", StoreSettings(fill_bytes=0))
        log = store.log("orders")
        log.append(genesis())
        log.append(record(2, *entries(1, 1)))
        await log.sync()
        used = sum(disk.open(name).size for name in disk.names())
        disk.profile = DiskProfile(capacity=used + 100)
        with pytest.raises(StoreBroken, match="No space left"):
            log.append(record(3, *entries(2, 1, data=bytes(200))))
        with pytest.raises(StoreBroken, match="No space left"):
            await log.sync()
        await store.close()
        disk.profile = DiskProfile()
        recovered = (await LogStore.open(disk, "a")).log("orders").recovered
        assert recovered is not None
        assert recovered.entries == entries(1, 1)

    run(main)


@pytest.mark.parametrize("verb", ["sync", "sync_names"])
def test_a_sync_that_fails_is_the_end(verb):
    async def main(disk):
        store = await LogStore.open(disk, "a", StoreSettings(segment_bytes=1))
        log = store.log("orders")
        log.append(genesis())
        disk.fail_next(verb)
        with pytest.raises(StoreBroken, match="Input/output error"):
            await log.sync()
        with pytest.raises(StoreBroken):
            log.append(record(2, *entries(1, 1)))
        with pytest.raises(StoreBroken):
            await log.sync()
        await store.close()

    run(main)


async def test_a_value_that_makes_no_sense_is_refused_though_its_checksum_is_right(
    disk, monkeypatch
):
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    log.append(genesis())
    monkeypatch.setattr(log, "_fits", lambda record: True)
    monkeypatch.setattr(type(log.state), "take", lambda *args: None)
    log.append(record(2, *entries(7, 1)))
    monkeypatch.undo()
    await store.close()
    with pytest.raises(LogCorrupted, match="7 follows on 0"):
        await LogStore.open(disk, "a")


@pytest.mark.parametrize(
    "error",
    [LogCorrupted("f", 3, "why"), FolderMismatch("f", "member", "a", "b"), StoreBroken("why")],
)
def test_errors_travel(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
