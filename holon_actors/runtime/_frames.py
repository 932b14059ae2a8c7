"""Frames between an engine and its worker processes: a length, then that many bytes.

Both ends are ours and talk over a socket pair that nobody else holds, so the contents are pickled.
Kept free of imports: a worker process loads this first.
"""

from __future__ import annotations

import struct

__all__ = ["FrameReader", "frame"]

_LENGTH = struct.Struct("<Q")


def frame(body: bytes) -> bytes:
    """A body with its length in front."""
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into the bodies of frames. Pure: bytes in, bodies out."""

    __slots__ = ("_buffer", "_wanted")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._wanted = -1  # length of the body under way, or -1 before its length is known

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now."""
        buffer = self._buffer
        buffer += data
        bodies: list[bytes] = []
        while True:
            if self._wanted < 0:
                if len(buffer) < _LENGTH.size:
                    return bodies
                (self._wanted,) = _LENGTH.unpack_from(buffer)
                del buffer[: _LENGTH.size]
            if len(buffer) < self._wanted:
                return bodies
            with memoryview(buffer) as view:
                bodies.append(bytes(view[: self._wanted]))
            del buffer[: self._wanted]
            self._wanted = -1
