"""Frames within a process."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from holon_transports import EndpointInUse, InprocHub, InvalidEndpoint, TransportClosed

from tests.transports.conformance import Net, Node, TransportSuite


class InprocNet(Net):
    def __init__(self) -> None:
        self.hub = InprocHub()

    def transport(self, node):
        return self.hub.transport()

    def endpoint(self, node):
        return f"inproc://{node}"


class TestInproc(TransportSuite):
    @pytest.fixture
    def net(self):
        return InprocNet()


async def test_two_hubs_are_two_worlds():
    first, second = InprocNet(), InprocNet()
    nodes = [Node(net, "a") for net in (first, second)]
    for node in nodes:
        node.transport.bind("inproc://a")
    Node(first, "b").transport.dial("inproc://a").send([b"x"])
    await nodes[0].wait_frames(1)
    assert nodes[1].got == []


async def test_the_receiver_cannot_change_what_the_sender_owns():
    net = InprocNet()
    server, client = Node(net, "a"), Node(net, "b")
    seen = []
    server.received = lambda _channel, frames: seen.append(frames)
    server.transport.bind("inproc://a")
    block = bytearray(b"mine")
    client.transport.dial("inproc://a").send([block])
    await asyncio.sleep(0)
    with pytest.raises(TypeError):
        seen[0][0][0] = 1
    assert seen[0][0].obj is block


async def test_deliveries_run_in_the_context_of_the_receiving_node():
    net = InprocNet()
    place = contextvars.ContextVar("place", default="outside")
    seen = []

    def start():
        place.set("server")
        node = Node(net, "a")
        node.received = lambda _channel, _frames: seen.append(place.get())
        node.transport.bind("inproc://a")

    contextvars.copy_context().run(start)
    place.set("client")
    Node(net, "b").transport.dial("inproc://a").send([b"x"])
    await asyncio.sleep(0)
    assert seen == ["server"]


async def test_a_name_is_free_again_once_its_node_has_closed():
    net = InprocNet()
    first, second = Node(net, "a"), Node(net, "a")
    first.transport.bind("inproc://a")
    with pytest.raises(EndpointInUse):
        second.transport.bind("inproc://a")
    first.transport.close()
    assert second.transport.bind("inproc://a?peer=x") == "inproc://a"


async def test_other_schemes_are_not_for_this_transport():
    node = Node(InprocNet(), "a")
    with pytest.raises(InvalidEndpoint, match="inproc"):
        node.transport.bind("tcp://127.0.0.1:0")


async def test_a_closed_transport_takes_no_more_verbs():
    node = Node(InprocNet(), "a")
    node.transport.close()
    with pytest.raises(TransportClosed):
        node.transport.bind("inproc://a")
    with pytest.raises(TransportClosed):
        InprocNet().transport("b").dial("inproc://a")
