"""Links with keys: who gets in, who is refused, and how each side is told."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil

import pytest
import zmq
from holon_transports import EndpointRefused, InvalidEndpoint, KeyFileError
from holon_transports.keys import write_key_pair
from holon_transports.security import Curve
from holon_transports.zeromq import ZmqSettings, ZmqTransport
from holon_transports.zeromq._monitor import Event

from tests.support.waiting import until
from tests.transports.conformance import Node, send_until

SETTINGS = ZmqSettings(housekeeping_s=0.02, reconnect_first_s=0.01, reconnect_max_s=0.05)


class Site:
    """The keys of one node, and what it knows of others."""

    def __init__(self, folder, name: str) -> None:
        self.name = name
        self.folder = folder / name
        self.known = self.folder / "known"
        self.known.mkdir(parents=True)
        self.files = write_key_pair(self.folder, name)

    def knows(self, *others: Site) -> Site:
        for other in others:
            shutil.copy(other.files.public_path, self.known / f"{other.name}.key")
        return self

    def forgets(self, other: Site) -> None:
        (self.known / f"{other.name}.key").unlink()

    @property
    def security(self) -> Curve:
        return Curve(key=self.files.secret_path, authorized=self.known)

    def transport(self, _node: str) -> ZmqTransport:
        return ZmqTransport(
            system_name=self.name,
            rng=random.Random(1),
            security=self.security,
            settings=SETTINGS,
        )


class Open(Site):
    """A node without keys."""

    security = None


@pytest.fixture
def site(tmp_path):
    return lambda name, kind=Site: kind(tmp_path, name)


@pytest.fixture
def start():
    nodes: list[Node] = []

    def run(site):
        nodes.append(Node(site, site.name))
        return nodes[-1]

    yield run
    for node in nodes:
        node.transport.close()


@pytest.fixture
async def pair(site, start):
    """A server and a client that know each other."""
    server, client = site("server"), site("client")
    server.knows(client)
    client.knows(server)
    return server, client, start(server), start(client)


def listen(node):
    return node.transport.bind("tcp://127.0.0.1:0")


async def test_each_side_knows_the_name_that_goes_with_the_others_key(pair):
    _, _, server, client = pair
    channel = client.transport.dial(listen(server), peer="server")
    channel.send([b"hello"])
    await server.wait_frames(1)
    assert server.got[0][0].user == "client"
    assert channel.user == "server"
    assert server.got[0][0].name.startswith("client from 127.0.0.1")


async def test_a_bare_endpoint_names_its_peer_itself(pair):
    _, _, server, client = pair
    channel = client.transport.dial(f"{listen(server)}?peer=server", peer="somebody else")
    channel.send([b"hello"])
    await server.wait_frames(1)


async def test_dialling_needs_the_name_and_the_key_of_the_peer(pair):
    _, client_site, server, client = pair
    endpoint = listen(server)
    with pytest.raises(InvalidEndpoint, match=r"\?peer=NAME"):
        client.transport.dial(endpoint)
    with pytest.raises(KeyFileError, match="public key of 'nobody'") as caught:
        client.transport.dial(endpoint, peer="nobody")
    assert caught.value.path == str(client_site.known / "nobody.key")
    with pytest.raises(KeyFileError):
        client.transport.dial(endpoint, peer="../client/client")


async def test_a_stranger_is_refused_and_both_sides_are_told_why(site, start, caplog):
    server, stranger = site("server"), site("stranger")
    stranger.knows(server)
    at_server, at_stranger = start(server), start(stranger)
    channel = at_stranger.transport.dial(listen(at_server), peer="server")
    channel.send([b"let me in"])
    await at_stranger.wait_until(lambda: at_stranger.breaks)
    assert at_stranger.breaks[0][0] is channel
    assert "our key is not authorised there" in at_stranger.breaks[0][1]
    assert at_server.got == []
    assert f"no file in {server.known} has its key" in caplog.text
    assert stranger.files.public_key in caplog.text


async def test_the_reason_is_told_and_logged_once_however_often_it_is_tried(site, start, caplog):
    server, stranger = site("server"), site("stranger")
    stranger.knows(server)
    at_server, at_stranger = start(server), start(stranger)
    tries = []
    gatekeeper = at_server.transport._authority._gatekeeper
    decide = gatekeeper._user
    gatekeeper._user = lambda *facts: (
        tries.append(facts),
        at_server._changed.set(),
        decide(*facts),
    )[-1]
    at_stranger.transport.dial(listen(at_server), peer="server")
    await at_server.wait_until(lambda: len(tries) > 5)
    assert len(at_stranger.breaks) == 1
    assert len([r for r in caplog.records if "refused a connection" in r.getMessage()]) == 1
    assert "was cut off" not in caplog.text  # which is for those without a reason


async def test_a_key_that_is_added_later_opens_the_door(site, start):
    server, client = site("server"), site("client")
    client.knows(server)
    at_server, at_client = start(server), start(client)
    channel = at_client.transport.dial(listen(at_server), peer="server")
    await at_client.wait_until(lambda: at_client.breaks)
    server.knows(client)
    await send_until(channel, [b"and now"], lambda: at_server.got)
    assert at_server.got[0][0].user == "client"


async def test_who_is_taken_out_of_the_folder_is_cut_off(pair):
    server_site, client_site, server, client = pair
    channel = client.transport.dial(listen(server), peer="server")
    await send_until(channel, [b"before"], lambda: server.got)
    server_site.forgets(client_site)
    await server.wait_until(lambda: server.breaks)
    assert server.breaks[0][1] == "the key of 'client' is not authorised any more"
    seen = len(server.got)
    await client.wait_until(lambda: client.breaks)
    for _ in range(10):
        channel.send([b"after"])
    assert "not authorised" in client.breaks[0][1]
    assert len(server.got) == seen


async def test_a_peer_that_is_not_believed_any_more_is_left(pair):
    server_site, client_site, server, client = pair
    channel = client.transport.dial(listen(server), peer="server")
    await send_until(channel, [b"before"], lambda: server.got)
    client_site.forgets(server_site)
    await client.wait_until(lambda: client.breaks)
    assert client.breaks == [(channel, "the key of 'server' is not authorised any more")]
    channel._heard(Event(zmq.EVENT_DISCONNECTED, 0))  # as libzmq may tell late
    assert channel._revival is None
    client_site.knows(server_site)
    seen = len(server.got)
    await send_until(channel, [b"after"], lambda: len(server.got) > seen)


async def test_a_peer_with_another_key_than_expected_is_not_believed(site, start, caplog):
    server, client, impostor = site("server"), site("client"), site("impostor")
    client.knows(server)
    impostor.knows(client)
    at_impostor, at_client = start(impostor), start(client)
    channel = at_client.transport.dial(listen(at_impostor), peer="server")
    channel.send([b"my secrets"])
    await at_client.wait_until(lambda: at_client.breaks)
    assert "another key" in at_client.breaks[0][1]
    assert at_impostor.got == []
    await until(lambda: "do not fit" in caplog.text)


@pytest.mark.parametrize("server_kind", [Site, Open])
async def test_a_side_with_keys_and_one_without_do_not_talk(site, start, caplog, server_kind):
    client_kind = Open if server_kind is Site else Site
    server, client = site("server", server_kind), site("client", client_kind)
    server.knows(client)
    client.knows(server)
    at_server, at_client = start(server), start(client)
    channel = at_client.transport.dial(listen(at_server), peer="server")
    channel.send([b"hello"])
    # Whoever sees it first hangs up, and the other only sees that.
    why = "one side uses keys and the other does not"
    await at_client.wait_until(lambda: at_client.breaks)
    assert at_client.breaks[0][1] == why or "ended the handshake" in at_client.breaks[0][1]
    assert at_server.got == []
    await until(lambda: "refused a caller" in caplog.text)
    await until(lambda: why in caplog.text + str(at_client.breaks))


BEYOND = ["tcp://*:0", "tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://10.1.2.3:7400", "tcp://db:7400"]


@pytest.mark.parametrize("endpoint", BEYOND)
async def test_beyond_this_machine_only_with_keys(site, start, endpoint):
    node = start(site("a", Open))
    for verb in (node.transport.bind, node.transport.dial):
        with pytest.raises(EndpointRefused, match=r"holon keygen.*insecure=True") as caught:
            verb(endpoint)
        assert caught.value.endpoint == endpoint


async def test_beyond_this_machine_with_keys(site, start):
    server, client = site("server"), site("client")
    server.knows(client)
    client.knows(server)
    at_server, at_client = start(server), start(client)
    port = at_server.transport.bind("tcp://*:0").rpartition(":")[2]
    channel = at_client.transport.dial(f"tcp://127.0.0.1:{port}", peer="server")
    channel.send([b"hello"])
    await at_server.wait_frames(1)


async def test_beyond_this_machine_for_those_who_insist():
    class Insecure:
        def transport(self, _node):
            return ZmqTransport(system_name="a", rng=random.Random(1), insecure=True)

    node = Node(Insecure(), "a")
    assert node.transport.bind("tcp://0.0.0.0:0").startswith("tcp://0.0.0.0:")
    node.transport.close()


async def test_a_key_file_that_goes_bad_is_told_and_its_peer_cut_off(pair, caplog):
    server_site, _, server, client = pair
    channel = client.transport.dial(listen(server), peer="server")
    await send_until(channel, [b"before"], lambda: server.got)
    (server_site.known / "client.key").write_text("scribble")
    await server.wait_until(lambda: server.breaks)
    assert "has no public key" in caplog.text


async def test_keys_that_cannot_be_read_any_more_are_told_at_the_start(site):
    one = site("a")
    transport = one.transport("a")
    one.files.secret_path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        transport.start(None)
    transport.close()


async def test_nothing_is_readable_on_the_way(pair):
    """A proxy between the two sees no frame, nor the identity of the connection."""
    _, _, server, client = pair
    port = int(listen(server).rpartition(":")[2])
    seen = bytearray()

    async def copy(reader, writer):
        while data := await reader.read(65536):
            seen.extend(data)
            writer.write(data)
        writer.close()

    async def relay(reader, writer):
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))
        ended.set()

    ended = asyncio.Event()
    proxy = await asyncio.start_server(relay, "127.0.0.1", 0)
    outside = proxy.sockets[0].getsockname()[1]
    channel = client.transport.dial(f"tcp://127.0.0.1:{outside}", peer="server")
    channel.send([b"the launch code"])
    await server.wait_frames(1)
    assert len(seen) > 100
    assert b"launch" not in seen
    assert b"holon1" not in seen
    channel.close()
    async with asyncio.timeout(10):
        await ended.wait()
    proxy.close()


@pytest.fixture(autouse=True)
def _log_all(caplog):
    caplog.set_level(logging.INFO, logger="holon_transports")
