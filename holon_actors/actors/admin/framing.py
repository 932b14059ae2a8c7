"""Values on a local stream: four bytes of length, then the value as the wire codec writes it."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from holon_transports import CodecError
from holon_transports.codec import dumps, loads

__all__ = ["read_blocking", "read_value", "write_blocking", "write_value"]

_LENGTH = struct.Struct("!I")
_FRAME_MAX = 64 * 1024 * 1024


def _framed(value: Any) -> bytes:
    data = dumps(value)
    return _LENGTH.pack(len(data)) + data


def _length(head: bytes) -> int:
    length: int = _LENGTH.unpack(head)[0]
    if length > _FRAME_MAX:
        raise CodecError(f"a frame of {length} bytes, where {_FRAME_MAX} are allowed")
    return length


def write_blocking(stream: socket.socket, value: Any) -> None:
    """Send a value. Raises `CodecError`, OSError."""
    stream.sendall(_framed(value))


def read_blocking(stream: socket.socket) -> Any:
    """The next value. Raises `CodecError`, OSError, EOFError at the end."""
    return loads(_take(stream, _length(_take(stream, _LENGTH.size))))


def _take(stream: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        more = stream.recv(min(count - len(data), 1 << 20))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


def write_value(stream: asyncio.StreamWriter, value: Any) -> None:
    """Send a value. Raises `CodecError`."""
    stream.write(_framed(value))


async def read_value(stream: asyncio.StreamReader) -> Any:
    """The next value. Raises `CodecError`, OSError, `asyncio.IncompleteReadError` at the end."""
    return loads(await stream.readexactly(_length(await stream.readexactly(_LENGTH.size))))
