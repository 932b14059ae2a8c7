"""Reads and writes the frames of one message on a ZeroMQ socket.

A head is small and copied out; the frames behind it are large buffers by agreement of those who
send them, and stay in the memory of libzmq.
"""

from __future__ import annotations

import zmq

from holon_transports.transport import Buffer, Frames

__all__ = ["NOW", "NOW_AND_MORE", "receive_rest", "send_frames", "skip_rest"]

# Plain numbers: arithmetic on the enumerations takes longer than the calls on the socket.
NOW = int(zmq.NOBLOCK)
NOW_AND_MORE = int(zmq.NOBLOCK | zmq.SNDMORE)

_COPIED_BYTES_MAX = 16 * 1024


def receive_rest(
    socket: zmq.Socket[bytes], frame: zmq.Frame, frames_max: int
) -> tuple[list[Buffer] | None, int]:
    """The frames of the message that `frame` begins, and their bytes. None: they are too many, and
    were thrown away.
    """
    frames = [_content(frame)]
    size = len(frames[0])
    while frame.more:
        if len(frames) >= frames_max:
            skip_rest(socket, frame)
            return None, size
        frame = socket.recv(NOW, copy=False)
        content = _content(frame)
        frames.append(content)
        size += len(content)
    return frames, size


def skip_rest(socket: zmq.Socket[bytes], frame: zmq.Frame) -> None:
    """Throw away what follows `frame` in its message."""
    while frame.more:
        frame = socket.recv(NOW, copy=False)


def send_frames(socket: zmq.Socket[bytes], frames: Frames, zero_copy_bytes: int) -> None:
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
            socket.send(frame, flags, copy=size < zero_copy_bytes)
        except zmq.Again:
            if index == 0:
                raise


def _content(frame: zmq.Frame) -> Buffer:
    return frame.bytes if len(frame) <= _COPIED_BYTES_MAX else frame.buffer
