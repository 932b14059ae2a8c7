"""What an actor's process is at, also when it is blocked: told by its interpreter's own means.

A signal has `faulthandler` write the stacks of all threads of a process to a pipe that all
processes of one starter share. They are asked one after the other, so that what comes is of the one
that was asked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

__all__ = ["Looks"]

_ANSWER_S = 1.0  # a process that was stopped does not answer
_QUIET_S = 0.05  # nothing says where an answer ends
_READ_BYTES = 1 << 16


class Looks:
    """The pipe, and who may ask. `theirs` is the end that the processes write to."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Raises `OSError`."""
        self._loop = loop
        self._ours, self.theirs = os.pipe()
        os.set_blocking(self._ours, False)
        os.set_blocking(self.theirs, False)  # nobody waits for a reader
        self._turn = asyncio.Lock()
        self._open = True

    async def look(self, ask: Callable[[], None]) -> str:
        """What the process that `ask` sends the signal to writes; "" if it does not answer."""
        async with self._turn:
            self._read()  # what came too late for whoever had asked
            if not self._open:
                return ""
            ask()
            found, more = b"", await self._wait_more(_ANSWER_S)
            while more:
                found += more
                more = await self._wait_more(_QUIET_S)
        return found.decode("utf-8", "replace")

    def close(self) -> None:
        """Close our end."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._ours)
            os.close(self._ours)

    async def _wait_more(self, limit_s: float) -> bytes:
        come = asyncio.Event()
        if self._open:
            self._loop.add_reader(self._ours, come.set)
        try:
            async with asyncio.timeout(limit_s):
                await come.wait()
        except TimeoutError:
            return b""
        finally:
            if self._open:
                self._loop.remove_reader(self._ours)
        return self._read()

    def _read(self) -> bytes:
        if not self._open:
            return b""
        try:
            return os.read(self._ours, _READ_BYTES)
        except OSError:  # nothing is there
            return b""
