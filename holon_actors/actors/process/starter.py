"""Begins and ends the processes of one system's actors, by way of a starter process.

See `_zygote` for the other end. The starter is begun with the first process that is wanted, and
ends with the system. Its death takes the processes along; the next one wanted begins another.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from holon_actors.actors.process._zygote import (
    BEGUN,
    END,
    EXITED,
    LOOK,
    RECORD,
    START,
    UNSTARTED,
)
from holon_actors.actors.process.looks import Looks

__all__ = ["Begun", "Starter"]

# The starter must find this package wherever the system got it from.
_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv.pop());"
    "from holon_actors.actors.process._zygote import main; main()"
)
_ROOT = str(Path(__file__).resolve().parents[3])
_READ_RECORDS = 64
# Descriptors on their way to the starter at a time: the kernel limits what a user may have there.
_UNDER_WAY_MAX = 16
_LAST_S = 5.0  # what a starter has to see its processes end


class Begun(Protocol):
    """Who wants a process, and hears of it."""

    def process_begun(self, pid: int) -> None: ...

    def process_ended(self, exit_code: int | None) -> None:
        """It has ended; None when nobody could tell how."""
        ...

    def process_unstarted(self, reason: str) -> None: ...


class Starter:
    """One starter process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Starter], None]) -> None:
        """`lost` is called when it ends without having been told to. Raises `OSError`."""
        if os.name != "posix":
            raise OSError("it takes a POSIX system")
        ours, theirs = socket.socketpair()
        self._loop = loop
        self._lost = lost
        self._control = ours
        self._unread = b""
        self._tokens = 0
        self._wanted: deque[tuple[int, socket.socket]] = deque()
        self._under_way = 0
        self._begun: dict[int, Begun] = {}
        self._closed = asyncio.Event()
        self._leaving = False
        try:
            self._looks, self._process = _spawn(loop, theirs)
        except OSError:
            ours.close()
            raise
        ours.setblocking(False)
        loop.add_reader(ours, self._readable)

    @property
    def pid(self) -> int:
        """The starter's own process number."""
        return self._process.pid

    def begin(self, who: Begun, link: socket.socket) -> int:
        """Begin a process that gets `link`, which is closed here. Returns the token for `end`."""
        self._tokens += 1
        self._begun[self._tokens] = who
        self._wanted.append((self._tokens, link))
        self._order()
        return self._tokens

    def end(self, token: int, number: signal.Signals) -> None:
        """Send a process, and what it has started, a signal."""
        self._tell(END, token, number)

    async def look(self, token: int) -> str:
        """The stacks of a process as its interpreter writes them; "" if it does not answer."""
        return await self._looks.look(lambda: self._tell(LOOK, token, 0))

    def _tell(self, kind: int, token: int, number: int) -> None:
        if token in self._begun and self._control.fileno() >= 0:
            try:
                self._control.sendall(RECORD.pack(kind, token, number))
            except OSError:
                pass  # the starter is gone, and with it the process

    async def close(self) -> None:
        """End all processes at once, and the starter; wait until they are gone."""
        if not self._closed.is_set():
            self._leaving = True
            self._control.shutdown(socket.SHUT_WR)
            try:
                async with asyncio.timeout(_LAST_S):
                    await self._closed.wait()
            except TimeoutError:  # a process that even KILL does not end
                self._process.kill()
                await self._closed.wait()

    def _order(self) -> None:
        while self._wanted and self._under_way < _UNDER_WAY_MAX:
            token, link = self._wanted.popleft()
            with link:
                try:
                    record = RECORD.pack(START, token, 0)
                    socket.send_fds(self._control, [record], [link.fileno()])
                except OSError as error:
                    self._begun.pop(token).process_unstarted(str(error))
                else:
                    self._under_way += 1

    def _readable(self) -> None:
        try:
            data = self._control.recv(RECORD.size * _READ_RECORDS)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._over()
            return
        self._unread += data
        whole = len(self._unread) // RECORD.size * RECORD.size
        records, self._unread = self._unread[:whole], self._unread[whole:]
        for kind, token, number in RECORD.iter_unpack(records):
            self._told(kind, token, number)

    def _told(self, kind: int, token: int, number: int) -> None:
        if kind == EXITED:
            self._begun.pop(token).process_ended(number)
            return
        self._under_way -= 1
        if kind == BEGUN:
            self._begun[token].process_begun(number)
        elif kind == UNSTARTED:
            self._begun.pop(token).process_unstarted(f"fork: {os.strerror(number)}")
        self._order()

    def _over(self) -> None:
        """The starter has ended, or is about to: it closes nothing before."""
        self._loop.remove_reader(self._control)
        self._control.close()
        self._looks.close()
        self._process.wait()
        if not self._leaving:
            self._lost(self)
        for _, link in self._wanted:
            link.close()
        self._wanted.clear()
        begun, self._begun = self._begun, {}
        for who in begun.values():
            who.process_ended(None)
        self._closed.set()


def _spawn(
    loop: asyncio.AbstractEventLoop, theirs: socket.socket
) -> tuple[Looks, subprocess.Popen[bytes]]:
    """Begin the starter; `theirs` is closed here. Raises `OSError`."""
    with theirs:
        looks = Looks(loop)
        try:
            return looks, _begun(theirs.fileno(), looks.theirs)
        except OSError:
            looks.close()
            raise
        finally:
            os.close(looks.theirs)


def _begun(control: int, stacks: int) -> subprocess.Popen[bytes]:
    path = [_ROOT, *(entry for entry in sys.path if entry != _ROOT)]
    numbers = [str(number) for number in (control, os.getpid(), stacks)]
    return subprocess.Popen(  # noqa: S603  # our own interpreter and program
        [sys.executable, "-c", _BOOT, *numbers, json.dumps(path)],
        stdin=subprocess.DEVNULL,
        cwd="/",  # ours may be gone, and Python may not begin then; its processes go where ours is
        pass_fds=(control, stacks),
        start_new_session=True,
    )
