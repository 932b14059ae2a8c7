"""What every disk promises, as one suite: subclass `DiskSuite` and give it a `disk`."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors.storage import Disk, FileMissing, InvalidFileName, StorageClosed


class DiskSuite:
    """The promises that need no crash."""

    def test_what_was_written_is_read_back_at_once(self, disk: Disk):
        file = disk.open("log", create=True)
        assert file.append(b"one") == 0
        assert file.append(memoryview(b"two")) == 3
        file.write(1, bytearray(b"NE"))
        assert file.read(0, 100) == b"oNEtwo"
        assert file.read(2, 2) == b"Et"
        assert file.size == 6

    def test_reading_past_the_end_gives_what_there_is(self, disk: Disk):
        file = disk.open("log", create=True)
        file.append(b"abc")
        assert file.read(2, 5) == b"c"
        assert file.read(3, 5) == file.read(99, 5) == b""
        assert file.read(1, 0) == b""

    def test_a_gap_reads_as_zeros(self, disk: Disk):
        file = disk.open("log", create=True)
        file.write(3, b"x")
        assert file.read(0, 9) == b"\0\0\0x"

    def test_wide_views_count_in_bytes(self, disk: Disk):
        file = disk.open("log", create=True)
        file.append(memoryview(bytes(16)).cast("Q"))
        assert file.size == 16

    def test_a_file_is_cut_and_lengthened(self, disk: Disk):
        file = disk.open("log", create=True)
        file.append(b"abcdef")
        file.truncate(2)
        file.truncate(4)
        assert file.read(0, 9) == b"ab\0\0"
        assert file.append(b"z") == 4

    def test_two_who_have_a_file_open_see_the_same(self, disk: Disk):
        first, second = disk.open("log", create=True), disk.open("log")
        first.append(b"x")
        assert second.read(0, 1) == b"x"

    def test_a_large_file_is_read_at_once(self, disk: Disk):
        file = disk.open("log", create=True)
        block = bytes(range(256)) * 4096
        for _ in range(3):
            file.append(block)
        assert file.read(0, 3 * len(block)) == block * 3

    @pytest.mark.parametrize(("offset", "size"), [(-1, 1), (0, -1)])
    def test_no_bytes_are_before_the_beginning(self, disk: Disk, offset, size):
        file = disk.open("log", create=True)
        with pytest.raises(ValueError, match="negative"):
            file.read(offset, size)
        with pytest.raises(ValueError, match="negative"):
            file.write(-1, b"x")
        with pytest.raises(ValueError, match="negative"):
            file.truncate(-1)

    def test_a_missing_file_is_named(self, disk: Disk):
        for verb in (
            lambda: disk.open("journal"),
            lambda: disk.remove("journal"),
            lambda: disk.rename("journal", "x"),
        ):
            with pytest.raises(FileMissing, match="journal") as caught:
                verb()
            assert isinstance(caught.value, FileNotFoundError)
            assert "journal" in caught.value.path
        assert disk.names() == []

    def test_create_opens_what_is_there(self, disk: Disk):
        disk.open("log", create=True).append(b"kept")
        assert disk.open("log", create=True).read(0, 9) == b"kept"

    def test_names_are_sorted(self, disk: Disk):
        for name in ("b", "a", "c.1"):
            disk.open(name, create=True)
        assert disk.names() == ["a", "b", "c.1"]
        assert disk.exists("a")
        assert not disk.exists("d")

    def test_a_removed_file_is_gone_but_for_who_has_it_open(self, disk: Disk):
        file = disk.open("log", create=True)
        file.append(b"x")
        disk.remove("log")
        assert not disk.exists("log")
        assert file.read(0, 1) == b"x"
        assert disk.open("log", create=True).size == 0

    def test_a_rename_replaces(self, disk: Disk):
        disk.open("old", create=True).append(b"old")
        new = disk.open("new", create=True)
        new.append(b"newer")
        disk.rename("new", "old")
        assert disk.names() == ["old"]
        assert disk.open("old").read(0, 9) == b"newer"
        new.append(b"!")
        assert disk.open("old").size == 6

    def test_a_rename_to_itself_changes_nothing(self, disk: Disk):
        disk.open("log", create=True).append(b"x")
        disk.rename("log", "log")
        assert disk.open("log").size == 1

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a\0b", "ü", "a" * 201]
    )
    def test_a_name_leads_nowhere_else(self, disk: Disk, name):
        for verb in (
            lambda: disk.open(name, create=True),
            lambda: disk.exists(name),
            lambda: disk.remove(name),
            lambda: disk.rename("log", name),
        ):
            with pytest.raises(InvalidFileName):
                verb()

    async def test_syncs_end(self, disk: Disk):
        file = disk.open("log", create=True)
        file.append(b"x")
        await file.sync()
        await disk.sync_names()
        await asyncio.gather(*(file.sync() for _ in range(20)), disk.sync_names())

    async def test_who_stops_waiting_for_a_sync_takes_nothing_from_the_others(self, disk: Disk):
        file = disk.open("log", create=True)
        waiting = [asyncio.ensure_future(file.sync()) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        waiting[3].cancel()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(end).__name__ for end in ended] == [
            "CancelledError",
            "NoneType",
            "NoneType",
            "CancelledError",
            "NoneType",
        ]

    async def test_a_file_may_be_closed_while_it_is_synced(self, disk: Disk):
        file = disk.open("log", create=True)
        sync = asyncio.ensure_future(file.sync())
        await asyncio.sleep(0)
        file.close()
        await sync

    async def test_a_closed_file_takes_no_more_verbs(self, disk: Disk):
        file = disk.open("log", create=True)
        file.close()
        file.close()
        for verb in (
            lambda: file.size,
            lambda: file.read(0, 1),
            lambda: file.append(b"x"),
            lambda: file.truncate(0),
        ):
            with pytest.raises(StorageClosed, match="log"):
                verb()
        with pytest.raises(StorageClosed):
            await file.sync()

    async def test_a_closed_disk_takes_no_more_verbs_and_closes_its_files(self, disk: Disk):
        file = disk.open("log", create=True)
        disk.close()
        disk.close()
        for verb in (
            lambda: file.read(0, 1),
            lambda: disk.open("log"),
            lambda: disk.names(),
            lambda: disk.exists("log"),
            lambda: disk.remove("log"),
        ):
            with pytest.raises(StorageClosed):
                verb()
        with pytest.raises(StorageClosed):
            await disk.sync_names()
