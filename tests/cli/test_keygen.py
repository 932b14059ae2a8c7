"""`holon keygen`."""

import json
import socket
import stat

import pytest
import zmq
import zmq.auth
from holon_transports.security import Curve


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_writes_two_files_and_only_one_of_them_is_secret(holon, tmp_path):
    ended = holon("keygen", "keys", "--name", "orders")
    assert ended.code == 0
    assert ended.out.splitlines() == ["keys/orders.key", "keys/orders.key_secret"]
    assert "show the other file to nobody" in ended.err
    public, secret = tmp_path / "keys/orders.key", tmp_path / "keys/orders.key_secret"
    assert mode(secret) == 0o600
    assert mode(tmp_path / "keys") == 0o700
    assert "secret-key" not in public.read_text()
    assert zmq.auth.load_certificate(public)[0] == zmq.auth.load_certificate(secret)[0]


def test_the_files_are_what_a_node_takes(holon, tmp_path):
    for folder in ("mine", "theirs"):
        assert holon("keygen", folder, "--name", folder).code == 0
    security = Curve(key=tmp_path / "mine/mine.key_secret", authorized=tmp_path / "theirs")
    assert list(security.folder().names) == ["theirs"]


def test_as_json_without_the_secret(holon, tmp_path):
    report = json.loads(holon("keygen", "keys", "--name", "orders", "--json").out)
    assert set(report) == {"name", "public_key", "public_path", "secret_path"}
    _, secret = zmq.auth.load_certificate(tmp_path / report["secret_path"])
    assert zmq.curve_public(secret).decode() == report["public_key"]


def test_the_name_is_that_of_the_host_unless_given(holon, tmp_path):
    ended = holon("keygen", ".")
    host = socket.gethostname().partition(".")[0]
    assert ended.code == 0
    assert (tmp_path / f"{host}.key").exists()
    assert repr(host) in ended.err
    assert "--name" in ended.err
    assert "--name" not in holon("keygen", ".", "--name", "orders").err


@pytest.mark.parametrize("present", ["a.key", "a.key_secret"])
def test_it_never_overwrites(holon, tmp_path, present):
    (tmp_path / present).write_text("precious")
    ended = holon("keygen", ".", "--name", "a")
    assert ended.code == 2
    assert present in ended.err
    assert "never overwritten" in ended.err
    assert [path.read_text() for path in tmp_path.glob("a.*")] == ["precious"]


@pytest.mark.parametrize("name", ["a/b", "../a", "a b"])
def test_a_name_that_no_system_can_have_is_refused(holon, tmp_path, name):
    ended = holon("keygen", "keys", f"--name={name}")
    assert ended.code == 2
    assert "name of a system" in ended.err
    assert not (tmp_path / "keys").exists()


def test_a_place_that_cannot_be_written_is_told(holon, tmp_path):
    (tmp_path / "file").write_text("")
    ended = holon("keygen", "file/keys", "--name", "a")
    assert ended.code == 2
    assert "cannot be written" in ended.err
