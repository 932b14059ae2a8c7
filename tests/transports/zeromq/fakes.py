"""A socket that follows the rules of libzmq, and a loop that follows asyncio's, without either."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import zmq

__all__ = ["Loop", "Socket"]


class Socket:
    """As the manual of libzmq has it: what happens is a command for the socket, and the descriptor
    can be read until a call takes note of the commands. Not every call does while it has messages.
    """

    def __init__(self) -> None:
        self.commands: deque[str] = deque()
        self.unread = 0
        self.room = 1
        self.closed = False
        self.lazy = False
        self.eager = False

    @property
    def is_signalled(self) -> bool:
        return bool(self.commands)

    def happens(self, command: str) -> None:
        self.commands.append(command)

    def _take_note(self) -> None:
        while self.commands:
            if self.commands.popleft() == "message":
                self.unread += 1
            else:
                self.room = 1

    def getsockopt(self, option: int) -> int:
        if option == zmq.FD:
            return 7
        self._take_note()
        return (zmq.POLLIN if self.unread else 0) | (zmq.POLLOUT if self.room else 0)

    def receive(self) -> bool:
        if not (self.lazy and self.unread):
            self._take_note()
        if not self.unread:
            return False
        self.unread -= 1
        return True

    def send(self) -> bool:
        self._take_note()
        sent, self.room = self.room > 0, 0
        if self.eager:  # the peer reads before the caller looks again
            self.happens("room")
        return sent

    def connect(self, address: str) -> None:
        """What is sent before the connection stands has room already."""
        self._take_note()
        self.room = 1

    def disconnect(self, address: str) -> None:
        self._take_note()
        self.room = 0

    def close(self, linger: int) -> None:
        self.closed = True


class Loop:
    """Calls what is due, and who reads the descriptor."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.due: deque[Callable[[], None]] = deque()
        self.reader: Callable[[], None] | None = None

    def add_reader(self, fd: int, callback: Callable[[], None]) -> None:
        self.reader = callback

    def remove_reader(self, fd: int) -> None:
        self.reader = None

    def call_soon(self, callback: Callable[[], None], context: Any) -> None:
        self.due.append(callback)

    @property
    def is_idle(self) -> bool:
        return not self.due and not (self.reader and self.socket.is_signalled)

    def turn(self) -> None:
        """One turn; errors of callbacks go to nobody."""
        callbacks, self.due = list(self.due), deque()
        if self.reader is not None and self.socket.is_signalled:
            callbacks.append(self.reader)
        for callback in callbacks:
            try:
                callback()
            except ZeroDivisionError:
                pass
