"""A node under attack, and the first bytes of a conversation with it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct

from holon_transports.keys import write_key_pair
from holon_transports.security import Curve
from holon_transports.zeromq import ZmqSettings, ZmqTransport

from tests.transports.conformance import Node

SETTINGS = ZmqSettings(
    housekeeping_s=0.02,
    handshake_s=0.1,
    probe_s=0.1,
    probe_patience_s=0.2,
    connections_max=20,
    frame_bytes_max=1_000_000,
    frames_max=8,
    reconnect_first_s=0.01,
    reconnect_max_s=0.05,
)
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00"
NULL = GREETING + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x05READY"
TYPE = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"


def command(body: bytes) -> bytes:
    return b"\x04" + bytes([len(body)]) + body


class Site:
    """A server with or without keys, and a client that it likes."""

    def __init__(self, folder, *, keys: bool) -> None:
        self.folder, self.keys = folder, keys
        for name in ("server", "client") if keys else ():
            (folder / name).mkdir()
            files = write_key_pair(folder, name)
            (folder / "known").mkdir(exist_ok=True)
            files.public_path.rename(folder / "known" / f"{name}.key")

    def transport(self, node):
        security = None
        if self.keys:
            security = Curve(self.folder / f"{node}.key_secret", self.folder / "known")
        return ZmqTransport(
            system_name=node, rng=random.Random(1), security=security, settings=SETTINGS
        )


class Target(Node):
    """The node under attack; `serves` shows that it still does its work."""

    def __init__(self, site) -> None:
        super().__init__(site, "server", echo=True)
        self.site = site
        self.endpoint = self.transport.bind("tcp://127.0.0.1:0")
        self.port = int(self.endpoint.rpartition(":")[2])
        self.client = Node(site, "client")
        self.channel = self.client.transport.dial(self.endpoint, peer="server")

    async def serves(self) -> None:
        count = len(self.client.got)
        self.channel.send([b"still there?"])
        await self.client.wait_frames(count + 1)
        assert self.client.frames[-1] == [b"echo", b"still there?"]

    def close(self) -> None:
        self.client.transport.close()
        self.transport.close()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def connect_and_greet(self):
        """A connection whose handshake is done; without keys only."""
        reader, writer = await self.connect()
        writer.write(NULL + command(READY + TYPE))
        await reader.readuntil(READY + b"\x0bSocket-Type\0\0\0\x06ROUTER")
        return reader, writer

    async def throw(self, *steps: bytes, greeted: bool = False) -> bytes:
        """Send bytes on a connection of their own; what comes back until it is ended. Before each
        further step an answer is waited for.
        """
        reader, writer = await (self.connect_and_greet() if greeted else self.connect())
        try:
            for index, data in enumerate(steps):
                if index and not await reader.read(65536):
                    return b""
                writer.write(data)
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    async def throw_and_leave(self, data: bytes, *, greeted: bool = False) -> None:
        """The same without waiting for an end."""
        _, writer = await (self.connect_and_greet() if greeted else self.connect())
        writer.write(data)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
