"""Reads and writes the frames of one message on a ZeroMQ socket.

A head is small and copied out; the frames behind it are large buffers by agreement of those who
send them, and stay in the memory of libzmq.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zmq

from holon_transports.transport import Buffer, Frames

__all__ = [
    "NOW",
    "NOW_AND_MORE",
    "Send",
    "content",
    "receive_rest",
    "send_frames",
    "send_of",
    "skip_rest",
]

Send = Callable[..., Any]

# Plain numbers: arithmetic on the enumerations takes longer than the calls on the socket.
NOW = int(zmq.NOBLOCK)
NOW_AND_MORE = int(zmq.NOBLOCK | zmq.SNDMORE)

_COPIED_BYTES_MAX = 16 * 1024


def content(frame: zmq.Frame) -> Buffer:
    """What is in a frame, which may be forgotten then."""
    return frame.bytes if len(frame) <= _COPIED_BYTES_MAX else frame.buffer


def receive_rest(
    socket: zmq.Socket[bytes], frame: zmq.Frame, frames_max: int
) -> tuple[list[Buffer] | None, int]:
    """The frames of the message that `frame` begins, and their bytes. None: they are too many, and
    were thrown away.
    """
    first = content(frame)
    frames, size = [first], len(first)
    while frame.more:
        if len(frames) >= frames_max:
            skip_rest(socket, frame)
            return None, size
        frame = socket.recv(NOW, copy=False)
        buffer = content(frame)
        frames.append(buffer)
        size += len(buffer)
    return frames, size


def skip_rest(socket: zmq.Socket[bytes], frame: zmq.Frame) -> None:
    """Throw away what follows `frame` in its message."""
    while frame.more:
        frame = socket.recv(NOW, copy=False)


def send_of(socket: zmq.Socket[bytes]) -> Send:
    """The compiled `send` of a socket: `send(frame, flags, copy)`. The one around it is for options
    of draft sockets, and takes longer than the sending.
    """
    send: Send = super(zmq.Socket, socket).send
    return send


def send_frames(send: Send, frames: Frames, zero_copy_bytes: int) -> None:
    """Send one message. Raises `zmq.Again` if there is no room for its first frame.

    Later frames have room if the first had. When the connection ends in between libzmq refuses or
    swallows them, and drops the whole: a message that got lost, as on any broken connection.
    """
    last = len(frames) - 1
    for index, frame in enumerate(frames):
        flags = NOW if index == last else NOW_AND_MORE
        try:
            # Views of several dimensions know their bytes, len() does not.
            size = frame.nbytes if isinstance(frame, memoryview) else len(frame)
            send(frame, flags, size < zero_copy_bytes)
        except zmq.Again:
            if index == 0:
                raise
