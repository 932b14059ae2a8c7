"""What every transport promises, as one suite: subclass `TransportSuite` and give it a `net`.

`net` is a `Net`: it makes transports of one world and endpoints for them. Nothing here asks for
more than `holon_transports.transport` says, so that a simulated network without faults passes too.
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from collections import defaultdict

import pytest
from holon_transports import Buffer, Channel, Frames, Transport

from tests.support.waiting import EVERY_S

WITHIN_S = 20
RESEND_S = 0.02  # how often a link layer tries again, in these tests


class Net(ABC):
    """A world in which transports reach one another."""

    @abstractmethod
    def transport(self, node: str) -> Transport:
        """A new transport of the node with that name; not started."""

    @abstractmethod
    def endpoint(self, node: str) -> str:
        """Where that node listens; always the same for the same node."""

    unused_scheme = "nonsense://x"


class Node:
    """A receiver that keeps what it is told, over a transport."""

    def __init__(self, net: Net, name: str, *, echo: bool = False) -> None:
        self.name = name
        self.transport = net.transport(name)
        self.echo = echo
        self.got: list[tuple[Channel, list[bytes]]] = []
        self.by_channel: dict[Channel, list[list[bytes]]] = defaultdict(list)
        self.drained_channels: list[Channel] = []
        self.breaks: list[tuple[Channel, str]] = []
        self._changed = asyncio.Event()
        self.transport.start(self)

    def received(self, channel: Channel, frames: list[Buffer]) -> None:
        plain = [bytes(frame) for frame in frames]
        self.got.append((channel, plain))
        self.by_channel[channel].append(plain)
        self._changed.set()
        if self.echo:
            channel.send([b"echo", *frames])

    def drained(self, channel: Channel) -> None:
        self.drained_channels.append(channel)
        self._changed.set()

    def broken(self, channel: Channel, reason: str) -> None:
        self.breaks.append((channel, reason))
        self._changed.set()

    @property
    def frames(self) -> list[list[bytes]]:
        return [frames for _, frames in self.got]

    async def wait_until(self, condition, within_s: float = WITHIN_S) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def wait_frames(self, count: int) -> None:
        await self.wait_until(lambda: len(self.got) >= count)


async def send_all(node: Node, channel: Channel, frames: Frames) -> None:
    """Send, waiting for room."""
    while not channel.send(frames):
        seen = len(node.drained_channels)
        await node.wait_until(lambda seen=seen: channel in node.drained_channels[seen:])


async def send_until(channel: Channel, frames: Frames, condition) -> None:
    """Send again and again, as a link layer does, until it has worked."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            channel.send(frames)
            await asyncio.sleep(RESEND_S)


class TransportSuite:
    """The promises. `make_node` closes its nodes when the test is over."""

    @pytest.fixture
    def make_node(self, net: Net):
        nodes: list[Node] = []

        def make(name: str, **options: bool) -> Node:
            nodes.append(Node(net, name, **options))
            return nodes[-1]

        yield make
        for node in nodes:
            node.transport.close()

    @pytest.fixture
    async def pair(self, net: Net, make_node):
        server, client = make_node("server"), make_node("client")
        server.transport.bind(net.endpoint("server"))
        return server, client, client.transport.dial(net.endpoint("server"), peer="server")

    async def test_frames_arrive_whole_and_unaltered(self, pair):
        server, _, channel = pair
        sends = [
            [b"one"],
            [b""],
            [b"head", b"", b"tail"],
            [bytes(range(256)), bytearray(b"changeable"), memoryview(b"a view")],
            [b"x"] * 100,
        ]
        for frames in sends:
            assert channel.send(frames)
        await server.wait_frames(len(sends))
        assert server.frames == [[bytes(frame) for frame in frames] for frames in sends]

    async def test_the_other_side_can_answer_on_the_channel_it_was_called_on(self, pair, make_node):
        server, client, channel = pair
        channel.send([b"hello"])
        await server.wait_frames(1)
        back = server.got[0][0]
        assert back.send([b"welcome", b"!"])
        await client.wait_frames(1)
        assert client.got == [(channel, [b"welcome", b"!"])]

    async def test_a_conversation_keeps_its_channel(self, pair):
        server, client, channel = pair
        for n in range(10):
            channel.send([b"%d" % n])
            await server.wait_frames(n + 1)
            server.got[-1][0].send([b"back"])
            await client.wait_frames(n + 1)
        assert len(server.by_channel) == 1
        assert set(client.by_channel) == {channel}

    async def test_order_is_kept_while_nothing_breaks(self, pair):
        server, client, channel = pair
        sent = [[b"%d" % n] for n in range(5000)]
        for frames in sent:
            await send_all(client, channel, frames)
        await server.wait_frames(len(sent))
        assert server.frames == sent

    async def test_both_directions_at_once(self, pair, make_node):
        server, client, channel = pair
        server.echo = True
        for n in range(1000):
            await send_all(client, channel, [b"%d" % n])
        await client.wait_frames(1000)
        assert client.frames == [[b"echo", b"%d" % n] for n in range(1000)]

    async def test_a_full_channel_takes_nothing_and_tells_when_it_has_room(self, pair):
        server, client, channel = pair
        taken = 0
        block = bytes(20_000)
        while channel.send([b"%d" % taken, block]):  # the loop does not turn: nobody reads
            taken += 1
            assert taken < 1_000_000
        assert not channel.send([b"too much"])
        await client.wait_until(lambda: channel in client.drained_channels)
        assert channel.send([b"last", b""])
        await server.wait_frames(taken + 1)
        assert [frames[0] for frames in server.frames] == [b"%d" % n for n in range(taken)] + [
            b"last"
        ]

    async def test_a_full_answering_channel_tells_too(self, pair):
        server, client, channel = pair
        channel.send([b"hello"])
        await server.wait_frames(1)
        back = server.got[0][0]
        taken = 0
        block = bytes(20_000)
        while back.send([b"%d" % taken, block]):
            taken += 1
            assert taken < 1_000_000
        await server.wait_until(lambda: back in server.drained_channels)
        assert back.send([b"last", b""])
        await client.wait_frames(taken + 1)
        assert [frames[0] for frames in client.frames] == [b"%d" % n for n in range(taken)] + [
            b"last"
        ]

    async def test_dialling_comes_before_listening_if_it_must(self, net, make_node):
        client = make_node("client")
        channel = client.transport.dial(net.endpoint("server"), peer="server")
        channel.send([b"is anybody there"])
        await asyncio.sleep(0)
        server = make_node("server")
        server.transport.bind(net.endpoint("server"))
        await send_until(channel, [b"now"], lambda: server.got)

    async def test_two_dial_each_other_at_once(self, net, make_node):
        nodes = [make_node(name) for name in ("left", "right")]
        for node in nodes:
            node.transport.bind(net.endpoint(node.name))
        for node, other in (nodes, nodes[::-1]):
            channel = node.transport.dial(net.endpoint(other.name), peer=other.name)
            channel.send([node.name.encode()])
        for node, other in (nodes, nodes[::-1]):
            await node.wait_frames(1)
            assert node.frames == [[other.name.encode()]]

    async def test_many_peers_are_told_apart_and_all_answered(self, net, make_node):
        server = make_node("server", echo=True)
        server.transport.bind(net.endpoint("server"))
        clients = [make_node(f"client-{n}") for n in range(12)]
        for client in clients:
            channel = client.transport.dial(net.endpoint("server"), peer="server")
            for n in range(5):
                channel.send([client.name.encode(), b"%d" % n])
        for client in clients:
            await client.wait_frames(5)
            assert client.frames == [[b"echo", client.name.encode(), b"%d" % n] for n in range(5)]
        assert len(server.by_channel) == len(clients)

    async def test_several_channels_between_the_same_two(self, net, make_node):
        server, client = make_node("server", echo=True), make_node("client")
        server.transport.bind(net.endpoint("server"))
        channels = [client.transport.dial(net.endpoint("server"), peer="server") for _ in range(3)]
        for n, channel in enumerate(channels):
            channel.send([b"%d" % n])
        await client.wait_frames(3)
        assert [client.by_channel[c] for c in channels] == [
            [[b"echo", b"%d" % n]] for n in range(3)
        ]

    @pytest.mark.parametrize("size", [16_384, 65_537, 5_000_000])
    async def test_big_buffers_arrive_unaltered(self, pair, size):
        server, client, channel = pair
        server.echo = True
        pattern = bytes(n % 251 for n in range(4096))
        block = (pattern * (size // 4096 + 1))[:size]
        await send_all(client, channel, [b"head", memoryview(block), bytearray(block[::-1])])
        await client.wait_frames(1)
        assert client.frames == [[b"echo", b"head", block, block[::-1]]]

    async def test_listening_where_somebody_listens_is_refused(self, net, pair, make_node):
        other = make_node("other")
        with pytest.raises(OSError, match=re.escape(net.endpoint("server"))) as caught:
            other.transport.bind(net.endpoint("server"))
        assert type(caught.value).__name__ == "EndpointInUse"
        server, _, channel = pair
        channel.send([b"undisturbed"])
        await server.wait_frames(1)

    async def test_an_endpoint_of_no_meaning_is_refused(self, net, make_node):
        node = make_node("server")
        for verb in (node.transport.bind, node.transport.dial):
            with pytest.raises(ValueError, match="nonsense"):
                verb(net.unused_scheme)

    async def test_nothing_is_delivered_after_close(self, pair):
        server, client, channel = pair
        channel.send([b"first"])
        await server.wait_frames(1)
        back = server.got[0][0]
        for n in range(100):
            channel.send([b"%d" % n])
            back.send([b"%d" % n])
        server.transport.close()
        client.transport.close()
        seen = (len(server.got), len(client.got), len(server.breaks), len(client.breaks))
        assert back.send([b"forgotten"])
        assert channel.send([b"forgotten"])
        await asyncio.sleep(0.05)  # that nothing comes any more, nothing tells
        assert seen == (len(server.got), len(client.got), len(server.breaks), len(client.breaks))

    async def test_closing_twice_and_from_within_a_delivery_is_fine(self, net, make_node):
        server, client = make_node("server"), make_node("client")
        server.transport.bind(net.endpoint("server"))
        channel = client.transport.dial(net.endpoint("server"), peer="server")
        closed = asyncio.Event()

        def close(_channel, _frames):
            server.transport.close()
            server.transport.close()
            closed.set()

        server.received = close
        for _ in range(10):
            channel.send([b"x"])
        async with asyncio.timeout(WITHIN_S):
            await closed.wait()
        channel.close()
        channel.close()

    async def test_what_was_sent_just_before_close_still_arrives(self, pair):
        server, client, channel = pair
        channel.send([b"first"])
        await server.wait_frames(1)
        channel.send([b"goodbye"])
        channel.close()
        await server.wait_frames(2)
        server.got[0][0].send([b"nobody there"])
        assert server.frames == [[b"first"], [b"goodbye"]]
        assert client.got == []

    async def test_a_goodbye_before_the_transport_closes_still_arrives(self, pair):
        server, client, channel = pair
        channel.send([b"first"])
        await server.wait_frames(1)
        channel.send([b"goodbye"])
        client.transport.close()
        await server.wait_frames(2)
        assert server.frames == [[b"first"], [b"goodbye"]]

    async def test_a_channel_outlives_the_node_it_leads_to(self, net, pair, make_node):
        server, client, channel = pair
        channel.send([b"before"])
        await server.wait_frames(1)
        server.transport.close()
        again = make_node("server", echo=True)
        await self.bind_again(again, net.endpoint("server"))
        await send_until(channel, [b"after"], lambda: client.got)
        assert again.frames[0] == [b"after"]
        assert client.frames[0] == [b"echo", b"after"]

    async def bind_again(self, node: Node, endpoint: str) -> None:
        """A socket that was just closed may take a moment to let go of its endpoint."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                try:
                    node.transport.bind(endpoint)
                except OSError:
                    await asyncio.sleep(EVERY_S)
                else:
                    return

    async def test_a_closed_accepted_channel_is_over_but_its_peer_may_call_again(self, pair):
        server, client, channel = pair
        channel.send([b"first"])
        await server.wait_frames(1)
        first = server.got[0][0]
        first.close()
        await send_until(channel, [b"second"], lambda: len(server.by_channel) == 2)
        second = server.got[-1][0]
        assert second is not first
        second.send([b"answer"])
        await client.wait_frames(1)

    async def test_an_error_in_the_receiver_does_not_stop_the_deliveries(self, pair):
        server, _, channel = pair
        loop = asyncio.get_running_loop()
        errors: list[object] = []
        loop.set_exception_handler(lambda _loop, facts: errors.append(facts["exception"]))
        keep = server.received

        def fail_once(_channel, _frames):
            server.received = keep
            raise ZeroDivisionError

        server.received = fail_once
        for n in range(5):
            channel.send([b"%d" % n])
        await server.wait_frames(4)
        assert server.frames == [[b"%d" % n] for n in range(1, 5)]
        assert [type(error) for error in errors] == [ZeroDivisionError]

    async def test_names_are_for_people(self, net, pair):
        server, _, channel = pair
        assert channel.name == net.endpoint("server")
        channel.send([b"x"])
        await server.wait_frames(1)
        assert server.got[0][0].name
