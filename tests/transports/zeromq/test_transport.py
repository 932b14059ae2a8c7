"""Frames over ZeroMQ, over files and over ports: what all transports promise."""

from __future__ import annotations

import random
import socket

import pytest
from holon_transports.keys import write_key_pair
from holon_transports.security import Curve
from holon_transports.zeromq import ZmqTransport

from tests.transports.conformance import Net, TransportSuite


class ZmqNet(Net):
    def transport(self, node):
        return ZmqTransport(system_name=node, rng=random.Random(1))


class IpcNet(ZmqNet):
    def __init__(self, folder) -> None:
        self.folder = folder

    def endpoint(self, node):
        return f"ipc://{self.folder}/{node}"


class TcpNet(ZmqNet):
    def __init__(self) -> None:
        self.ports: dict[str, int] = {}

    def endpoint(self, node):
        if node not in self.ports:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports[node] = free.getsockname()[1]
        return f"tcp://127.0.0.1:{self.ports[node]}"


class TestIpc(TransportSuite):
    @pytest.fixture
    def net(self, tmp_path):
        return IpcNet(tmp_path)


class TestTcp(TransportSuite):
    @pytest.fixture
    def net(self):
        return TcpNet()


class CurveNet(TcpNet):
    """Each node has a key, and all of them are known to all."""

    def __init__(self, folder) -> None:
        super().__init__()
        self.folder = folder
        for node in ("server", "client", "left", "right", "other"):
            self.add(node)
        for number in range(12):
            self.add(f"client-{number}")

    def add(self, node: str) -> None:
        public = write_key_pair(self.folder / "own", node).public_path
        (self.folder / "known").mkdir(exist_ok=True)
        public.rename(self.folder / "known" / public.name)

    def transport(self, node):
        secret = self.folder / "own" / f"{node}.key_secret"
        security = Curve(key=secret, authorized=self.folder / "known")
        return ZmqTransport(system_name=node, rng=random.Random(1), security=security)


class TestCurve(TransportSuite):
    @pytest.fixture
    def net(self, tmp_path):
        return CurveNet(tmp_path)
