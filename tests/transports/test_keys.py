"""Key files and folders of them."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest
import zmq
import zmq.auth
from holon_transports.errors import KeyFileError
from holon_transports.keys import KeyFolder, _is_key, read_key_pair, write_key_pair
from holon_transports.security import Curve
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path):
    """A folder that knows a and b."""
    for name in "ab":
        public = write_key_pair(tmp_path / "own", name).public_path
        (tmp_path / "known").mkdir(exist_ok=True)
        public.rename(tmp_path / "known" / public.name)
    return tmp_path / "known"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_new_files_have_their_permissions_whatever_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        files = write_key_pair(tmp_path / "keys", "orders")
    finally:
        os.umask(before)
    assert mode(files.secret_path) == 0o600
    assert mode(files.public_path) & 0o133 == 0
    assert mode(tmp_path / "keys") == 0o700


def test_other_zeromq_programs_read_our_files_and_we_theirs(tmp_path):
    files = write_key_pair(tmp_path, "ours")
    public, secret = zmq.auth.load_certificate(files.secret_path)
    assert read_key_pair(files.secret_path) == type(read_key_pair(files.secret_path))(
        public, secret
    )
    _, theirs = zmq.auth.create_certificates(tmp_path, "theirs")
    Path(theirs).chmod(0o600)
    assert read_key_pair(theirs).secret == zmq.auth.load_certificate(theirs)[1]


def test_nothing_shows_a_secret(tmp_path):
    files = write_key_pair(tmp_path, "a")
    secret = read_key_pair(files.secret_path).secret.decode()
    (tmp_path / "known").mkdir()
    shown = (
        repr(read_key_pair(files.secret_path)),
        repr(Curve(files.secret_path, tmp_path / "known")),
    )
    assert secret not in "".join(shown)


@pytest.mark.parametrize("bits", [0o004, 0o040, 0o020, 0o002, 0o001])
def test_a_secret_that_others_can_reach_is_refused_with_the_remedy(tmp_path, bits):
    files = write_key_pair(tmp_path, "a")
    files.secret_path.chmod(0o600 | bits)
    with pytest.raises(KeyFileError, match=f"chmod 600 {files.secret_path}"):
        read_key_pair(files.secret_path)


def test_a_public_file_is_no_secret_one(tmp_path):
    files = write_key_pair(tmp_path, "a")
    with pytest.raises(KeyFileError, match=r"name the \.key_secret file"):
        read_key_pair(files.public_path)


def test_two_keys_that_do_not_belong_together_are_refused(tmp_path):
    one, other = write_key_pair(tmp_path, "one"), write_key_pair(tmp_path, "other")
    text = one.secret_path.read_text().replace(one.public_key, other.public_key)
    one.secret_path.write_text(text)
    with pytest.raises(KeyFileError, match="not that of its secret key"):
        read_key_pair(one.secret_path)


@pytest.mark.parametrize("content", ["", "scribble", 'public-key = "short"', "public-key = \0"])
def test_files_that_are_no_keys_are_refused(tmp_path, content):
    path = tmp_path / "a.key_secret"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError) as caught:
        read_key_pair(path)
    assert caught.value.path == str(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KeyFileError, match="No such file") as caught:
        Curve(tmp_path / "a.key_secret", tmp_path)
    assert pickle.loads(pickle.dumps(caught.value)).path == str(tmp_path / "a.key_secret")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_key_or_not_and_no_error(data):
    assert _is_key(data) in (True, False)


@given(st.binary(min_size=32, max_size=32))
def test_whatever_z85_writes_is_a_key(data):
    assert _is_key(z85.encode(data))


@pytest.mark.parametrize("key", [b"#" * 40, b"0" * 39, b"0" * 41, b"0" * 39 + b" ", b"%nSc1" * 8])
def test_what_z85_cannot_have_written_is_no_key(key):
    assert not _is_key(key)


def test_a_folder_knows_names_by_key_and_keys_by_name(folder):
    known = KeyFolder(folder)
    assert sorted(known.names) == ["a", "b"]
    for name in "ab":
        assert known.name_of(known.key_of(name)) == name
    assert known.name_of(zmq.curve_keypair()[0]) is None


def test_a_folder_without_a_name_says_which_file_is_missing(folder):
    with pytest.raises(KeyFileError, match="public key of 'c'") as caught:
        KeyFolder(folder).key_of("c")
    assert caught.value.path == str(folder / "c.key")


def test_files_of_other_kinds_in_the_folder_do_not_count(folder):
    write_key_pair(folder.parent, "c").secret_path.rename(folder / "c.key_secret")
    (folder / "README").write_text("keys of peers")
    assert sorted(KeyFolder(folder).names) == ["a", "b"]


def test_changes_are_seen_and_only_changes(folder):
    known = KeyFolder(folder)
    assert not known.refresh()
    (folder / "a.key").unlink()
    assert known.refresh()
    assert sorted(known.names) == ["b"]
    write_key_pair(folder.parent, "c").public_path.rename(folder / "c.key")
    assert known.refresh()
    assert sorted(known.names) == ["b", "c"]
    assert not known.refresh()


def test_a_file_that_was_overwritten_in_place_is_seen(folder):
    known = KeyFolder(folder)
    before = known.key_of("a")
    (folder / "a.key").write_text(write_key_pair(folder.parent, "x").public_path.read_text())
    os.utime(folder / "a.key", ns=(1, 1))  # however coarse the clock of the file system is
    assert known.refresh()
    assert known.key_of("a") != before
    assert known.name_of(before) is None


def test_a_bad_file_costs_its_own_peer_only(folder):
    known = KeyFolder(folder)
    (folder / "a.key").write_text("scribble")
    assert known.refresh()
    assert sorted(known.names) == ["b"]
    assert [problem.path for problem in known.problems] == [str(folder / "a.key")]


def test_a_folder_that_vanishes_leaves_nobody_authorised(folder):
    known = KeyFolder(folder)
    folder.rename(folder.parent / "elsewhere")
    assert known.refresh()
    assert not known.names


def test_one_key_cannot_have_two_names(folder):
    (folder / "c.key").write_text((folder / "a.key").read_text())
    with pytest.raises(KeyFileError, match=r"same key as a\.key"):
        KeyFolder(folder)


def test_what_everybody_can_write_is_no_authority(folder):
    (folder / "a.key").chmod(0o666)
    with pytest.raises(KeyFileError, match="chmod o-w"):
        KeyFolder(folder)
    (folder / "a.key").chmod(0o644)
    folder.chmod(0o777)
    with pytest.raises(KeyFileError, match="chmod o-w"):
        KeyFolder(folder)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(KeyFileError, match="is no folder"):
        KeyFolder(tmp_path / "nowhere")
