"""The disk that can crash."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors.errors import ConfigError
from holon_actors.storage import (
    DiskFull,
    FileMissing,
    StorageClosed,
    StorageError,
    SyncFailed,
)
from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing.delays import Constant
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.profiles import DiskProfile
from tests.storage.conformance import DiskSuite
from tests.testing.disk_kit import run


class TestPromises(DiskSuite):
    @pytest.fixture
    async def disk(self):
        return SimDisk(asyncio.get_running_loop(), SeededChoices(0).stream("disk"))


def test_a_sync_takes_its_time_and_covers_what_was_written_before_it() -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        await disk.sync_names()
        file.append(b"before")
        sync = asyncio.ensure_future(file.sync())
        await asyncio.sleep(0)
        file.append(b"after")
        assert disk.durable("log") == b""
        begun = asyncio.get_running_loop().time()
        await sync
        assert asyncio.get_running_loop().time() - begun == 0.25
        assert disk.durable("log") == b"before"
        disk.crash()
        assert disk.open("log").read(0, 99) == b"before"

    run(main, DiskProfile(sync=Constant(0.25)))


def test_a_new_file_needs_its_name_synced_too() -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        file.append(b"x")
        await file.sync()
        disk.crash()
        assert disk.names() == []

    run(main)


def test_a_rename_survives_whole_or_not_at_all() -> None:
    async def main(disk: SimDisk) -> str:
        for name in ("old", "new"):
            file = disk.open(name, create=True)
            file.append(name.encode())
            await file.sync()
        await disk.sync_names()
        disk.rename("new", "old")
        disk.crash()
        return f"{disk.names()} {disk.open('old').read(0, 9).decode()}"

    seen = {run(main, DiskProfile(survival=0.5), seed=seed) for seed in range(20)}
    assert seen == {"['new', 'old'] old", "['old'] new"}


def test_a_crash_during_a_sync_may_lose_what_it_was_to_save() -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        await disk.sync_names()
        file.append(b"x")
        sync = asyncio.ensure_future(file.sync())
        await asyncio.sleep(0)
        disk.crash()
        with pytest.raises(StorageClosed):
            await sync
        with pytest.raises(StorageClosed):
            file.read(0, 1)
        await asyncio.sleep(1)  # a sync that had begun before must not end now
        assert disk.open("log").size == 0

    run(main)


def test_a_torn_write_keeps_its_beginning_and_what_came_before() -> None:
    async def main(disk: SimDisk) -> bytes:
        file = disk.open("log", create=True)
        await disk.sync_names()
        for block in (b"aaaa", b"bbbb", b"cccc"):
            file.append(block)
        disk.crash(torn=True)
        return disk.open("log").read(0, 99)

    seen = {run(main, seed=seed) for seed in range(200)}
    assert seen == {b"aaaabbbbcccc"[:n] for n in range(12)}


def test_unsynced_changes_survive_in_no_order() -> None:
    async def main(disk: SimDisk) -> bytes:
        files = [disk.open(name, create=True) for name in "xy"]
        await disk.sync_names()
        for file in files:
            file.append(b"12")
            file.append(b"34")
        disk.crash()
        return b"/".join(disk.open(name).read(0, 9) for name in "xy")

    seen = {run(main, DiskProfile(survival=0.5), seed=seed) for seed in range(300)}
    contents = [b"", b"12", b"\0\x0034", b"1234"]
    assert seen == {x + b"/" + y for x in contents for y in contents}


def test_a_failed_sync_poisons_its_file_until_the_node_starts_again() -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        disk.fail_next("sync")
        with pytest.raises(SyncFailed, match="log"):
            await file.sync()
        for handle in (file, disk.open("log")):
            with pytest.raises(SyncFailed, match="earlier"):
                await handle.sync()
        disk.fail_next("sync_names")
        with pytest.raises(SyncFailed):
            await disk.sync_names()
        with pytest.raises(SyncFailed, match="earlier"):
            await disk.sync_names()
        disk.crash()
        await disk.open("log", create=True).sync()
        await disk.sync_names()

    run(main)


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        ("open", lambda disk, file: disk.open("log")),
        ("read", lambda disk, file: file.read(0, 1)),
        ("write", lambda disk, file: file.append(b"x")),
        ("truncate", lambda disk, file: file.truncate(0)),
        ("remove", lambda disk, file: disk.remove("log")),
        ("rename", lambda disk, file: disk.rename("log", "x")),
    ],
)
def test_any_verb_can_be_made_to_fail_once(verb, call) -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        file.append(b"kept")
        disk.fail_next(verb)
        with pytest.raises(StorageError, match="log"):
            call(disk, file)
        assert disk.open("log").read(0, 9) == b"kept"
        call(disk, file)

    run(main)


def test_a_verb_that_is_none_is_refused() -> None:
    async def main(disk: SimDisk) -> None:
        with pytest.raises(ConfigError, match="fsync"):
            disk.fail_next("fsync")

    run(main)


def test_some_verbs_fail_where_the_profile_says_so() -> None:
    async def main(disk: SimDisk) -> int:
        file = disk.open("log", create=True)
        failed = 0
        for _ in range(1_000):
            try:
                file.append(b"x")
            except StorageError:
                failed += 1
        assert file.size == 1_000 - failed
        return failed

    assert 60 < run(main, DiskProfile(error=0.1), trace=None) < 140
    assert run(main) == 0


def test_a_full_disk_takes_what_fits() -> None:
    async def main(disk: SimDisk) -> None:
        disk.open("other", create=True).append(b"123")
        file = disk.open("log", create=True)
        with pytest.raises(DiskFull):
            file.append(b"abcdefgh")
        assert file.read(0, 99) == b"abcdefg"
        file.write(0, b"ABC")  # over what is there
        with pytest.raises(DiskFull):
            file.append(b"x")
        disk.remove("other")
        file.append(b"xyz")
        assert file.size == 10

    run(main, DiskProfile(capacity=10))


def test_a_bit_that_rots_stays_rotten() -> None:
    async def main(disk: SimDisk) -> None:
        file = disk.open("log", create=True)
        await disk.sync_names()
        file.append(bytes(100))
        await file.sync()
        disk.profile = DiskProfile(rot=1.0)
        bad = file.read(0, 100)
        assert sum(byte.bit_count() for byte in bad) == 1
        disk.profile = DiskProfile()
        assert file.read(0, 100) == bad
        disk.crash()
        assert disk.open("log").read(0, 100) == bad
        disk.corrupt("log", bad.index(max(bad)), max(bad).bit_length() - 1)
        assert disk.open("log").read(0, 100) == bytes(100)
        with pytest.raises(FileMissing):
            disk.corrupt("nothing", 0)

    run(main)


def test_a_sync_lies_only_when_told_to() -> None:
    async def main(disk: SimDisk) -> bytes:
        file = disk.open("log", create=True)
        await disk.sync_names()
        file.append(b"x")
        await file.sync()
        disk.crash()
        return disk.open("log").read(0, 1) if disk.exists("log") else b"no file"

    assert {run(main, seed=seed) for seed in range(30)} == {b"x"}
    lying = {run(main, DiskProfile(lies=True), seed=seed) for seed in range(30)}
    assert lying == {b"x", b"", b"no file"}


def test_a_disk_can_be_used_again_after_it_was_closed() -> None:
    async def main(disk: SimDisk) -> None:
        disk.open("log", create=True).append(b"x")
        disk.close()
        assert disk.reopen().open("log").size == 1
        disk.close()
        disk.crash()
        assert disk.names() == []

    run(main)


def test_faults_are_told() -> None:
    told: list[tuple[str, str, str]] = []

    async def main(disk: SimDisk) -> None:
        disk.open("log", create=True).append(b"abc")
        disk.crash(torn=True)
        disk.fail_next("open")
        with pytest.raises(StorageError):
            disk.open("log", create=True)

    run(main, seed=3, trace=lambda *event: told.append(event))
    kinds = [kind for kind, node, text in told if node == "a"]
    assert kinds == ["torn", "lost", "failed"]
