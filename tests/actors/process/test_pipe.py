"""Frames over a socket pair."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.process.pipe import FrameReader, Pipe, framed

MESSAGES = st.lists(st.lists(st.binary(max_size=300), min_size=1, max_size=4), max_size=8)


def stream(messages: list[list[bytes]]) -> bytes:
    return b"".join(bytes(part) for message in messages for part in framed(message))


@given(MESSAGES, st.data())
def test_messages_come_out_as_they_went_in_however_the_bytes_are_cut(
    messages: list[list[bytes]], data: st.DataObject
) -> None:
    reader, found, rest = FrameReader(), list[Any](), stream(messages)
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        room = reader.room()
        if room is not None and data.draw(st.booleans()):
            cut = min(cut, len(room))
            room[:cut] = rest[:cut]
            found += reader.filled(cut)
        else:
            found += reader.feed(rest[:cut])
        rest = rest[cut:]
    assert found == messages


@pytest.mark.parametrize(
    "data", [bytes(20), b"\xff" * 20, b"\1\0\0\0" + b"\xff" * 20, b"\2\0\0\0" + b"\xff" * 20]
)
def test_what_announces_more_than_any_message_has_is_refused_before_memory_is_taken(
    data: bytes,
) -> None:
    with pytest.raises(ValueError, match=r"a message of|a frame of"):
        FrameReader().feed(data)


class End:
    """One end of a pipe, and what it has heard."""

    def __init__(self, link: socket.socket, *, waits: bool = False) -> None:
        loop = asyncio.get_running_loop()
        self.heard: list[Any] = []
        self.ended = asyncio.Event()
        self.more = asyncio.Event()
        self.pipe = Pipe(loop, link, self._received, self.ended.set, waits=waits)

    def _received(self, message: list[Any]) -> None:
        self.heard.append(message)
        self.more.set()

    async def wait(self, count: int) -> list[Any]:
        while len(self.heard) < count:
            self.more.clear()
            await self.more.wait()
        return self.heard


async def test_more_than_the_kernel_takes_at_once_arrives_in_order() -> None:
    ours, theirs = socket.socketpair()
    left, right = End(ours), End(theirs)
    messages = [[b"head %d" % n, bytes([n]) * 3_000_000] for n in range(4)]
    for message in messages:
        left.pipe.send(message)
    assert left.pipe.unsent_bytes > 0
    assert await right.wait(4) == messages
    assert left.pipe.unsent_bytes == 0
    left.pipe.close()
    await right.ended.wait()


async def test_an_end_that_waits_has_nothing_left_to_send() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        left = End(ours, waits=True)
        counts: list[int] = []

        def read() -> None:
            while sum(counts) < 5_000_012:
                counts.append(len(theirs.recv(1 << 20)))

        reading = threading.Thread(target=read)
        reading.start()
        left.pipe.send([b"x" * 5_000_000])
        assert left.pipe.unsent_bytes == 0
        reading.join()
        left.pipe.close()


async def test_the_end_of_one_side_is_told_to_the_other_once_and_what_is_sent_then_forgotten() -> (
    None
):
    ours, theirs = socket.socketpair()
    left, right = End(ours), End(theirs)
    right.pipe.send([b"last words"])
    right.pipe.close()
    await left.ended.wait()
    assert left.heard == [[b"last words"]]
    left.pipe.send([b"to nobody"])
    left.pipe.close()
    assert not left.pipe.is_open
