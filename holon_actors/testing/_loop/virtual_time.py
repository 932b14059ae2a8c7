"""Virtual time: the half of the simulation's loop that keeps the clock and the timers.

Time stands still while callbacks run, and moves only from timer to timer. What runs when is decided
in `loop`. A node may have a clock of its own that is early, late, fast or slow; a timer
follows the clock of the node whose context it runs in.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import math
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVarTuple

from holon_actors.testing._loop.fences import FencedLoop
from holon_actors.testing._loop.life import NODE, Life

__all__ = ["VirtualTimeLoop"]

Ts = TypeVarTuple("Ts")

_NS = 1_000_000_000
_CANCELLED_KEPT = 64  # timers that are not worth sweeping out


class _Timer(asyncio.TimerHandle):
    __slots__ = ()
    _scheduled: bool  # is in the heap


def _life(context: contextvars.Context | None) -> Life | None:
    """Whose clock a timer follows: that of the node it will run for."""
    return NODE.get() if context is None else context.get(NODE)


class VirtualTimeLoop(FencedLoop):
    """An event loop whose time is counted in whole nanoseconds, from 0."""

    _ready: deque[asyncio.Handle]

    def __init__(self) -> None:
        super().__init__()
        self._now_ns = 0
        self._timers: list[tuple[int, int, _Timer]] = []
        self._timer_number = 0
        self._timers_cancelled = 0
        self._skewed = False  # some node's clock does not show the true time

    def time(self) -> float:
        """Virtual seconds, from 0, by the clock of the node that the running code belongs to."""
        if self._skewed and (life := NODE.get()) is not None:
            return life.clock.local(self._now_ns) / _NS
        return self._now_ns / _NS

    @property
    def now_ns(self) -> int:
        """Virtual nanoseconds, from 0, whatever the clocks of nodes show."""
        return self._now_ns

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        if delay is None:
            raise TypeError("delay must not be None")
        if delay == math.inf:
            return self._set_timer(math.inf, math.inf, callback, args, context)
        now_ns, wait_ns = self._now_ns, round(delay * _NS)
        if self._skewed and (life := _life(context)) is not None:
            due_ns = now_ns + life.clock.lasting(wait_ns)
            when = (life.clock.local(now_ns) + wait_ns) / _NS
            return self._set_timer(due_ns, when, callback, args, context)
        due_ns = now_ns + wait_ns
        return self._set_timer(due_ns, due_ns / _NS, callback, args, context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        if when is None:
            raise TypeError("when cannot be None")
        due_ns = when if when == math.inf else round(when * _NS)
        # Never early by the clock that set it: whoever compares with time() would set it again.
        if due_ns / _NS < when:
            due_ns += 1
        if self._skewed and when != math.inf and (life := _life(context)) is not None:
            return self._set_timer(life.clock.true(int(due_ns)), when, callback, args, context)
        return self._set_timer(due_ns, due_ns / _NS, callback, args, context)

    def call_at_ns(
        self,
        due_ns: int,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context,
    ) -> asyncio.TimerHandle:
        """Call back at a true time, whatever the clock of the context's node shows."""
        return self._set_timer(due_ns, due_ns / _NS, callback, args, context)

    def clock_of(self, life: Life | None) -> Callable[[], float]:
        """What shows the time of a node, whoever asks; of none, the true time."""

        def read() -> float:
            now_ns = self._now_ns
            if self._skewed and life is not None:
                now_ns = life.clock.local(now_ns)
            return now_ns / _NS

        return read

    def _set_timer(
        self,
        due_ns: float,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> asyncio.TimerHandle:
        self._check_closed()  # type: ignore[attr-defined]
        timer = _Timer(when, callback, args, self, context)
        if isinstance(due_ns, int):
            # Numbered: timers for the same instant become ready in the order they were set.
            self._timer_number += 1
            heapq.heappush(self._timers, (due_ns, self._timer_number, timer))
            timer._scheduled = True
        return timer

    def _timer_handle_cancelled(self, handle: _Timer) -> None:
        if not handle._scheduled:
            return
        self._timers_cancelled += 1
        if self._timers_cancelled > max(_CANCELLED_KEPT, len(self._timers) // 2):
            self._timers = [entry for entry in self._timers if not entry[2]._cancelled]
            heapq.heapify(self._timers)
            self._timers_cancelled = 0

    def _take_due_timers(self) -> None:
        timers = self._timers
        while timers and timers[0][0] <= self._now_ns:
            timer = heapq.heappop(timers)[2]
            timer._scheduled = False
            if timer._cancelled:
                self._timers_cancelled -= 1
            else:
                self._ready.append(timer)

    def _next_due_ns(self) -> int | None:
        """When the next timer is due that is not cancelled."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)[2]._scheduled = False
            self._timers_cancelled -= 1
        return timers[0][0] if timers else None

    def close(self) -> None:
        self._timers.clear()
        super().close()
