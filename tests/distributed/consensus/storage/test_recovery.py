from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import LogCorrupted, LogStore, StoreSettings
from holon_actors.distributed.consensus.storage.layout import HEADER
from holon_actors.distributed.consensus.storage.recovery import recover
from holon_actors.distributed.consensus.storage.segments import segment_name, segment_numbers
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis, record
from tests.testing.disk_kit import run

PLAIN = StoreSettings(fill_bytes=0)
ONE_EACH = StoreSettings(segment_bytes=1, fill_bytes=0)


async def written(disk, settings=PLAIN, *, synced=3, unsynced=2) -> LogStore:
    """A log of entries of which the last ones are not durable."""
    store = await LogStore.open(disk, "a", settings)
    log = store.log("orders")
    log.append(genesis())
    for index in range(1, synced + 1):
        log.append(record(2, *entries(index, 1)))
        await log.sync()
    for index in range(synced + 1, synced + unsynced + 1):
        log.append(record(2, *entries(index, 1)))
    return store


async def indexes(disk, settings=PLAIN) -> list[int]:
    recovered = (await LogStore.open(disk, "a", settings)).log("orders").recovered
    assert recovered is not None
    return [entry.index for entry in recovered.entries]


def rewrite(disk, name: str, data: bytes) -> None:
    file = disk.open(name, create=True)
    file.truncate(0)
    file.write(0, data)
    file.close()


def last(disk) -> str:
    return segment_name(segment_numbers(disk)[-1])


def test_reading_changes_nothing():
    async def main(disk):
        await written(disk)
        file = disk.open(last(disk))
        file.append(b"torn")
        before = file.read(0, 10**6)
        found = await recover(disk, "a")
        assert len(found.segments) == 1
        assert file.read(0, 10**6) == before

    run(main)


@pytest.mark.parametrize("rest", [b"", b"torn", bytes(1000)])
def test_what_is_torn_at_the_end_is_cut(rest):
    async def main(disk):
        await written(disk)
        disk.open(last(disk)).append(rest)
        assert await indexes(disk) == [1, 2, 3, 4, 5]
        assert await indexes(disk) == [1, 2, 3, 4, 5]

    run(main)


@pytest.mark.parametrize("cut", range(1, 129, 12))
def test_a_record_that_was_never_durable_may_be_there_in_part(cut):
    async def main(disk):
        await written(disk)
        file = disk.open(last(disk))
        file.truncate(file.size - cut)
        assert await indexes(disk) == [1, 2, 3, 4]

    run(main)


def test_records_behind_one_that_was_never_durable_do_not_count():
    async def main(disk):
        store = await written(disk, synced=1, unsynced=0)
        log, file = store.log("orders"), disk.open(last(disk))
        start = file.size
        log.append(record(2, *entries(2, 1)))
        end = file.size
        log.append(record(3, *entries(3, 1)))
        file.write(start, bytes(end - start))
        assert await indexes(disk) == [1]

    run(main)


def test_a_blank_where_a_durable_record_was_is_damage():
    async def main(disk):
        store = await written(disk, synced=1, unsynced=0)
        log, file = store.log("orders"), disk.open(last(disk))
        start = file.size
        log.append(record(2, *entries(2, 1)))
        end = file.size
        await log.sync()
        log.append(record(3, *entries(3, 1)))
        file.write(start, bytes(end - start))
        with pytest.raises(LogCorrupted, match="was durable") as caught:
            await LogStore.open(disk, "a")
        assert (caught.value.file, caught.value.offset) == (last(disk), start)

    run(main)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_segment_that_is_missing_is_damage(gone):
    async def main(disk):
        store = await written(disk, ONE_EACH)
        await store.close()
        names = disk.names()
        disk.remove(names[gone])
        with pytest.raises(LogCorrupted, match="missing") as caught:
            await LogStore.open(disk, "a", ONE_EACH)
        assert caught.value.file == names[gone]

    run(main)


def test_segments_behind_one_that_never_was_durable_do_not_count():
    async def main(disk):
        settings = StoreSettings(segment_bytes=400, fill_bytes=0)
        store = await written(disk, settings, synced=2, unsynced=0)
        log, before = store.log("orders"), disk.names()
        for index in range(3, 10):
            log.append(record(2, *entries(index, 1)))
        disk.remove(next(name for name in disk.names() if name not in before))
        found = await indexes(disk, settings)
        assert found == list(range(1, len(found) + 1))
        assert 2 <= len(found) < 9
        assert await indexes(disk, settings) == found

    run(main)


def test_a_segment_that_lost_its_end_and_not_the_next_is_not_damage():
    async def main(disk):
        settings = StoreSettings(segment_bytes=1100, fill_bytes=0)
        await written(disk, settings, synced=2, unsynced=12)
        first, *later = disk.names()
        assert later
        file = disk.open(first)
        file.truncate(file.size - 160)
        found = await indexes(disk, settings)
        assert found == list(range(1, len(found) + 1))
        assert 2 <= len(found) < 14
        assert disk.names() == [first]

    run(main)


def test_a_beginning_that_is_torn_does_not_count():
    async def main(disk):
        await written(disk, ONE_EACH, synced=2, unsynced=1)
        name = last(disk)
        data = disk.open(name).read(0, 10**6)
        for size in (0, 5, HEADER, HEADER + 40):
            rewrite(disk, name, data[:size])
            found = await indexes(disk, ONE_EACH)
            assert found == list(range(1, len(found) + 1))
            assert len(found) >= 2
            assert disk.names()[-1] < name

    run(main)


def test_a_first_segment_that_is_torn_is_a_new_log():
    async def main(disk):
        await written(disk, synced=0, unsynced=0)
        disk.open(last(disk)).truncate(50)
        store = await LogStore.open(disk, "a")
        assert store.groups == ()
        assert len(disk.names()) == 1

    run(main)


@pytest.mark.parametrize("offset", [0, 17, 30, HEADER + 1, HEADER + 50])
def test_a_beginning_that_is_damaged_is_refused(offset):
    async def main(disk):
        store = await written(disk, ONE_EACH)
        await store.close()
        for name in disk.names():
            disk.corrupt(name, offset)
            with pytest.raises(LogCorrupted) as caught:
                await LogStore.open(disk, "a", ONE_EACH)
            assert caught.value.file == name
            disk.corrupt(name, offset)
        await LogStore.open(disk, "a", ONE_EACH)

    run(main)


def test_a_file_under_another_name_is_refused():
    async def main(disk):
        store = await written(disk, ONE_EACH)
        await store.close()
        names = disk.names()
        data = disk.open(names[1]).read(0, 10**6)
        rewrite(disk, names[2], data)
        with pytest.raises(LogCorrupted, match="segment") as caught:
            await LogStore.open(disk, "a", ONE_EACH)
        assert caught.value.file == names[2]

    run(main)


def test_an_older_copy_of_the_last_segment_is_refused_when_a_later_one_knows_better():
    async def main(disk):
        settings = StoreSettings(segment_bytes=1500, fill_bytes=0)
        store = await written(disk, settings, synced=3, unsynced=0)
        name = last(disk)
        older = disk.open(name).read(0, 10**6)
        log = store.log("orders")
        for index in range(4, 14):
            log.append(record(2, *entries(index, 1)))
            await log.sync()
        assert last(disk) != name
        rewrite(disk, name, older)
        with pytest.raises(LogCorrupted) as caught:
            await LogStore.open(disk, "a", settings)
        assert caught.value.reason.endswith("was durable")

    run(main)


def test_segments_that_came_back_are_not_read():
    async def main(disk):
        store = await LogStore.open(disk, "a", ONE_EACH)
        log = store.log("orders")
        log.append(genesis())
        for index in range(1, 6):
            log.append(record(2, *entries(index, 1)))
        await log.sync()
        first = disk.names()[0]
        data = disk.open(first).read(0, 10**6)
        meta = SnapshotMeta(5, 1, CONFIGURATION)
        log.append(record(3, snapshot=meta, compacted_index=4, compacted_term=1))
        log.append(record(4, *entries(6, 1)))
        await log.sync()
        assert first not in disk.names()
        rewrite(disk, first, data[:-1])
        assert await indexes(disk, ONE_EACH) == [5, 6]
        assert first not in disk.names()

    run(main)


def test_what_was_not_known_to_be_durable_is_written_again_before_it_counts():
    async def main(disk):
        await written(disk, synced=1, unsynced=2)
        writes = []
        kept = type(disk.open(last(disk))).write
        cls = type(disk.open(last(disk)))

        def write(file, offset, data):
            writes.append((offset, bytes(data)))
            kept(file, offset, data)

        cls.write = write
        try:
            assert await indexes(disk) == [1, 2, 3]
        finally:
            cls.write = kept
        [(offset, data)] = writes
        assert len(data) > 2 * 96
        assert offset + len(data) == disk.open(last(disk)).size
        disk.crash()
        assert await indexes(disk) == [1, 2, 3]

    run(main)
