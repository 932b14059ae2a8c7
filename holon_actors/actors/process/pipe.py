"""Frames over a socket pair that nobody but the two processes holds.

A message is a head and buffers, with their lengths in front. Nothing is lost or reordered, and the
end of either process is the end of the stream; so there are no numbers, acknowledgements or
heartbeats, and a handler that blocks its process for an hour is no reason to worry.
"""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence

from holon_transports import Buffer

__all__ = ["FrameReader", "Pipe", "framed"]

_COUNT = struct.Struct("<I")
_SINGLE = struct.Struct("<IQ")  # the lengths of a message that is one frame
_READ_BYTES = 1 << 18
_SOCKET_BYTES = 1 << 20  # what the kernel is asked to hold: a large buffer goes in few steps
_PARTS_MAX = 512  # of one system call; the least that any system takes is 1,024
# A frame from this size on is read right into its place.
_JOINED_BYTES = 1 << 16
# More than any message has. What announces more is no message: memory is not taken for it.
_FRAMES_MAX = 1 << 20
_FRAME_BYTES_MAX = 1 << 32


def framed(frames: Sequence[Buffer]) -> list[memoryview]:
    """What is written for one message: the lengths, then the frames as they are."""
    if len(frames) == 1 and type(frames[0]) is bytes and len(frames[0]) < _JOINED_BYTES:
        return [memoryview(_SINGLE.pack(1, len(frames[0])) + frames[0])]
    views = [memoryview(frame).cast("B") for frame in frames]
    sizes = struct.pack(f"<I{len(views)}Q", len(views), *map(len, views))
    return [memoryview(sizes), *(view for view in views if view)]


class FrameReader:
    """Cuts a stream of bytes into messages. Pure: bytes in, messages out. Raises ValueError for
    what cannot be one; the stream is of no use then.
    """

    __slots__ = ("_data", "_filled", "_frames", "_sizes")

    def __init__(self) -> None:
        self._data = bytearray()  # not yet seen to
        # The message under way: what it is to have, what it has, and how much of the last frame.
        self._sizes: tuple[int, ...] | None = None
        self._frames: list[bytearray] = []
        self._filled = 0

    def room(self) -> memoryview | None:
        """Where the next bytes belong, if they are of a frame that is under way; `filled` says that
        they are there.
        """
        if self._lacks:
            return memoryview(self._frames[-1])[self._filled :]
        return None

    def filled(self, count: int) -> list[list[Buffer]]:
        """So many bytes have come into `room`: the messages that are complete now."""
        self._filled += count
        return self._messages()

    def feed(self, data: bytes) -> list[list[Buffer]]:
        """Bytes have come: the messages that are complete now."""
        if self._data or self._sizes is not None:
            self._data += data
            return self._messages()
        # As a rule it is one small message, or a few, and nothing is left over.
        found: list[list[Buffer]] = []
        begin, end = 0, len(data)
        while end - begin > _SINGLE.size:
            count, size = _SINGLE.unpack_from(data, begin)
            head = begin + _SINGLE.size
            if count != 1 or head + size > end:
                break
            begin = head + size
            found.append([data[head:begin]])
        if begin < end:
            self._data += data[begin:]
            found += self._messages()
        return found

    @property
    def _lacks(self) -> int:
        """How many bytes the last frame still wants."""
        return len(self._frames[-1]) - self._filled if self._frames else 0

    def _messages(self) -> list[list[Buffer]]:
        found: list[list[Buffer]] = []
        while self._complete():
            found.append(list(self._frames))
            self._sizes, self._frames, self._filled = None, [], 0
        return found

    def _complete(self) -> bool:
        """Whether the message under way is all here, as far as the bytes go."""
        sizes = self._sizes or self._begin()
        if sizes is None:
            return False
        while True:
            lacks = self._lacks
            if lacks:
                part = self._data[:lacks]
                del self._data[:lacks]
                self._frames[-1][self._filled : self._filled + len(part)] = part
                self._filled += len(part)
                if len(part) < lacks:
                    return False
            elif len(self._frames) == len(sizes):
                return True
            else:
                self._frames.append(bytearray(sizes[len(self._frames)]))
                self._filled = 0

    def _begin(self) -> tuple[int, ...] | None:
        data = self._data
        if len(data) < _COUNT.size:
            return None
        (count,) = _COUNT.unpack_from(data)
        if not 0 < count <= _FRAMES_MAX:
            raise ValueError(f"a message of {count} frames")
        end = _COUNT.size + 8 * count
        if len(data) < end:
            return None
        sizes = struct.unpack_from(f"<{count}Q", data, _COUNT.size)
        if max(sizes) > _FRAME_BYTES_MAX:
            raise ValueError(f"a frame of {max(sizes)} bytes")
        self._sizes = sizes
        del data[:end]
        return sizes


class Pipe:
    """One end of the socket pair, on an event loop.

    `received` gets each message; `ended` is called once, when the other end is closed, or has sent
    what is no message: `broken` says what then. With `waits` a message that finds no room keeps
    this thread waiting until the other process has read on; without it, the message is kept here.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        link: socket.socket,
        received: Callable[[list[Buffer]], None],
        ended: Callable[[], None],
        *,
        waits: bool,
    ) -> None:
        link.setblocking(False)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        self._loop = loop
        self._link = link
        self._received = received
        self._ended = ended
        self._waits = waits
        self._reader = FrameReader()
        self._unsent: deque[memoryview] = deque()
        self.unsent_bytes = 0
        self.is_open = True
        self.broken: Exception | None = None
        loop.add_reader(link, self._readable)

    def send(self, frames: Sequence[Buffer]) -> None:
        """Send one message. On a closed pipe it is forgotten, as it would be by a dead process."""
        if not self.is_open:
            return
        parts = framed(frames)
        idle = not self._unsent
        self._unsent.extend(parts)
        self.unsent_bytes += sum(map(len, parts))
        if idle:
            self._push()
            if self._unsent:
                self._loop.add_writer(self._link, self._writable)

    def close(self) -> None:
        """Close this end. What was taken by the kernel is still delivered."""
        if not self.is_open:
            return
        self.is_open = False
        self._loop.remove_reader(self._link)
        self._loop.remove_writer(self._link)
        self._link.close()
        self._forget()

    # --- out ---

    def _writable(self) -> None:
        self._push()
        if not self._unsent:
            self._loop.remove_writer(self._link)

    def _push(self) -> None:
        """Write what can be written."""
        while self._unsent:
            try:
                sent = self._write()
            except BlockingIOError:
                if not self._waits:
                    return
                self._wait()
            except OSError:
                self._forget()  # the other end is gone, which the reader will notice
            else:
                self._written(sent)

    def _write(self) -> int:
        unsent = self._unsent
        if len(unsent) == 1:
            return self._link.send(unsent[0])
        parts = [part for part, _ in zip(unsent, range(_PARTS_MAX), strict=False)]
        return self._link.sendmsg(parts)

    def _wait(self) -> None:
        writable = select.poll()
        writable.register(self._link, select.POLLOUT)
        writable.poll()

    def _written(self, count: int) -> None:
        self.unsent_bytes -= count
        unsent = self._unsent
        while count:
            size = len(unsent[0])
            if count < size:
                unsent[0] = unsent[0][count:]
                return
            unsent.popleft()
            count -= size

    def _forget(self) -> None:
        self._unsent.clear()
        self.unsent_bytes = 0

    # --- in ---

    def _readable(self) -> None:
        self.read()

    def read(self) -> bool:
        """Take in what has come, some of it at least; False when there is nothing more now."""
        if not self.is_open:
            return False
        room = self._reader.room()
        try:
            if room is not None and len(room) >= _JOINED_BYTES:
                count = self._link.recv_into(room)
                messages = self._reader.filled(count)
            else:
                data = self._link.recv(_READ_BYTES)
                count = len(data)
                messages = self._reader.feed(data)
        except BlockingIOError:
            return False
        except OSError:
            count, messages = 0, []
        except (ValueError, MemoryError) as error:  # no room for what is announced is as bad
            self.broken = error
            count, messages = 0, []
        for message in messages:
            self._received(message)
        if not count and self.is_open:
            self.close()
            self._ended()
        return count > 0
