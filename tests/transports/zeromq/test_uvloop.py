"""The same promises on uvloop, whose `add_reader` is another one."""

from __future__ import annotations

import asyncio
import random

import pytest
from holon_transports.zeromq import ZmqSettings, ZmqTransport

from tests.transports.conformance import Net, TransportSuite

uvloop = pytest.importorskip("uvloop")

# The newest pytest-asyncio has a hook for it, which the others do not know.
pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy")


class IpcNet(Net):
    def __init__(self, folder) -> None:
        self.folder = folder

    def transport(self, node):
        settings = ZmqSettings(reconnect_first_s=0.01, reconnect_max_s=0.05)
        return ZmqTransport(system_name=node, rng=random.Random(1), settings=settings)

    def endpoint(self, node):
        return f"ipc://{self.folder}/{node}"


@pytest.fixture(scope="module")
def event_loop_policy():
    uvloop.new_event_loop().close()  # the first one opens a pipe that stays with the process
    return uvloop.EventLoopPolicy()


class TestOnUvloop(TransportSuite):
    @pytest.fixture
    def net(self, tmp_path):
        return IpcNet(tmp_path)

    async def test_it_is_uvloop_indeed(self, net):
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)
