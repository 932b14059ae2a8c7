"""Values on a local stream."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest
from holon_transports import CodecError

from holon_actors.actors.admin import GetIdentity, ListActors
from holon_actors.actors.admin.framing import (
    read_blocking,
    read_value,
    write_blocking,
    write_value,
)


async def test_what_one_end_writes_the_other_reads():
    here, there = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=there)
    with here:
        for value in (GetIdentity(), ListActors("/user"), {"a": [1, None]}):
            write_blocking(here, value)
            assert await read_value(reader) == value
            write_value(writer, value)
            await writer.drain()
            assert read_blocking(here) == value
    with pytest.raises(asyncio.IncompleteReadError):
        await read_value(reader)
    writer.close()
    await writer.wait_closed()


def test_the_end_of_the_stream_is_told_apart_from_a_value():
    here, there = socket.socketpair()
    with here:
        there.sendall(struct.pack("!I", 100) + b"half")
        there.close()
        with pytest.raises(EOFError):
            read_blocking(here)


def test_a_length_beyond_the_limit_is_refused_before_anything_is_read():
    here, there = socket.socketpair()
    with here, there:
        there.sendall(struct.pack("!I", 2**32 - 1))
        with pytest.raises(CodecError, match="allowed"):
            read_blocking(here)
