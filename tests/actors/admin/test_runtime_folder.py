"""The folder where local systems are found."""

from __future__ import annotations

import json
import os
import socket
import stat
import tempfile

import pytest

from holon_actors import ActorSystem
from holon_actors.actors.admin import RuntimeFolderRefused, local_systems, runtime_folder
from holon_actors.actors.admin.runtime_folder import Place


async def test_a_system_is_found_while_it_runs_and_not_after(runtime_dir):
    async with ActorSystem("bank", attach=True), ActorSystem("shop", attach=True):
        found = local_systems()
        assert [each.name for each in found] == ["bank", "shop"]
        assert found[0].pid == os.getpid()
        assert found[0].endpoint is None
        assert len({each.socket for each in found}) == 2
    assert local_systems() == []


async def test_the_folder_and_what_is_in_it_are_for_the_user_alone(runtime_dir):
    async with ActorSystem("bank", attach=True):
        folder = runtime_folder()
        assert folder == runtime_dir / "holon"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (found,) = local_systems()
        assert stat.S_IMODE(os.lstat(found.socket).st_mode) == 0o600


def test_without_a_session_it_is_in_the_folder_for_temporary_files(monkeypatch, runtime_dir):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(runtime_dir))
    assert runtime_folder(create=True) == runtime_dir / f"holon-{os.getuid()}"


def test_a_session_of_another_user_is_not_ours_to_leave_a_folder_in(monkeypatch, runtime_dir):
    """As root has it in its environment after `sudo`."""
    monkeypatch.setattr(tempfile, "tempdir", str(runtime_dir))
    monkeypatch.setattr("os.getuid", lambda: 12345)
    assert runtime_folder() == runtime_dir / "holon-12345"


def test_nobody_is_there_before_anybody_was(runtime_dir):
    assert local_systems() == []
    assert not (runtime_dir / "holon").exists()


def test_a_folder_that_others_may_enter_is_refused(runtime_dir):
    (runtime_dir / "holon").mkdir(mode=0o755)
    with pytest.raises(RuntimeFolderRefused, match="chmod 700"):
        local_systems()


def test_a_link_or_a_file_in_its_place_is_refused(runtime_dir):
    (runtime_dir / "holon").symlink_to(runtime_dir)
    with pytest.raises(RuntimeFolderRefused, match="not a folder"):
        runtime_folder(create=True)
    (runtime_dir / "holon").unlink()


def test_a_folder_of_somebody_else_is_refused(runtime_dir, monkeypatch):
    (runtime_dir / "holon-12345").mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(runtime_dir))
    monkeypatch.setattr("os.getuid", lambda: 12345)
    with pytest.raises(RuntimeFolderRefused, match="belongs to user"):
        runtime_folder()


def test_a_path_too_long_for_a_socket_is_refused_early(runtime_dir, monkeypatch):
    deep = runtime_dir / ("d" * 120)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(RuntimeFolderRefused, match="too long"):
        Place(1)


def test_what_a_dead_process_left_is_removed(runtime_dir):
    place = Place(999_999)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(place.socket))
        server.listen()
        place.announce("ghost", 999_999, None)
        assert [each.name for each in local_systems()] == ["ghost"]
    assert local_systems() == []
    assert list((runtime_dir / "holon").iterdir()) == []


async def test_the_next_system_clears_away_what_a_dead_process_left(runtime_dir):
    place = Place(999_999)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(place.socket))
    place.announce("ghost", 999_999, None)
    alive = Place(1)
    alive.announce("not ours to judge", 1, None)
    async with ActorSystem("bank", attach=True):
        assert not place.socket.exists()
        assert len(list((runtime_dir / "holon").glob("*.json"))) == 2
    alive.remove()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 2}', "\x00" * 50, '{"format": 1}'])
def test_what_is_no_entry_is_passed_over(runtime_dir, text):
    path = runtime_folder(create=True) / "1-1.json"
    path.write_text(text)
    assert local_systems() == []
    path.unlink()


def test_an_entry_cannot_point_at_a_socket_elsewhere(runtime_dir):
    place = Place(1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(place.socket))
        server.listen()
        place.announce("bank", 1, None)
        entry = place.socket.with_suffix(".json")
        entry.write_text(json.dumps(json.loads(entry.read_text()) | {"socket": "/elsewhere"}))
        assert local_systems()[0].socket == str(place.socket)
    place.remove()


async def test_an_unsafe_folder_keeps_nobody_from_running(runtime_dir, caplog):
    (runtime_dir / "holon").mkdir(mode=0o755)
    async with ActorSystem("bank", attach=True) as system:
        assert system.lookup("/system/admin") is not None
    assert "bank cannot be attached to" in caplog.text
