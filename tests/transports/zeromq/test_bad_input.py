"""Whatever is thrown at a listening socket, the node stays up and serves the others."""

from __future__ import annotations

import asyncio
import contextlib
import struct

import psutil
import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.waiting import until
from tests.transports.conformance import Node
from tests.transports.zeromq.attacked import (
    GREETING,
    NULL,
    READY,
    SETTINGS,
    Site,
    Target,
    command,
)


@pytest.fixture(params=[False, True], ids=["open", "keys"])
async def target(tmp_path, request):
    node = Target(Site(tmp_path, keys=request.param))
    yield node
    node.close()


@pytest.fixture
async def open_target(tmp_path):
    node = Target(Site(tmp_path, keys=False))
    yield node
    node.close()


CORPUS = {
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"x" * 100,
    "zeros": bytes(200),
    "ones": b"\xff" * 200,
    "half a greeting and silence": GREETING[:10],
    "a greeting and silence": NULL,
    "an unknown mechanism": GREETING + b"ROOT".ljust(20, b"\0") + bytes(32),
    "plain passwords": GREETING + b"PLAIN".ljust(20, b"\0") + bytes(32),
    "no valid version": b"\xff" + bytes(8) + b"\x7f\x09" + bytes(53),
    "a command of nonsense": NULL + command(b"\x07GARBAGE" + b"x" * 40),
    "an empty command": NULL + command(b""),
    "properties beyond the end": NULL + command(READY + b"\x0bSocket-Type\xff\xff\xff\xff"),
    "a socket that may not call": NULL
    + command(READY + b"\x0bSocket-Type" + struct.pack(">I", 3) + b"SUB"),
    "a frame before its time": NULL + b"\x00\x05hello",
}


@pytest.mark.parametrize("data", CORPUS.values(), ids=CORPUS.keys())
async def test_a_connection_that_begins_wrongly_is_ended(target, data):
    await target.throw(data)
    await target.serves()
    assert target.breaks == []


async def test_a_connection_that_is_refused_is_one_line_in_the_log(target, caplog):
    for _ in range(10):
        await target.throw(CORPUS["an unknown mechanism"])
    await target.serves()
    lines = [r.getMessage() for r in caplog.records if "refused a caller" in r.getMessage()]
    assert len(lines) == 1
    assert target.endpoint in lines[0]


async def test_a_frame_beyond_the_limit_ends_the_connection_and_takes_no_memory(open_target):
    before = psutil.Process().memory_info().rss
    for announced in (2_000_000, 2**31, 2**62, 2**63 - 1):
        frame = b"\x02" + struct.pack(">Q", announced) + bytes(1000)
        await open_target.throw(frame, greeted=True)
    assert psutil.Process().memory_info().rss - before < 50_000_000
    await open_target.serves()


async def test_a_caller_that_is_cut_off_for_its_frames_is_one_line_in_the_log(open_target, caplog):
    for _ in range(5):
        await open_target.throw(b"\x02" + struct.pack(">Q", 2**40) + bytes(1000), greeted=True)
    await until(lambda: "was cut off" in caplog.text)
    await open_target.serves()
    lines = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(lines) == 1
    assert open_target.endpoint in lines[0]
    assert "a frame beyond 1000000 bytes" in lines[0]


async def test_a_known_peer_whose_connection_ends_is_named_for_who_looks(open_target, caplog):
    caplog.set_level("INFO", "holon_transports")
    await open_target.serves()
    open_target.client.transport.close()
    await until(lambda: "ended: it left" in caplog.text)
    assert open_target.got[0][0].name in caplog.text
    assert "WARNING" not in caplog.text


async def test_a_frame_as_large_as_allowed_arrives_with_keys_too(target):
    largest = bytes(SETTINGS.frame_bytes_max)
    target.channel.send([b"x", largest])
    await target.wait_frames(1)
    assert target.frames[0][1] == largest


async def test_a_slow_loris_is_cut_off(target):
    reader, writer = await target.connect()
    ended = asyncio.create_task(reader.read())
    for byte in GREETING + bytes(1000):
        if ended.done():
            break
        with contextlib.suppress(ConnectionError):
            writer.write(bytes([byte]))
            await writer.drain()
        await asyncio.sleep(0.01)  # to be slow is the attack
    assert ended.done()
    with contextlib.suppress(ConnectionError):
        await ended
    writer.close()
    await target.serves()


async def test_a_program_that_is_no_node_is_hung_up_on(open_target, caplog):
    with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
        stranger.linger = 0
        monitor = stranger.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        stranger.connect(open_target.endpoint)
        stranger.send_multipart([b"hello", b"I am from another program"])
        async with asyncio.timeout(10):
            while not await asyncio.to_thread(monitor.poll, 100):
                pass
        stranger.disable_monitor()
        monitor.close()
    await open_target.serves()
    assert all(channel.name != "stranger" for channel, _ in open_target.got)
    assert [frames for frames in open_target.frames if b"hello" in frames] == []
    assert "which is no node" in caplog.text


async def test_more_frames_than_allowed_end_the_conversation(open_target):
    other = Node(Site(None, keys=False), "other")
    channel = other.transport.dial(open_target.endpoint)
    channel.send([b"x"] * 8)
    await open_target.wait_frames(1)
    channel.send([b"x"] * 9)
    await open_target.wait_until(lambda: open_target.breaks)
    assert open_target.breaks[0][1] == "it sent more frames at once than are allowed"
    await open_target.serves()
    other.transport.close()


async def test_connections_beyond_the_limit_are_ended_and_the_others_served(target, caplog):
    await target.serves()
    crowd = await asyncio.gather(*(target.connect() for _ in range(60)))
    async with asyncio.timeout(10):
        for reader, writer in crowd:
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()
    await target.serves()
    assert len([r for r in caplog.records if "too many connections" in r.getMessage()]) == 1
    target.channel.close()
    target.channel = target.client.transport.dial(target.endpoint, peer="server")
    await target.serves()


async def test_half_open_connections_are_dropped_by_themselves(target):
    crowd = [await target.connect() for _ in range(10)]
    async with asyncio.timeout(10):
        for reader, writer in crowd:
            with contextlib.suppress(ConnectionError):
                await reader.read()
            writer.close()
    await target.serves()


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_bytes_hurt_nobody(chunks, greeted):
    async def scenario():
        target = Target(Site(None, keys=False))
        try:
            await target.throw_and_leave(b"".join(chunks), greeted=greeted)
            await target.serves()
        finally:
            target.close()

    asyncio.run(scenario())
