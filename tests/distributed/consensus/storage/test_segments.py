from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.storage import FolderMismatch, LogCorrupted, LogStore
from holon_actors.distributed.consensus.storage.layout import HEADER, Kind
from holon_actors.distributed.consensus.storage.segments import (
    peek,
    read_records,
    read_segment,
    segment_name,
    segment_numbers,
)
from holon_actors.storage import OsDisk
from tests.distributed.consensus.storage.kit import entries, genesis, record


@pytest.fixture
async def disk(tmp_path):
    disk = OsDisk(tmp_path)
    store = await LogStore.open(disk, "a")
    log = store.log("orders")
    log.append(genesis())
    for index in range(1, 31):
        log.append(record(2, *entries(index, 1, data=bytes([index]) * 40_000)))
    await store.close()
    yield disk
    disk.close()


def test_files_with_other_names_are_no_segments(disk):
    for name in ("log-1", "log-0000000002.old", "alog-0000000002"):
        disk.open(name, create=True)
    assert segment_numbers(disk) == [1]
    assert segment_name(12) == "log-0000000012"


def test_a_beginning_is_read_without_the_rest(disk):
    found = peek(disk, 1, "a")
    assert found is not None
    assert (found.number, found.opening.owner, found.opening.head) == (1, "a", 1)


def test_a_beginning_is_for_its_owner(disk):
    with pytest.raises(FolderMismatch, match="'a', not 'b'"):
        peek(disk, 1, "b")


@pytest.mark.parametrize("size", [0, 10, HEADER, HEADER + 3, 2 * HEADER, 2 * HEADER + 8])
def test_a_beginning_that_is_cut_is_none(disk, size):
    disk.open(segment_name(1)).truncate(size)
    assert peek(disk, 1, "a") is None


def test_records_are_read_in_blocks(disk):
    file = disk.open(segment_name(1))
    kinds = [header.kind for header, _ in read_records(file, 1)]
    assert kinds == [Kind.OPENING, Kind.GROUP, *[Kind.RECORD] * 31, Kind.MARK]
    payloads = b"".join(payload for _, payload in read_records(file, 1))
    assert len(payloads) + HEADER * (1 + len(kinds)) == file.size == len(read_segment(disk, 1))


@pytest.mark.parametrize("offset", [HEADER + 1, 50_000, 700_000])
def test_a_segment_that_has_changed_is_not_read_on(disk, offset):
    file = disk.open(segment_name(1))
    file.write(offset, bytes([file.read(offset, 1)[0] ^ 1]))
    with pytest.raises(LogCorrupted, match="has changed") as caught:
        for _ in read_records(file, 1):
            pass
    assert caught.value.offset <= offset


def test_a_segment_that_has_become_shorter_is_not_read_on(disk):
    file = disk.open(segment_name(1))
    records = read_records(file, 1)
    next(records)
    file.truncate(file.size - HEADER)
    with pytest.raises(LogCorrupted, match="has changed"):
        for _ in records:
            pass
