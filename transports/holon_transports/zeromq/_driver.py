"""Drives one ZeroMQ socket by its file descriptor on an asyncio event loop.

The descriptor of a ZeroMQ socket says "something has changed", once, and falls silent as soon as
any call on the socket has taken note, even a send. Hence the rules here: after a wake-up take
messages until `EVENTS` says that there are none; look at `EVENTS` again after every send, connect
and disconnect, unless that look is still to come; and when work is left over, or an error came out
of a callback, come back by the loop and not by the descriptor. A wake-up does a bounded amount of
work, so that one busy peer cannot stop the loop.

To look costs as much as to take a message (libzmq asks the operating system, pyzmq makes an
enumeration of the number). So there is no look before the first one of a wake-up, which is mostly
there; the one after the last cannot be saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

import zmq

__all__ = ["Driver"]

_TAKEN_PER_WAKE = 32
# Much more fills mailboxes before an actor sees any of it: what was read is in no cache by then,
# and the garbage collector goes over it again and again.
_BYTES_PER_WAKE = 256 * 1024

# Plain numbers: arithmetic on the enumerations takes longer than the calls on the socket.
_EVENTS = int(zmq.EVENTS)
_POLLIN = int(zmq.POLLIN)
_POLLOUT = int(zmq.POLLOUT)


class Driver:
    """Calls `take` while there is something to receive, and `room` when `wants_room` is set and
    the socket can send. `take` receives one message, if there is one, and returns how many bytes it
    had; `room` returns whether it could use the room (a ROUTER has room when any of its peers has).
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        socket: zmq.Socket[bytes],
        take: Callable[[], int],
        room: Callable[[], bool],
    ) -> None:
        self.wants_room = False
        self._loop = loop
        self._context = context
        self._socket = socket
        self._take = take
        self._room = room
        self._events: Callable[[int], int] = socket.getsockopt  # type: ignore[assignment]
        self._busy = False
        self._scheduled = False
        self._closed = False
        self._fd: int = self._events(zmq.FD)
        # A copy: the caller may be running in that very context, which cannot be entered twice.
        context.copy().run(loop.add_reader, self._fd, self._wake)
        self.come_back()  # what came before the descriptor was watched

    def close(self, linger_s: float) -> None:
        """Let go of the socket and close it."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._fd)
            self._socket.close(linger=int(linger_s * 1000))

    def sent(self) -> None:
        """To be called after a send, connect or disconnect: it may have swallowed the descriptor's
        wake-up.
        """
        if self._busy or self._scheduled or self._closed:
            return
        events = self._events(_EVENTS)
        if events & _POLLIN or (self.wants_room and events & _POLLOUT):
            self.come_back()

    def come_back(self) -> None:
        """Wake up in a later turn of the loop, whatever the descriptor says."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._wake_by_loop, context=self._context)

    def _wake_by_loop(self) -> None:
        self._scheduled = False
        self._wake()

    def _wake(self) -> None:
        if self._busy or self._closed:
            return
        self._busy = True
        finished = False
        try:
            finished = self._work()
        finally:
            self._busy = False
            if not finished and not self._closed:
                self.come_back()

    def _work(self) -> bool:
        """Whether all is done that there is to do now."""
        budget = _BYTES_PER_WAKE
        stuck = False
        events = self._events(_EVENTS) if self.wants_room else _POLLIN
        for _ in range(_TAKEN_PER_WAKE):
            if self.wants_room and not stuck and events & _POLLOUT:
                stuck = not self._room()
            elif events & _POLLIN:
                budget -= self._take()
            else:
                return True
            if self._closed or budget < 0:
                return False
            events = self._events(_EVENTS)
        return False
