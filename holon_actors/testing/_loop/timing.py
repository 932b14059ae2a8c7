"""True time for what is below the nodes: the network and the disks, in whole nanoseconds.

A node's own clock may be skewed, and `loop.time()` shows the clock of whoever asks; the time that a
frame needs is the same for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from holon_actors.testing._choices.chance import S


class Timing:
    """Reads and sets timers on the virtual time of a `SimLoop`, or on any other loop's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop: Any = loop
        self._virtual = hasattr(loop, "now_ns")
        # Whatever belongs to no node: neither a crash nor a pause may hold it up.
        self.neutral = Context()

    @property
    def now_ns(self) -> int:
        return int(self._loop.now_ns) if self._virtual else round(self._loop.time() * S)

    def call_at_ns(
        self, due_ns: int, callback: Callable[..., None], *args: Any, context: Context
    ) -> asyncio.TimerHandle:
        """Call once at a time, or at the next turn when it has passed."""
        timer: asyncio.TimerHandle
        if self._virtual:
            timer = self._loop.call_at_ns(due_ns, callback, *args, context=context)
        else:
            timer = self._loop.call_at(due_ns / S, callback, *args, context=context)
        return timer

    def soon(self, callback: Callable[..., None], *args: Any, context: Context) -> None:
        """Call at the next turn of the loop."""
        self._loop.call_soon(callback, *args, context=context)
