"""Socket files: whose they are, and who may use them."""

from __future__ import annotations

import os
import random
import socket
import stat

import pytest
from holon_transports.endpoints import IpcEndpoint
from holon_transports.errors import EndpointInUse, InvalidEndpoint
from holon_transports.zeromq import ZmqTransport
from holon_transports.zeromq._ipc import take_over

from tests.transports.conformance import Node


class Site:
    def transport(self, node):
        return ZmqTransport(system_name=node, rng=random.Random(1))


@pytest.fixture
async def node():
    made = Node(Site(), "a")
    yield made
    made.transport.close()


def leave_a_dead_one(path):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


def names(folder):
    return [path.name for path in folder.iterdir()]


async def test_a_socket_file_is_for_its_user_alone_whatever_the_umask(node, tmp_path):
    before = os.umask(0)
    try:
        node.transport.bind(f"ipc://{tmp_path}/s")
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o600


async def test_a_relative_path_is_told_to_others_as_an_absolute_one(node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert node.transport.bind("ipc://s") == f"ipc://{tmp_path}/s"


async def test_the_file_of_somebody_who_is_gone_is_taken_over(node, tmp_path):
    leave_a_dead_one(tmp_path / "s")
    node.transport.bind(f"ipc://{tmp_path}/s")
    other = Node(Site(), "b")
    other.transport.dial(f"ipc://{tmp_path}/s").send([b"x"])
    await node.wait_frames(1)
    other.transport.close()


@pytest.mark.parametrize("backlog", [0, 5])
def test_the_file_of_somebody_who_listens_is_not(tmp_path, backlog):
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(tmp_path / "s"))
        living.listen(backlog)
        for _ in range(3):  # with no backlog the third finds the queue full
            with pytest.raises(EndpointInUse):
                take_over(IpcEndpoint(str(tmp_path / "s")))


async def test_a_file_that_is_no_socket_is_left_alone(node, tmp_path):
    (tmp_path / "s").write_text("precious")
    with pytest.raises(InvalidEndpoint, match="no socket"):
        node.transport.bind(f"ipc://{tmp_path}/s")
    assert (tmp_path / "s").read_text() == "precious"


async def test_a_folder_that_is_not_there_is_named(node, tmp_path):
    with pytest.raises(InvalidEndpoint, match="folder does not exist"):
        node.transport.bind(f"ipc://{tmp_path}/nowhere/s")


async def test_nothing_is_left_of_a_listener_that_has_closed(tmp_path):
    node = Node(Site(), "a")
    node.transport.bind(f"ipc://{tmp_path}/s")
    assert names(tmp_path) == ["s"]
    node.transport.close()
    assert names(tmp_path) == []


async def test_a_file_that_somebody_has_put_in_its_place_is_left_alone(tmp_path):
    node = Node(Site(), "a")
    node.transport.bind(f"ipc://{tmp_path}/s")
    (tmp_path / "other").write_text("somebody else's")
    (tmp_path / "other").rename(tmp_path / "s")
    node.transport.close()
    assert (tmp_path / "s").read_text() == "somebody else's"
