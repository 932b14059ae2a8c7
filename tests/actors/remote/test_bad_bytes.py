"""A peer that breaks the rules loses its link, and nobody else notices."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

import pytest
from holon_transports import InprocHub
from holon_transports.codec import Encoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holon_actors import ActorSystem, LinkDown, NodeUnreachable
from holon_actors.actors.remote import packets
from holon_actors.actors.remote.packets import Greeting
from holon_actors.actors.remote.settings import LinkSettings
from tests.actors.kit import Heard, until
from tests.actors.remote.kit import Account, Listener, Total, sizes


class Stranger:
    """Speaks the transport's language, and whatever the test says on top of it."""

    def __init__(self, system: ActorSystem, **greeting: Any) -> None:
        hub: InprocHub = system.loop.holon_inproc_hub  # type: ignore[attr-defined]
        self.heard: list[packets.Packet] = []
        self.transport = hub.transport()
        self.transport.start(self)
        self.channel = self.transport.dial("inproc://node")
        facts = {"name": "stranger", "endpoint": "client:0", "incarnation": 1, "heartbeat_ms": 0}
        self.greeting = Greeting(**{**facts, **greeting})
        self.theirs = 0
        self.number = 0

    def received(self, channel: Any, frames: Any) -> None:
        packet = packets.parse(frames)
        self.heard.append(packet)
        if packet.kind == packets.WELCOME:
            self.theirs = packet.source

    def drained(self, channel: Any) -> None: ...

    def broken(self, channel: Any, reason: str) -> None: ...

    async def greet(self) -> None:
        self.channel.send([packets.head(packets.HELLO, 0, 7) + self.greeting.pack()])
        await until(lambda: self.heard)

    def data(self, body: bytes, *buffers: bytes) -> None:
        self.number += 1
        head = packets.head(packets.DATA, self.theirs, 7, self.number, 1)
        self.channel.send([head + body, *buffers])

    def kinds(self) -> list[int]:
        return [packet.kind for packet in self.heard]


@pytest.fixture
async def node() -> Any:
    async with ActorSystem("node", bind="inproc://node", attach=False) as system:
        system.spawn(Account, 3, name="ada")
        yield system


async def works(node: ActorSystem) -> None:
    """Another node is served as ever."""
    async with ActorSystem("other", attach=False) as other:
        ref = other.ref(f"holon://node@{node.endpoint}/user/ada")
        assert await ref.ask(Total(), timeout=10) == 3


BAD_BODIES = {
    "no msgpack": b"\xc1\xff\x00",
    "cut short": Encoder().pack((0, 1, 0), "text")[:-2],
    "not an item": b"\x01",
    "an unknown kind": Encoder().pack((99, 1, 0), None),
    "a tell to a number without a name": Encoder().pack((0, 5, 0), None),
    "a run to a number without a name": Encoder().pack((12, 5, 0), [1]),
    "a run that is none": Encoder().pack((5, 1, "/user/ada"), None)
    + Encoder().pack((12, 1, 0), None),
    "a tell of the wrong length": Encoder().pack((0,), None),
    "a watch twice": Encoder().pack((5, 1, "/user/ada"), None)
    + Encoder().pack((6, 1, 1), None) * 2,
    # A node is no relay: what it is sent is for its own actors.
    "a tell to an actor of a third node": Encoder().pack((5, 1, "holon://x@h:1/user/y"), None)
    + Encoder().pack((0, 1, 0), "hello"),
    "a name that is no text": Encoder().pack((5, 1, 2), None),
    "a name that is no address": Encoder().pack((5, 1, "/ /"), None),
    "a number out of range": Encoder().pack((5, 10**9, "/user/ada"), None),
    "four billion items": b"\xdd\xff\xff\xff\xff",
    "an ask with an odd limit": Encoder().pack((5, 1, "/user/ada"), None)
    + Encoder().pack((1, 1, 0, 1, float("nan")), None),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_bad_envelopes_drop_the_link_with_a_reason(node: ActorSystem, body: bytes) -> None:
    stranger = Stranger(node)
    downs = Heard(node, LinkDown)
    await stranger.greet()
    stranger.data(body)
    await downs.wait()
    assert downs[0].reason.startswith("broke the rules")
    await until(lambda: packets.GONE in stranger.kinds())
    await works(node)


async def test_values_that_no_node_puts_in_a_run_are_messages_like_any_other(
    node: ActorSystem,
) -> None:
    seen: list[Any] = []
    node.spawn(Listener, seen, name="ear")
    stranger = Stranger(node)
    await stranger.greet()
    odd = [(1, None, None), None, [], "text", (2, 2, 2)]
    stranger.data(Encoder().pack((5, 1, "/user/ear"), None) + Encoder().pack((12, 1, 0), odd) * 2)
    await until(lambda: len(seen) == 10)
    assert seen == [(value, None) for value in odd * 2]


async def test_an_answer_that_cannot_be_read_ends_the_ask_with_the_session(
    node: ActorSystem,
) -> None:
    stranger = Stranger(node)
    await stranger.greet()
    stranger.data(Encoder().pack((5, 1, "/user/ada"), None))
    await until(lambda: sizes(node)["conversations"])
    asking = asyncio.create_task(
        node.ref("holon://stranger@client:0/user/x").ask(Total(), timeout=math.inf)
    )
    await until(lambda: sizes(node)["asks"])
    stranger.data(Encoder().pack((3, 1), None)[:-1] + b"\xa1")  # a value that ends early
    with pytest.raises(NodeUnreachable):
        await asking


async def test_a_peer_that_acknowledges_nothing_is_dropped_before_its_answers_fill_the_memory(
    node: ActorSystem,
) -> None:
    node._remote.settings = LinkSettings(buffer_messages=100, buffer_bytes=20_000)
    stranger = Stranger(node)
    downs = Heard(node, LinkDown)
    await stranger.greet()
    stranger.data(Encoder().pack((5, 1, "/user/ada"), None))
    text = "x" * 1_000
    for number in range(1, 2_000):
        if downs:
            break
        stranger.data(Encoder().pack((1, 1, 0, number, None), text))
        if number % 20 == 0:
            held = [talk.session.held for talk in node._remote.conversations()]
            assert all(messages <= 900 and size <= 200_000 for messages, size in held)
            await asyncio.sleep(0)
    await downs.wait()
    assert "acknowledges too little" in downs[0].reason
    await works(node)


async def test_a_node_that_claims_the_endpoint_of_the_listener_is_refused(
    node: ActorSystem,
) -> None:
    assert node.endpoint is not None
    stranger = Stranger(node, endpoint=node.endpoint)
    await stranger.greet()
    assert stranger.kinds() == [packets.REFUSE]
    assert "the endpoint of this node" in stranger.heard[0].text


class Keyed:
    """A channel from a peer that has shown a key."""

    name = "keyed"

    def __init__(self, user: str) -> None:
        self.user = user
        self.sent: list[packets.Packet] = []

    def send(self, frames: Any) -> bool:
        self.sent.append(packets.parse(frames))
        return True


async def test_with_keys_nobody_pushes_out_a_connected_node_by_claiming_its_endpoint(
    node: ActorSystem,
) -> None:
    async with ActorSystem("other", bind="inproc://other", attach=False) as other:
        assert await other.ref(f"holon://node@{node.endpoint}/user/ada").ask(Total()) == 3
        facts = {"endpoint": "inproc:other", "incarnation": 1 << 50, "heartbeat_ms": 0}
        for name, kind in (("mallory", packets.REFUSE), ("other", packets.WELCOME)):
            channel = Keyed(name)
            greeting = Greeting(name=name, **facts)  # type: ignore[arg-type]
            hello = packets.head(packets.HELLO, 0, 7) + greeting.pack()
            node._remote.intake.received(channel, [hello])  # type: ignore[arg-type]
            assert [packet.kind for packet in channel.sent] == [kind]
        assert await other.ref(f"holon://node@{node.endpoint}/user/ada").ask(Total()) == 3


async def test_callers_of_ever_new_names_have_no_more_links_than_there_may_be(
    node: ActorSystem,
) -> None:
    await Stranger(node).greet()
    for number in range(300):
        await Stranger(node, called=f"name-{number}").greet()
    assert sizes(node)["links"] <= node._remote.settings.openings_max


async def test_an_acknowledgement_of_the_future_drops_the_link(node: ActorSystem) -> None:
    stranger = Stranger(node)
    downs = Heard(node, LinkDown)
    await stranger.greet()
    stranger.channel.send([packets.head(packets.ACK, stranger.theirs, 7, 0, 1)])
    stranger.channel.send([packets.head(packets.ACK, stranger.theirs, 7, 0, 100)])
    await downs.wait()
    assert "100" in downs[0].reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"protocol": 1}, f"protocol version 1 on one side, {packets.PROTOCOL} on the other"),
        ({"expected": "bank"}, "is the system node, not bank"),
        ({"name": "no name"}, "no name"),
        ({"endpoint": "a/b"}, "a/b"),
    ],
)
async def test_a_greeting_that_does_not_fit_is_refused_with_the_reason(
    node: ActorSystem, changes: Any, reason: str, caplog: Any
) -> None:
    stranger = Stranger(node, **changes)
    with caplog.at_level(logging.WARNING, "holon_actors.remote"):
        await stranger.greet()
    assert stranger.kinds() == [packets.REFUSE]
    assert reason in stranger.heard[0].text
    assert reason in caplog.text
    assert not any(sizes(node).values())


async def test_first_words_without_a_second_are_forgotten(node: ActorSystem) -> None:
    strangers = [Stranger(node, endpoint=f"client:{n}") for n in range(300)]
    for stranger in strangers:
        await stranger.greet()
    kinds = [stranger.kinds()[0] for stranger in strangers]
    limit = node._remote.settings.openings_max
    assert kinds.count(packets.WELCOME) == limit
    assert sizes(node)["conversations"] == limit
    for talk in node._remote._by_nonce.values():
        talk.session._opened_at -= 10  # as if the time had passed
        talk.session.wake_at = node.clock()
    node._remote._tick()
    await until(lambda: not any(sizes(node).values()))
    await works(node)


async def test_what_a_stranger_says_of_sessions_that_are_not_his_changes_nothing(
    node: ActorSystem,
) -> None:
    async with ActorSystem("other", attach=False) as other:
        ref = other.ref(f"holon://node@{node.endpoint}/user/ada")
        assert await ref.ask(Total()) == 3
        (talk,) = node._remote._by_nonce.values()
        stranger = Stranger(node)
        for kind in (packets.BYE, packets.GONE, packets.WELCOME, packets.ACK, packets.DATA):
            stranger.channel.send([packets.head(kind, talk.session.mine, 7, 1)])
            stranger.channel.send([packets.head(kind, 12345, talk.session.theirs, 1)])
        # A HELLO in the name of the other, without being it.
        hello = Greeting(
            name="other", endpoint=other._remote.addresses.endpoint, incarnation=9, heartbeat_ms=0
        )
        stranger.channel.send([packets.head(packets.HELLO, 0, 7) + hello.pack()])
        await until(lambda: packets.WELCOME in stranger.kinds())
        assert await ref.ask(Total()) == 3
        assert talk in node._remote._by_nonce.values()


@given(frames=st.lists(st.binary(max_size=200), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_but_packet_errors_comes_of_random_bytes(frames: list[bytes]) -> None:
    for prefix in (b"", b"HLN", *(packets.head(kind, 0, 7) for kind in range(9))):
        try:
            packet = packets.parse([prefix + frames[0], *frames[1:]])
            if packet.kind in (packets.HELLO, packets.WELCOME):
                Greeting.parse(packet.body)
        except packets.PacketError:
            continue


@given(
    name=st.text(max_size=50),
    endpoint=st.text(max_size=50),
    incarnation=st.integers(0, 2**64 - 1),
    heartbeat_ms=st.integers(0, 2**40),
    capabilities=st.lists(st.text("abc", min_size=1), max_size=3),
)
def test_a_greeting_survives_the_wire(
    name: str, endpoint: str, incarnation: int, heartbeat_ms: int, capabilities: list[str]
) -> None:
    sent = Greeting(
        name=name,
        endpoint=endpoint,
        incarnation=incarnation,
        heartbeat_ms=min(heartbeat_ms, 2**32 - 1),
        capabilities=tuple(capabilities),
    )
    assert Greeting.parse(memoryview(sent.pack())) == sent
