"""Channels that this side began: they go on until they are closed."""

from __future__ import annotations

import asyncio
import random
import socket
from contextvars import copy_context
from io import BytesIO
from types import SimpleNamespace

import pytest
import zmq
from holon_transports.endpoints import TcpEndpoint
from holon_transports.errors import InvalidEndpoint
from holon_transports.keys import KeyPair
from holon_transports.zeromq import ZmqSettings, ZmqTransport, _dialled
from holon_transports.zeromq._connection import hang_up
from holon_transports.zeromq._dialled import DialledChannel, Secured

from tests.transports.conformance import Node, send_until
from tests.transports.zeromq.fakes import Loop, Socket

SETTINGS = ZmqSettings(
    frame_bytes_max=100_000,
    reconnect_first_s=0.01,
    reconnect_max_s=0.05,
    linger_s=0.2,
    housekeeping_s=0.02,
)


class Site:
    def __init__(self, settings=SETTINGS) -> None:
        self.settings = settings

    def transport(self, node):
        return ZmqTransport(system_name=node, rng=random.Random(1), settings=self.settings)


@pytest.fixture
def make():
    nodes = []

    def start(name, settings=SETTINGS, **options):
        nodes.append(Node(Site(settings), name, **options))
        return nodes[-1]

    yield start
    for node in nodes:
        node.transport.close()


def unused_endpoint():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


def break_connection(server):
    listener = server.transport._listeners[0]
    for channel in listener._channels.values():
        hang_up(channel.descriptor, listener.endpoint)


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
async def test_both_ends_keep_their_channel_over_a_broken_connection(make, scheme, tmp_path):
    server, client = make("server", echo=True), make("client")
    place = "tcp://127.0.0.1:0" if scheme == "tcp" else f"ipc://{tmp_path}/s"
    channel = client.transport.dial(server.transport.bind(place))
    disconnects = []
    heard = channel._monitor._heard
    channel._monitor._heard = lambda event: (disconnects.append(event.kind), heard(event))
    for round_number in range(3):
        tag = b"%d" % round_number
        await send_until(channel, [tag], lambda tag=tag: [b"echo", tag] in client.frames)
        break_connection(server)
    assert set(client.by_channel) == {channel}
    assert len(server.by_channel) == 1
    assert disconnects.count(zmq.EVENT_DISCONNECTED) >= 2  # it was really broken
    assert client.breaks == server.breaks == []


async def test_what_is_sent_while_nobody_is_there_arrives_in_order_later(make):
    client, endpoint = make("client"), unused_endpoint()
    channel = client.transport.dial(endpoint)
    for n in range(100):
        assert channel.send([b"%d" % n])
    server = make("server")
    server.transport.bind(endpoint)
    await server.wait_frames(100)
    assert server.frames == [[b"%d" % n] for n in range(100)]


async def test_a_peer_that_breaks_the_protocol_is_called_again(make):
    """libzmq itself would never connect again after a frame beyond the limit."""
    client = make("client")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as server:
        server.linger = 0
        port = server.bind_to_random_port("tcp://127.0.0.1")
        channel = client.transport.dial(f"tcp://127.0.0.1:{port}")
        channel.send([b"hello"])
        identity, _ = await asyncio.to_thread(server.recv_multipart)
        server.send_multipart([identity, bytes(200_000)])
        server.rcvtimeo = 20

        def heard():
            try:
                return server.recv_multipart()[1] == b"again"
            except zmq.Again:
                return False

        async with asyncio.timeout(10):
            while not await asyncio.to_thread(heard):
                channel.send([b"again"])
        server.send_multipart([identity, b"small"])
        await client.wait_frames(1)
        assert client.frames == [[b"small"]]


async def test_a_channel_without_room_while_nobody_is_there_tells_once_somebody_is(make):
    settings = ZmqSettings(sends_queued_max=10, reconnect_first_s=0.01, reconnect_max_s=0.05)
    client, endpoint = make("client", settings), unused_endpoint()
    channel = client.transport.dial(endpoint)
    taken = 0
    while channel.send([b"%d" % taken]):
        taken += 1
    assert taken == 10
    server = make("server")
    server.transport.bind(endpoint)
    await client.wait_until(lambda: client.drained_channels == [channel])
    await server.wait_frames(10)


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:0", "inproc://x"])
async def test_some_endpoints_cannot_be_dialled(make, endpoint):
    with pytest.raises(InvalidEndpoint):
        make("client").transport.dial(endpoint)


async def test_closing_does_not_wait_for_who_is_not_there(make):
    """The fixture waits for the thread that ends the context, which the linger bounds."""
    client = make("client")
    channel = client.transport.dial("tcp://127.0.0.1:9")
    assert channel.send([b"never read"])
    loop = asyncio.get_running_loop()
    before = loop.time()
    client.transport.close()
    assert loop.time() - before < 5  # and not for ever, as libzmq would by default


async def test_over_ipv6(make):
    server, client = make("server", echo=True), make("client")
    try:
        endpoint = server.transport.bind("tcp://[::1]:0")
    except InvalidEndpoint:
        pytest.skip("this machine has no IPv6")
    assert endpoint.startswith("tcp://[::1]:")
    client.transport.dial(endpoint).send([b"six"])
    await client.wait_frames(1)


async def test_localhost_is_this_machine_for_both_sides(make):
    server, client = make("server", echo=True), make("client")
    endpoint = server.transport.bind("tcp://localhost:0")
    assert endpoint.startswith("tcp://127.0.0.1:")
    client.transport.dial(endpoint.replace("127.0.0.1", "localhost")).send([b"hi"])
    await client.wait_frames(1)


async def test_much_that_was_sent_just_before_the_end_still_arrives(make):
    server, client = make("server"), make("client", ZmqSettings(linger_s=10))
    channel = client.transport.dial(server.transport.bind("tcp://127.0.0.1:0"))
    for n in range(200):
        assert channel.send([b"%d" % n, bytes(90_000)])
    client.transport.close()
    await server.wait_frames(200)
    assert [frames[0] for frames in server.frames] == [b"%d" % n for n in range(200)]


class Blocked:
    """A channel whose socket follows libzmq's rules, and had no room for its second message."""

    def __init__(self, monkeypatch) -> None:
        self.messages = self.drained_times = 0
        self.breaks = []
        self.socket = Socket()
        self.loop = Loop(self.socket)
        self.socket.recv = self._recv
        monkeypatch.setattr(_dialled, "Monitor", lambda *_: BytesIO())
        monkeypatch.setattr(_dialled, "send_of", lambda socket: self._send)
        shell = SimpleNamespace(
            loop=self.loop,
            run_in=copy_context(),
            settings=SETTINGS,
            receiver=self,
            socket=lambda kind: self.socket,
        )
        secure = Secured("there", b"their key", KeyPair(b"our key", b"our secret"))
        there, rng = TcpEndpoint("127.0.0.1", 9), random.Random(1)
        self.channel = DialledChannel(shell, there, rng, lambda channel: None, secure)
        self.settle()
        assert self.channel.send([b"first"])
        assert not self.channel.send([b"second"])
        self.settle()
        assert not self.drained_times

    def settle(self) -> None:
        while not self.loop.is_idle:
            self.loop.turn()

    def _send(self, frame, flags, copy) -> None:
        if not self.socket.send():
            raise zmq.Again

    def _recv(self, flags, copy):
        if not self.socket.receive():
            raise zmq.Again
        return zmq.Frame(b"message")

    def received(self, channel, frames) -> None:
        self.messages += 1

    def drained(self, channel) -> None:
        self.drained_times += 1

    def broken(self, channel, reason) -> None:
        self.breaks.append(reason)


@pytest.fixture
def blocked(monkeypatch):
    return Blocked(monkeypatch)


def test_a_channel_without_room_tells_of_that_of_its_new_connection(blocked):
    blocked.channel.use_key(b"another key")
    blocked.settle()
    assert blocked.drained_times == 1


@pytest.mark.parametrize("key", [b"another key", None])
def test_what_came_before_a_key_changed_is_read(blocked, key):
    blocked.socket.happens("message")
    blocked.channel.use_key(key)
    blocked.settle()
    assert blocked.messages == 1


def test_the_key_of_a_channel_that_has_been_closed_is_nothing_to_it(blocked):
    blocked.channel.close()
    blocked.channel.use_key(None)
    assert blocked.breaks == []
