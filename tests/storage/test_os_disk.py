"""Files of the operating system."""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from holon_actors.storage import DiskFull, DiskLocked, OsDisk, StorageError, SyncFailed
from holon_actors.storage import os_disk as module
from tests.storage.conformance import DiskSuite


@pytest.fixture
def disk(tmp_path: Path):
    disk = OsDisk(tmp_path / "data")
    yield disk
    disk.close()


class TestPromises(DiskSuite):
    pass


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_nothing_stays_open(tmp_path: Path):
    before = open_files()
    for _ in range(3):
        disk = OsDisk(tmp_path, lock=True)
        file = disk.open("log", create=True)
        await file.sync()
        await disk.sync_names()
        syncs = [asyncio.ensure_future(file.sync()), asyncio.ensure_future(disk.sync_names())]
        await asyncio.sleep(0)
        disk.close()
        await asyncio.gather(*syncs)
    assert open_files() == before


def test_files_and_folder_are_for_their_owner_alone(disk: OsDisk):
    disk.open("log", create=True)
    assert disk.folder.stat().st_mode & 0o777 == 0o700
    assert (disk.folder / "log").stat().st_mode & 0o777 == 0o600


def test_folders_and_hidden_files_are_not_files(disk: OsDisk):
    (disk.folder / "folder").mkdir()
    (disk.folder / ".hidden").touch()
    assert disk.names() == []
    assert not disk.exists("folder")
    with pytest.raises(StorageError, match="folder"):
        disk.open("folder")


def test_a_link_does_not_lead_out_of_the_folder(disk: OsDisk, tmp_path: Path):
    (tmp_path / "secret").write_bytes(b"secret")
    (disk.folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(StorageError, match="link"):
        disk.open("link")


async def test_the_loop_goes_on_while_a_sync_waits(disk: OsDisk, monkeypatch):
    gate = threading.Event()
    flushed_in: list[int] = []

    def flush(fd: int) -> None:
        flushed_in.append(threading.get_ident())
        assert gate.wait(30)

    monkeypatch.setattr(module.os, "fdatasync", flush)
    sync = asyncio.ensure_future(disk.open("log", create=True).sync())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not sync.done()
    gate.set()
    await sync
    assert flushed_in != [threading.get_ident()]


async def test_those_who_come_while_a_sync_runs_share_the_next(disk: OsDisk, monkeypatch):
    gate, begun = threading.Event(), threading.Event()
    count = []

    def flush(fd: int) -> None:
        count.append(fd)
        begun.set()
        assert gate.wait(30)

    monkeypatch.setattr(module.os, "fdatasync", flush)
    file = disk.open("log", create=True)
    first = asyncio.ensure_future(file.sync())
    await asyncio.to_thread(begun.wait, 30)
    later = [asyncio.ensure_future(file.sync()) for _ in range(50)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *later)
    assert len(count) == 2


def fail(fd: int) -> None:
    raise OSError(errno.EIO, "broken")


async def test_after_a_failed_sync_nothing_is_promised_any_more(disk: OsDisk, monkeypatch):
    file, other = disk.open("log", create=True), disk.open("other", create=True)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fdatasync", fail)
        with pytest.raises(SyncFailed, match="log") as caught:
            await file.sync()
    assert (caught.value.errno, caught.value.operation) == (errno.EIO, "sync")
    disk.rename("log", "moved")
    for handle in (disk.open("moved"), file):
        with pytest.raises(SyncFailed, match="earlier"):
            await handle.sync()
        assert handle.read(0, 1) == b""
        handle.close()
    await other.sync()
    disk.remove("moved")
    again = disk.open("moved", create=True)  # some systems give it the number of the old one
    await again.sync()


@pytest.mark.parametrize("end", ["remove", "replace"])
async def test_what_was_poisoned_stays_so_without_a_name_and_its_successor_does_not(
    disk: OsDisk, monkeypatch, end: str
):
    file = disk.open("log", create=True)
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fdatasync", fail)
        with pytest.raises(SyncFailed):
            await file.sync()
    disk.open("fresh", create=True).close()
    number = file.identity
    if end == "remove":
        disk.remove("log")
    else:
        disk.rename("fresh", "log")
    with pytest.raises(SyncFailed, match="earlier"):
        await file.sync()
    file.close()
    successor = disk.open("log", create=True)
    successor.identity = number  # as some systems number their files
    await successor.sync()
    disk.rename("log", "log")
    await successor.sync()


async def test_a_failed_sync_of_the_names_stays_failed(disk: OsDisk, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module.os, "fsync", fail)
        with pytest.raises(SyncFailed):
            await disk.sync_names()
    with pytest.raises(SyncFailed, match="earlier"):
        await disk.sync_names()


def test_a_full_disk_is_told_apart_and_short_writes_are_gone_on_with(disk: OsDisk, monkeypatch):
    written: list[int] = []
    write = os.pwrite

    def short(fd: int, data: memoryview, offset: int) -> int:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "full")
        written.append(write(fd, data[:2], offset))
        return written[-1]

    monkeypatch.setattr(module.os, "pwrite", short)
    file = disk.open("log", create=True)
    with pytest.raises(DiskFull, match="log"):
        file.append(b"abcdefgh")
    assert file.read(0, 99) == b"abcdef"


def test_short_reads_are_gone_on_with(disk: OsDisk, monkeypatch):
    file = disk.open("log", create=True)
    file.append(b"abcdefgh")
    read = os.pread
    monkeypatch.setattr(module.os, "pread", lambda fd, size, at: read(fd, min(size, 3), at))
    assert file.read(0, 99) == b"abcdefgh"
    assert file.read(1, 5) == b"bcdef"


def test_a_locked_folder_is_for_one(tmp_path: Path):
    first = OsDisk(tmp_path, lock=True)
    with pytest.raises(DiskLocked, match="uses the folder"):
        OsDisk(tmp_path, lock=True)
    assert first.names() == []
    first.close()
    OsDisk(tmp_path, lock=True).close()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path):
    code = (
        "import sys, os\n"
        "from holon_actors.storage import OsDisk\n"
        "disk = OsDisk(sys.argv[1], lock=True)\n"
        "print('locked', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(DiskLocked):
            OsDisk(tmp_path, lock=True)
        holder.kill()
        holder.wait()
    OsDisk(tmp_path, lock=True).close()


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        OsDisk(tmp_path / "file")


def test_errors_can_be_pickled_with_what_they_say():
    error = SyncFailed("/data/log", "sync", errno.EIO, "broken")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is SyncFailed
    assert str(copy) == str(error) == "sync '/data/log': broken"
    assert (copy.path, copy.operation, copy.errno) == ("/data/log", "sync", errno.EIO)
