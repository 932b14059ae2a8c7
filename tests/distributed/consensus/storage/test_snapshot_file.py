from __future__ import annotations

from zlib import crc32

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage import SnapshotCorrupted
from holon_actors.distributed.consensus.storage.snapshot_file import PartialFile, SnapshotReader
from holon_actors.storage import OsDisk
from tests.distributed.consensus.storage.kit import CONFIGURATION

DATA = bytes(range(256)) * 8
META = SnapshotMeta(7, 2, CONFIGURATION, len(DATA), crc32(DATA))


@pytest.fixture
def disk(tmp_path):
    disk = OsDisk(tmp_path)
    yield disk
    disk.close()


async def whole(disk: OsDisk, data: bytes = DATA) -> None:
    file = PartialFile(disk, "part")
    file.put(data[:100])
    file.put(data[100:])
    await file.finish("whole")


async def test_it_knows_what_it_consists_of(disk):
    file = PartialFile(disk, "part")
    for at in range(0, len(DATA), 300):
        file.put(DATA[at : at + 300])
    assert (file.size, file.checksum) == (META.size, META.checksum)
    file.close()


async def test_it_has_its_name_only_when_it_is_whole(disk):
    file = PartialFile(disk, "part")
    file.put(DATA)
    assert disk.names() == ["part"]
    await file.finish("whole")
    assert disk.names() == ["whole"]


async def test_what_a_crash_has_left_under_its_name_is_not_in_it(disk):
    disk.open("part", create=True).append(b"left" * 1_000)
    await whole(disk)
    assert disk.open("whole").size == len(DATA)


def test_one_that_is_discarded_is_gone_even_twice(disk):
    file = PartialFile(disk, "part")
    file.discard()
    file.discard()
    assert disk.names() == []


async def test_a_whole_one_is_read_and_checked(disk):
    await whole(disk)
    reader = SnapshotReader(disk.open("whole"), META)
    await reader.check()
    assert await reader.read_all() == DATA
    reader.close()


async def test_one_of_another_size_is_damaged(disk):
    await whole(disk, DATA[:-1])
    with pytest.raises(SnapshotCorrupted, match=f"{len(DATA) - 1} bytes instead of {len(DATA)}"):
        SnapshotReader(disk.open("whole"), META)
    assert not disk._files


async def test_one_that_has_changed_is_damaged(disk):
    await whole(disk, DATA[:-1] + b"?")
    reader = SnapshotReader(disk.open("whole"), META)
    with pytest.raises(SnapshotCorrupted, match="checksum"):
        await reader.check()
