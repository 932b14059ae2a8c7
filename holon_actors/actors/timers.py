"""Timers of one actor. All of them end with it, and with its instance when it restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from holon_actors.actors._gate import ELSEWHERE
from holon_actors.actors.signals import ReceiveTimeout

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = ["Cancellable", "OneShot", "ReceiveTimer", "Timer"]


class Cancellable(Protocol):
    """Something that can be called off."""

    def cancel(self) -> None: ...


class OneShot:
    """Calls a function once, after `delay_s` seconds, and is listed in `active` until then."""

    __slots__ = ("_active", "_callback", "_delay_s", "_handle", "_loop")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        delay_s: float,
        callback: Callable[[], None],
        active: dict[Cancellable, None],
    ) -> None:
        self._loop = loop
        self._delay_s = delay_s
        self._callback = callback
        self._active = active
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._active[self] = None
        self._handle = self._loop.call_later(self._delay_s, self._fire)

    def _fire(self) -> None:
        self._active.pop(self, None)
        self._callback()

    def cancel(self) -> None:
        self._active.pop(self, None)
        if self._handle is not None:
            self._handle.cancel()


class Timer:
    """Tells an actor a message after a delay, once or `every` so many seconds.

    `cancel` ends it; a message that is in the mailbox by then is still delivered. A periodic timer
    keeps its beat: delays do not add up, and beats that were missed altogether are skipped.
    """

    __slots__ = ("_active", "_cell", "_due", "_every_s", "_handle", "_message", "cancelled")

    def __init__(self, cell: Cell, message: Any, every_s: float | None) -> None:
        self._cell = cell
        self._message = message
        self._every_s = every_s
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._active = cell._uncommon().timers
        self.cancelled = False

    def _start(self, delay_s: float) -> None:
        if self.cancelled or not self._cell.is_alive:
            return
        self._active[self] = None
        self._due = self._cell.system.loop.time() + delay_s
        self._handle = self._cell.system.loop.call_at(self._due, self._fire)

    def _fire(self) -> None:
        if self._every_s is None:
            self._active.pop(self, None)
        else:
            now = self._cell.system.loop.time()
            missed = max(0, (now - self._due) // self._every_s)
            self._due += (missed + 1) * self._every_s
            self._handle = self._cell.system.loop.call_at(self._due, self._fire)
        self._cell.tell(self._message, self._cell)

    def cancel(self) -> None:
        """Call it off. Cancelling twice, or too late, is fine."""
        self.cancelled = True
        self._cell.system._on_loop(self._disarm)

    def _disarm(self) -> None:
        self._active.pop(self, None)
        if self._handle is not None:
            self._handle.cancel()


class ReceiveTimer:
    """Signals `ReceiveTimeout` when an actor has been without messages for `timeout_s` seconds,
    again and again.

    A message only notes the time; the timer looks at the note when it fires, and sleeps on for the
    rest.
    """

    __slots__ = ("_cell", "_handle", "_quiet_since", "_timeout_s")

    def __init__(self, cell: Cell, timeout_s: float) -> None:
        self._cell = cell
        self._timeout_s = timeout_s
        self._quiet_since = cell.system.loop.time()
        self._handle = cell.system.loop.call_later(timeout_s, self._fire)

    def touch(self) -> None:
        """A message has been handled."""
        self._quiet_since = self._cell.system.clock()

    def _fire(self) -> None:
        loop = self._cell.system.loop
        now = loop.time()
        if self._cell._gate & ~ELSEWHERE or self._cell._queue:
            self._quiet_since = now  # busy is not quiet
        if now - self._quiet_since >= self._timeout_s - 1e-6:
            self._quiet_since = now
            self._cell._signal(ReceiveTimeout())
        self._handle = loop.call_at(self._quiet_since + self._timeout_s, self._fire)

    def cancel(self) -> None:
        self._handle.cancel()
