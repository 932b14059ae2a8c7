"""Where others call: who is known, for how long, and how many."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
import zmq
from holon_transports.errors import InvalidEndpoint, TransportClosed
from holon_transports.keys import read_key_pair, write_key_pair
from holon_transports.security import Curve
from holon_transports.zeromq import ZmqSettings, ZmqTransport
from holon_transports.zeromq._identity import new_identity

from tests.support.waiting import until
from tests.transports.conformance import Node, send_all, send_until


class Site:
    def __init__(self, **settings) -> None:
        self.settings = ZmqSettings(housekeeping_s=0.02, **settings)

    def transport(self, node):
        return ZmqTransport(system_name=node, rng=random.Random(1), settings=self.settings)


@pytest.fixture
def make():
    nodes = []

    def start(name, *, echo=False, **settings):
        nodes.append(Node(Site(**settings), name, echo=echo))
        return nodes[-1]

    yield start
    for node in nodes:
        node.transport.close()


async def test_who_says_nothing_for_long_is_forgotten_and_may_come_back(make):
    server, client = make("server", accepted_idle_s=0.05), make("client")
    channel = client.transport.dial(server.transport.bind("tcp://127.0.0.1:0"))
    channel.send([b"first"])
    await server.wait_until(lambda: server.breaks)
    assert server.breaks == [(server.got[0][0], "it has said nothing for long")]
    assert server.got[0][0].send([b"into the void"])
    await send_until(channel, [b"second"], lambda: len(server.by_channel) == 2)
    assert client.got == []


async def test_the_longest_silent_makes_room_when_there_are_too_many(make):
    server = make("server", echo=True, connections_max=3)
    endpoint = server.transport.bind("tcp://127.0.0.1:0")
    listener = server.transport._listeners[0]
    clients = []
    for n in range(3):
        clients.append(make(f"client-{n}"))
        clients[-1].transport.dial(endpoint).send([b"%d" % n])
        await clients[-1].wait_frames(1)
    eldest = server.got[0][0]
    listener._make_room_for_one()
    assert [channel for channel, _ in server.breaks] == [eldest]
    assert len(listener._channels) == 2


async def test_answers_to_who_has_gone_are_lost_without_a_word(make):
    server, client = make("server"), make("client")
    channel = client.transport.dial(server.transport.bind("tcp://127.0.0.1:0"))
    channel.send([b"hello"])
    await server.wait_frames(1)
    client.transport.close()
    async with asyncio.timeout(10):
        while server.transport._listeners[0]._crowd._open:  # noqa: ASYNC110
            await asyncio.sleep(0)
    back = server.got[0][0]
    assert all(back.send([b"anyone?"]) for _ in range(5000))
    assert server.breaks == server.drained_channels == []


async def test_one_slow_reader_does_not_hold_up_the_others(make):
    server = make("server", sends_queued_max=4)
    endpoint = server.transport.bind("tcp://127.0.0.1:0")
    slow, quick = make("slow", sends_queued_max=4), make("quick")
    for client in (slow, quick):
        client.transport.dial(endpoint).send([client.name.encode()])
    await server.wait_frames(2)
    to = {frames[0]: channel for channel, frames in server.got}
    slow_driver = next(iter(slow.transport._dialled))._driver
    slow_driver._loop.remove_reader(slow_driver._fd)  # from here on it reads nothing
    block = bytes(100_000)
    taken = 0
    while True:  # the buffers on the way fill up step by step
        if to[b"slow"].send([b"%d" % taken, block]):
            taken += 1
            continue
        server.drained_channels.clear()
        await asyncio.sleep(0.1)  # that the kernel's buffers are full, nothing tells
        if to[b"slow"] not in server.drained_channels:
            break
    for n in range(100):
        await send_all(server, to[b"quick"], [b"%d" % n])
    await quick.wait_frames(100)
    assert to[b"slow"] not in server.drained_channels
    slow_driver._loop.add_reader(slow_driver._fd, slow_driver._wake)
    slow_driver.come_back()
    await server.wait_until(lambda: to[b"slow"] in server.drained_channels)
    await slow.wait_frames(taken)
    assert [frames[0] for frames in slow.frames] == [b"%d" % n for n in range(taken)]


async def test_a_node_may_listen_at_several_places(make, tmp_path):
    server, client = make("server", echo=True), make("client")
    for place in ("tcp://127.0.0.1:0", f"ipc://{tmp_path}/s"):
        client.transport.dial(server.transport.bind(place)).send([place.encode()])
    await client.wait_frames(2)


@pytest.mark.parametrize("endpoint", ["tcp://192.0.2.1:0", "inproc://x", "tcp://nosuch0:1"])
async def test_an_address_of_another_machine_is_no_place_to_listen(endpoint):
    node = Node(Insecure(), "a")
    with pytest.raises(InvalidEndpoint):
        node.transport.bind(endpoint)
    node.transport.close()


class Insecure:
    def transport(self, node):
        return ZmqTransport(system_name=node, rng=random.Random(1), insecure=True)


async def test_a_transport_that_is_closed_or_not_started_takes_no_verbs():
    transport = Insecure().transport("a")
    with pytest.raises(TransportClosed):
        transport.bind("tcp://127.0.0.1:0")
    transport.close()
    node = Node(Insecure(), "a")
    node.transport.close()
    with pytest.raises(TransportClosed):
        node.transport.dial("tcp://127.0.0.1:1")


@pytest.fixture
def raw_dealer():
    """A DEALER without a driver, which reads when it is told to."""
    with zmq.Context() as context:
        sockets = []

        def make(endpoint, identity, **options):
            socket = context.socket(zmq.DEALER)
            sockets.append(socket)
            socket.linger = 0
            socket.routing_id = identity
            socket.rcvtimeo = 5000
            for option, value in options.items():
                setattr(socket, option, value)
            socket.connect(endpoint)
            return socket

        yield make
        for socket in sockets:
            socket.close()


async def test_a_peer_that_comes_back_takes_over_from_its_half_open_connection(make, raw_dealer):
    server = make("server", echo=True)
    endpoint = server.transport.bind("tcp://127.0.0.1:0")
    identity = new_identity()
    raw_dealer(endpoint, identity).send(b"before")
    await server.wait_frames(1)
    back = raw_dealer(endpoint, identity)  # and the first has not been closed
    back.send(b"after")
    await server.wait_frames(2)
    assert await asyncio.to_thread(back.recv_multipart) == [b"echo", b"after"]
    assert len(server.by_channel) == 1


async def test_another_user_cannot_step_into_a_conversation(tmp_path, raw_dealer, caplog):
    (tmp_path / "known").mkdir()
    files = {name: write_key_pair(tmp_path, name) for name in ("server", "a", "b")}
    for each in files.values():
        each.public_path.rename(tmp_path / "known" / each.public_path.name)

    class Keyed:
        def transport(self, node):
            security = Curve(files[node].secret_path, tmp_path / "known")
            return ZmqTransport(system_name=node, rng=random.Random(1), security=security)

    server = Node(Keyed(), "server", echo=True)
    endpoint = server.transport.bind("tcp://127.0.0.1:0")
    identity = new_identity()
    for name in ("a", "b"):
        keys = read_key_pair(files[name].secret_path)
        dealer = raw_dealer(
            endpoint,
            identity,
            curve_publickey=keys.public,
            curve_secretkey=keys.secret,
            curve_serverkey=files["server"].public_key.encode(),
        )
        dealer.send(f"I am {name}".encode())
        if name == "a":
            await server.wait_frames(1)
    await until(lambda: "ended a connection" in caplog.text)
    assert server.frames == [[b"I am a"]]
    server.transport.close()


async def test_room_is_found_even_when_the_descriptor_was_silenced_in_passing(make, raw_dealer):
    server = make("server", sends_queued_max=4)
    endpoint = server.transport.bind("tcp://127.0.0.1:0")
    dealer = raw_dealer(endpoint, new_identity(), rcvhwm=4)
    dealer.send(b"hello")
    await server.wait_frames(1)
    back, taken, block = server.got[0][0], 0, bytes(1_000_000)
    while True:
        if back.send([block]):
            taken += 1
        else:
            server.drained_channels.clear()
            await asyncio.sleep(0.1)  # that the kernel's buffers are full, nothing tells
            if not server.drained_channels:
                break
    for _ in range(taken - 1):  # all but the one that is kept, while the loop stands still
        dealer.recv()
    time.sleep(0.05)  # noqa: ASYNC251 - so that libzmq has told the socket
    server.transport._listeners[0]._socket.getsockopt(zmq.EVENTS)
    await server.wait_until(lambda: server.drained_channels == [back])
    await asyncio.to_thread(dealer.recv)
