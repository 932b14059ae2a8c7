from __future__ import annotations

import asyncio
import pickle
from zlib import crc32

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import (
    LogStore,
    SnapshotCorrupted,
    Snapshots,
    StoreBroken,
)
from holon_actors.distributed.consensus.storage.snapshots import is_snapshot
from holon_actors.storage import FileMissing, OsDisk, StorageError
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import CONFIGURATION, genesis, record
from tests.testing.disk_kit import run

DATA = bytes(range(256)) * 20
META = SnapshotMeta(7, 2, CONFIGURATION, len(DATA), crc32(DATA))


@pytest.fixture
def disk(tmp_path):
    disk = OsDisk(tmp_path)
    yield disk
    disk.close()


@pytest.fixture
def snapshots(disk):
    return Snapshots(disk, 1)


def pieces(size: int = 1000):
    return [DATA[at : at + size] for at in range(0, len(DATA), size)]


async def test_what_is_saved_is_read(snapshots):
    meta = await snapshots.save(7, 2, CONFIGURATION, pieces())
    assert meta == META
    assert await snapshots.load(meta) == DATA
    reader = snapshots.open(meta)
    assert reader.read(500, 100) == DATA[500:600]
    assert reader.read(len(DATA) - 5, 100) == DATA[-5:]
    assert snapshots.open(meta) is reader
    snapshots.close()


async def test_a_piece_may_be_large(snapshots):
    data = DATA * 1000
    meta = await snapshots.save(7, 2, CONFIGURATION, [data])
    assert await snapshots.load(meta) == data


async def test_a_snapshot_without_a_byte_is_our_mistake(snapshots):
    writer = snapshots.create(7, 2)
    with pytest.raises(ValueError, match="without a byte"):
        await writer.finish(CONFIGURATION)
    writer.discard()


async def test_one_that_is_given_up_leaves_nothing(snapshots, disk):
    writer = snapshots.create(7, 2)
    await writer.write(DATA)
    writer.discard()
    assert disk.names() == []


async def test_chunks_become_a_snapshot(snapshots):
    for at, piece in enumerate(pieces()):
        assert snapshots.receive(META, at * 1000, piece) == at * 1000 + len(piece)
    assert not snapshots.holds(META)
    await snapshots.accept(META)
    assert snapshots.holds(META)
    assert await snapshots.load(META) == DATA


async def test_chunks_that_do_not_follow_are_not_taken(snapshots):
    assert snapshots.receive(META, 1000, DATA[1000:2000]) == 0
    assert snapshots.receive(META, 0, DATA[:1000]) == 1000
    assert snapshots.receive(META, 500, DATA[500:1500]) == 1000
    assert snapshots.receive(META, 2000, DATA[2000:3000]) == 1000
    assert snapshots.receive(META, 1000, DATA[1000:]) == len(DATA)
    await snapshots.accept(META)


async def test_at_its_beginning_it_begins_anew(snapshots, disk):
    snapshots.receive(META, 0, b"of another leader")
    assert snapshots.receive(META, 0, DATA) == len(DATA)
    await snapshots.accept(META)
    assert len(disk.names()) == 1


async def test_another_one_takes_the_place_of_what_is_being_received(snapshots, disk):
    other = SnapshotMeta(9, 2, CONFIGURATION, 3, crc32(b"new"))
    snapshots.receive(META, 0, DATA[:1000])
    assert snapshots.receive(other, 0, b"new") == 3
    assert snapshots.receive(META, 1000, DATA[1000:2000]) == 0
    await snapshots.accept(other)
    assert disk.names() == [snapshots.name(other)]


@pytest.mark.parametrize(
    "data", [DATA[:-1], DATA + b"x", DATA[:-1] + b"?"], ids=["short", "long", "changed"]
)
async def test_what_does_not_match_is_refused_and_gone(snapshots, disk, data):
    snapshots.receive(META, 0, data)
    with pytest.raises(SnapshotCorrupted, match="size and checksum"):
        await snapshots.accept(META)
    assert disk.names() == []
    with pytest.raises(SnapshotCorrupted, match="nothing of it"):
        await snapshots.accept(META)


async def test_the_next_may_begin_while_one_is_accepted(snapshots):
    other = SnapshotMeta(9, 2, CONFIGURATION, 3, crc32(b"new"))
    snapshots.receive(META, 0, DATA)
    accepting = asyncio.ensure_future(snapshots.accept(META))
    await asyncio.sleep(0)
    snapshots.receive(other, 0, b"new")
    await accepting
    await snapshots.accept(other)
    assert await snapshots.load(META) == DATA
    assert await snapshots.load(other) == b"new"


async def test_one_that_is_not_there_is_missing(snapshots):
    with pytest.raises(FileMissing):
        snapshots.open(META)
    with pytest.raises(FileMissing):
        await snapshots.load(META)


async def test_a_newer_one_takes_the_place_of_the_older(snapshots, disk):
    old = await snapshots.save(7, 2, CONFIGURATION, [b"old"])
    same_index = await snapshots.save(8, 2, CONFIGURATION, [b"one"])
    new = await snapshots.save(8, 2, CONFIGURATION, [b"two"])
    later = await snapshots.save(9, 2, CONFIGURATION, [b"later"])
    snapshots.remove_before(new)
    assert disk.names() == sorted(map(snapshots.name, (new, later)))
    with pytest.raises(FileMissing):
        snapshots.open(old)
    assert not snapshots.holds(same_index)


async def test_one_that_is_being_read_stays_until_it_is_not(snapshots, disk):
    metas = [await snapshots.save(index, 2, CONFIGURATION, pieces()) for index in range(1, 6)]
    snapshots.open(metas[0])
    snapshots.remove_before(metas[1])
    snapshots.open(metas[0])
    snapshots.remove_before(metas[2])
    assert disk.exists(snapshots.name(metas[0]))
    assert not disk.exists(snapshots.name(metas[1]))
    snapshots.remove_before(metas[3])
    assert not disk.exists(snapshots.name(metas[0]))


# With the log


async def stored(disk) -> tuple[LogStore, SnapshotMeta]:
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    log.append(genesis())
    meta = await log.snapshots.save(7, 2, CONFIGURATION, pieces())
    log.append(record(2, snapshot=meta, reset=True))
    await log.sync()
    return store, meta


async def test_a_record_refers_only_to_what_is_durable(disk):
    log = (await LogStore.open(disk, "a")).log("orders")
    log.append(genesis())
    with pytest.raises(AssertionError, match="not durable"):
        log.append(record(2, snapshot=META, reset=True))


def test_a_snapshot_survives_a_crash_with_its_record():
    async def main(disk):
        _, meta = await stored(disk)
        disk.crash()
        log = (await LogStore.open(disk, "a")).log("orders")
        assert log.recovered is not None
        assert log.recovered.snapshot == meta
        assert await log.snapshots.load(meta) == DATA

    run(main)


def test_the_older_one_goes_only_when_the_record_of_the_newer_is_durable():
    async def main(disk):
        store, old = await stored(disk)
        log = store.log("orders")
        new = await log.snapshots.save(9, 2, CONFIGURATION, [b"new"])
        log.append(record(3, snapshot=new, reset=True))
        assert disk.exists(log.snapshots.name(old))
        disk.crash()
        store = await LogStore.open(disk, "a")
        log = store.log("orders")
        assert log.recovered is not None
        assert log.recovered.snapshot == old
        assert not disk.exists(log.snapshots.name(new))
        new = await log.snapshots.save(9, 2, CONFIGURATION, [b"new"])
        log.append(record(3, snapshot=new, reset=True))
        await log.sync()
        assert not disk.exists(log.snapshots.name(old))

    run(main)


@pytest.mark.parametrize("harm", ["missing", "short", "flipped"])
def test_a_record_whose_snapshot_is_damaged_is_refused(harm):
    async def main(disk):
        store, meta = await stored(disk)
        name = store.log("orders").snapshots.name(meta)
        await store.close()
        if harm == "missing":
            disk.remove(name)
        elif harm == "short":
            disk.open(name).truncate(100)
        else:
            disk.corrupt(name, 77)
        with pytest.raises(SnapshotCorrupted, match=name):
            await LogStore.open(disk, "a")

    run(main)


def test_what_no_record_refers_to_is_gone_after_a_restart():
    async def main(disk):
        store, meta = await stored(disk)
        log = store.log("orders")
        await log.snapshots.save(9, 2, CONFIGURATION, [b"not recorded"])
        log.snapshots.receive(SnapshotMeta(11, 2, CONFIGURATION, 99, 5), 0, b"part")
        await log.snapshots.create(12, 2).write(b"part")
        disk.profile = DiskProfile(survival=1.0)
        disk.crash()
        log = (await LogStore.open(disk, "a")).log("orders")
        assert [n for n in disk.names() if not n.startswith("log-")] == [log.snapshots.name(meta)]

    run(main)


def test_a_disk_that_fails_fails_the_snapshot():
    async def main(disk):
        store, _ = await stored(disk)
        log = store.log("orders")
        disk.fail_next("sync")
        with pytest.raises(StorageError):
            await log.snapshots.save(9, 2, CONFIGURATION, [b"new"])
        await log.snapshots.save(9, 2, CONFIGURATION, [b"new"])

    run(main)


def test_an_old_one_that_can_not_be_removed_breaks_the_store():
    async def main(disk):
        store, _ = await stored(disk)
        log = store.log("orders")
        new = await log.snapshots.save(9, 2, CONFIGURATION, [b"new"])
        log.append(record(3, snapshot=new, reset=True))
        disk.fail_next("remove")
        with pytest.raises(StoreBroken):
            await log.sync()

    run(main)


def test_the_error_travels():
    error = pickle.loads(pickle.dumps(SnapshotCorrupted("f", "why")))
    assert (error.file, error.reason) == ("f", "why")


def test_files_of_others_are_no_snapshots(snapshots):
    assert is_snapshot(snapshots.name(META))
    assert is_snapshot("partial-1-12")
    for name in ("snapshot-of-friday", "snapshot-1-2-3-4", "partial-1", "partial-list.txt"):
        assert not is_snapshot(name)


async def test_a_state_that_can_not_be_told_leaves_nothing(snapshots, disk):
    def failing():
        yield DATA
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await snapshots.save(7, 2, CONFIGURATION, failing())
    assert disk.names() == []


async def test_what_is_received_when_it_is_closed_is_let_go(snapshots, disk):
    snapshots.receive(META, 0, DATA[:1000])
    assert len(disk._files) == 1
    snapshots.close()
    assert not disk._files
    assert snapshots.receive(META, 1000, DATA[1000:]) == 0


def test_one_of_the_same_index_that_a_later_record_refers_to_stays():
    async def main(disk):
        store = await LogStore.open(disk, "a")
        log = store.log("orders")
        log.append(genesis())
        one = await log.snapshots.save(5, 1, CONFIGURATION, [b"one"])
        log.append(record(2, snapshot=one, reset=True))
        two = await log.snapshots.save(5, 2, CONFIGURATION, [b"two"])
        syncing = asyncio.ensure_future(log.sync())
        await asyncio.sleep(0)
        log.append(record(3, snapshot=two, reset=True))
        await syncing
        assert await log.snapshots.load(two) == b"two"
        await log.sync()
        assert [n for n in disk.names() if is_snapshot(n)] == [log.snapshots.name(two)]

    run(main)
