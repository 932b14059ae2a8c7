"""What was said once does not count twice: recordings of a conversation, whole and damaged."""

from __future__ import annotations

import asyncio
import contextlib
import random

import psutil
import pytest

from tests.support.waiting import until
from tests.transports.zeromq.attacked import Site, Target

CHANGES = 60
SEED = 7
GROWTH_BYTES_MAX = 30_000_000


async def recorded(target) -> list[bytes]:
    """All that a client says to a node, up to its second message, piece by piece."""
    said = []

    async def pass_on(reader, writer, keep) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if keep:
                    said.append(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def carry(reader, writer) -> None:
        there, back = await target.connect()
        async with asyncio.TaskGroup() as both:
            both.create_task(pass_on(reader, back, True))
            both.create_task(pass_on(there, writer, False))

    async with await asyncio.start_server(carry, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        channel = target.client.transport.dial(f"tcp://127.0.0.1:{port}", peer="server")
        before = len(target.client.got)
        for number in (1, 2):
            channel.send([b"secret order", b"%d" % number, bytes(300)])
            await target.client.wait_frames(before + number)
        channel.close()
        await until(lambda: len(asyncio.all_tasks()) == 1)  # the proxy's tasks tell nobody
    return said


def damaged(said: list[bytes], rng: random.Random) -> list[bytes]:
    """The recording with a few changes in one piece, or another order."""
    said = list(said)
    if rng.random() < 0.2:
        rng.shuffle(said)
    index = rng.randrange(len(said))
    said[index] = damaged_piece(said[index], rng)
    return said


def damaged_piece(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(changed))
        match rng.randrange(5):
            case 0:
                changed[place] ^= 1 << rng.randrange(8)
            case 1:
                changed[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
            case 2:
                del changed[place:]
            case 3:
                changed[place:place] = rng.randbytes(rng.randrange(1, 40))
            case _:
                other = rng.randrange(len(changed))
                changed[place:place] = changed[other : other + 60]
        if not changed:
            break
    return bytes(changed)


@pytest.fixture(params=[False, True], ids=["open", "keys"])
async def target(tmp_path, request):
    node = Target(Site(tmp_path, keys=request.param))
    yield node
    node.close()


async def test_a_conversation_with_keys_cannot_be_played_again(target):
    said = await recorded(target)
    heard = len(target.got)
    assert (b"secret order" in b"".join(said)) is not target.site.keys
    for _ in range(3):
        await target.throw(*said)
        await target.serves()
        heard += 1
    if target.site.keys:
        assert len(target.got) == heard
    else:  # to know it again is the link layer's business
        await target.wait_until(lambda: len(target.got) == heard + 6)


async def test_damaged_conversations_hurt_nobody_and_cost_nothing(target):
    said, rng = await recorded(target), random.Random(SEED)
    process = psutil.Process()
    before = process.memory_info().rss
    for number in range(CHANGES):
        await target.throw(*damaged(said, rng))
        if number % 10 == 0:
            await target.serves()
    await target.serves()
    assert process.memory_info().rss - before < GROWTH_BYTES_MAX
    if target.site.keys:
        assert {channel.user for channel, _ in target.got} == {"client"}
