"""The time limits of many calls with few timers: calls of one time-out run out in the order in
which they were made, so one timer per time-out value watches the oldest.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from holon_actors.errors import ConfigError

__all__ = ["Deadlines", "checked_timeout"]

C = TypeVar("C", bound=Hashable)

# A timer may fire a tick of the clock early; what is due within it is due.
_TICK_S = 1e-6


def checked_timeout(timeout_s: float) -> float:
    """A time limit that clocks can count with: what is over already is 0. Raises `ConfigError`."""
    if math.isnan(timeout_s):
        raise ConfigError("timeout=nan: seconds, or None")
    return max(0.0, timeout_s)


class Deadlines(Generic[C]):
    """Calls `expire(call, timeout_s)` for each call that was not discarded in time."""

    __slots__ = ("_expire", "_loop", "_queues", "_timers")

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[C, float], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._queues: dict[float, dict[C, float]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def add(self, call: C, timeout_s: float) -> None:
        """Give a call so many seconds from now."""
        queue = self._queues.get(timeout_s)
        if queue is None:
            queue = self._queues[timeout_s] = {}
        due = self._loop.time() + timeout_s
        queue[call] = due
        if timeout_s not in self._timers:
            self._watch(timeout_s, due)

    def discard(self, call: C, timeout_s: float) -> None:
        """A call has ended."""
        queue = self._queues.get(timeout_s)
        if queue is not None:
            queue.pop(call, None)

    def close(self) -> None:
        """Stop all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._queues.clear()

    def _watch(self, timeout_s: float, due: float) -> None:
        self._timers[timeout_s] = self._loop.call_at(due, self._look, timeout_s)

    def _look(self, timeout_s: float) -> None:
        del self._timers[timeout_s]
        queue = self._queues[timeout_s]
        soon = self._loop.time() + _TICK_S
        over = []
        for call, due in queue.items():
            if due > soon:
                self._watch(timeout_s, due)
                break
            over.append(call)
        for call in over:
            del queue[call]
            self._expire(call, timeout_s)
        if not queue:
            # Whoever computes each time-out has ever new ones, which should not pile up.
            self._queues.pop(timeout_s, None)
            timer = self._timers.pop(timeout_s, None)
            if timer is not None:
                timer.cancel()
