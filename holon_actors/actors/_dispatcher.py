"""Which actor runs next: a queue of the ready ones, worked off in turns of the event loop.

A turn ends after a while even when actors are still ready, so that sockets, timers and tasks get
theirs. `now` is the time at the last look at the clock, at most one actor's turn old: reading an
attribute is cheaper than a clock.

An actor is in the queue at most once (its `_scheduled` flag), except that two threads may race to
put it there, which costs an empty turn.
"""

from __future__ import annotations

import asyncio
import threading
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from holon_actors.actors._gate import BATCH, BUSY, EXITS
from holon_actors.actors._handling import conclude, failed
from holon_actors.actors._unread import take_first
from holon_actors.actors.mailbox import Envelope, opened

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors._watchdog import Watchdog

__all__ = ["Dispatcher"]

T = TypeVar("T")

# Longer turns starve timers and sockets; shorter ones pay the event loop's own cost too often.
_TURN_S = 0.01

# Asks that may be handled on the spot between two turns of the loop.
_RUN_NOW = 16


class Dispatcher:
    """Runs the ready actors of one system on its event loop."""

    __slots__ = (
        "_blamed",
        "_context",
        "_loop",
        "_report_slow",
        "_run_now_left",
        "_slow_s",
        "_thread",
        "_watchdog",
        "awake",
        "clock",
        "current",
        "lock",
        "now",
        "ready",
        "turns",
    )

    # Messages that the task of a handler that has waited may go on with.
    batch = BATCH
    # Askers that may go on at once when a packet of another node brings their answers.
    askers = 64

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        context: Context,
        slow_s: float,
        report_slow: Callable[[Cell, float, int], None],
        watchdog: Watchdog,
    ) -> None:
        self._loop = loop
        self.clock = _clock_of(loop)
        self._context = context
        self._slow_s = slow_s
        self._report_slow = report_slow
        self._watchdog = watchdog
        self._thread = threading.get_ident()
        self._run_now_left = _RUN_NOW
        self._blamed = 0.0  # when a slow step was last reported
        self.ready: deque[Cell] = deque()
        self.awake = False  # a turn is coming
        self.turns = 0
        self.lock = threading.Lock()  # around the making of queues, which any thread may need
        self.current: Cell | None = None
        self.now = self.clock()

    @property
    def on_loop(self) -> bool:
        """Whether the caller is on the event loop's thread."""
        return threading.get_ident() == self._thread

    def close(self) -> None:
        """No actor will need a turn any more."""
        self._watchdog.stop()

    def schedule(self, cell: Cell) -> None:
        """Let `cell` have a turn. May be called from any thread. `Cell.tell` has a copy."""
        self.ready.append(cell)
        if not self.awake:
            self.wake()

    def wake(self) -> None:
        """Ask the event loop for a turn."""
        self.awake = True
        self.now = self.clock()
        if self._watchdog.parked:
            self._watchdog.unpark(self)
        on_loop = threading.get_ident() == self._thread
        call = self._loop.call_soon if on_loop else self._loop.call_soon_threadsafe
        try:
            call(self._turn, context=self._context.copy())
        except RuntimeError:
            if not self._loop.is_closed():
                raise
            # The loop has closed under a reference that outlived its system: nobody is left to
            # tell.
            self.awake = False

    def _turn(self) -> None:
        self.turns += 1
        try:
            self._run_ready()
        finally:
            # Also after a handler's SystemExit: whoever catches it finds the other actors well.
            self.current = None
            self.awake = False
            if self.ready:
                self.wake()

    def _run_ready(self) -> None:
        self._run_now_left = _RUN_NOW
        ready = self.ready
        clock = self.clock
        slow_s = self._slow_s
        run = self._run
        now = self.now = clock()
        end = now + _TURN_S
        while ready:
            self.current = cell = ready.popleft()
            messages = run(cell)
            then = now
            self.now = now = clock()
            if now - then > slow_s and self._blamed < then:
                self._report_slow(cell, now - then, messages)
            if not cell._gate & BUSY:
                cell._current = None
            if now > end:
                break

    def _run(self, cell: Cell) -> int:
        """Give `cell` its turn; return how many messages it handled.

        The hot path: nothing is called here that need not be.
        """
        queue = cell._queue
        if cell._gate != 0:
            cell.gated_turn()
            return 0
        if queue is None:
            return self._run_first(cell)
        receive = cell._handler or cell._actor.receive  # type: ignore[union-attr]
        count = 0
        item: Any = None
        try:
            while queue:
                cell._current = item = queue.popleft()
                count += 1
                if type(item) is tuple:
                    message, sender, answer = item
                    result = receive(message, sender)
                    if result is not None or answer is not None:
                        conclude(cell, item, result)
                else:
                    result = receive(item, None)
                    if result is not None:
                        conclude(cell, item, result)
                if cell._gate or count == BATCH:
                    break
        except BaseException as error:  # noqa: BLE001  # the handler's; see failed
            cell._processed += count
            cell._scheduled = False
            failed(cell, item, error)
            return count
        cell._processed += count
        if queue or cell._gate or cell._attended:
            cell.after_batch()
        else:
            cell._scheduled = False
            if queue:  # another thread told between the look and the flag
                cell._schedule()
        return count

    def _run_first(self, cell: Cell) -> int:
        """The turn of an actor that has no queue yet: at most its very first message."""
        item = take_first(cell)
        if item is None:
            cell.after_batch()
            return 0
        cell._current = item
        cell._processed += 1
        message, sender, answer = opened(item)
        try:
            result = cell.handler()(message, sender)
            if result is not None or answer is not None:
                conclude(cell, item, result)
        except BaseException as error:  # noqa: BLE001  # the handler's; see failed
            cell._scheduled = False
            failed(cell, item, error)
            return 1
        cell.after_batch()
        return 1

    # --- handlers that wait ---

    @types.coroutine
    def watched(self, cell: Cell, awaitable: Awaitable[T]) -> Generator[Any, Any, T]:
        """Await on behalf of `cell`, so that each step is seen to be its own, and a slow one is
        named.

        The steps of a task are the event loop's to run; no turn of ours is around them.
        """
        steps = awaitable.__await__()
        clock = self.clock
        error: BaseException | None = None
        while True:
            before, self.current = self.current, cell
            began = self.now = clock()
            if self._watchdog.parked:
                self._watchdog.unpark(self)
            try:
                wanted = next(steps) if error is None else steps.throw(error)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                self.current = before
                self.now = now = clock()
                if now - began > self._slow_s:
                    self._blame(cell, now - began)
            error = None
            try:
                yield wanted
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as thrown:  # noqa: BLE001  # it belongs to the handler
                error = thrown

    def _blame(self, cell: Cell, seconds: float) -> None:
        """Report a slow step, and note it: what is around the step is not slow for that."""
        if self._blamed < self.now - seconds:
            self._blamed = self.now
            self._report_slow(cell, seconds, 1)

    # --- asks handled on the spot ---

    def may_run_now(self) -> bool:
        """Whether an idle actor may handle an ask at once, without a turn of the loop for it.

        Only so often between two turns, or a chain of asks would keep the loop from all else.
        """
        if self._run_now_left <= 0:
            return False
        self._run_now_left -= 1
        return True

    def run_now(self, cell: Cell, envelope: Envelope) -> None:
        """Handle one message of an idle actor at once."""
        cell._current = envelope
        cell._processed += 1
        before, self.current = self.current, cell
        began = self.now = self.clock()
        if self._watchdog.parked:
            self._watchdog.unpark(self)
        try:
            receive = cell.handler()
            result = self._context.copy().run(receive, envelope[0], envelope[1])
            conclude(cell, envelope, result)
        except BaseException as error:  # noqa: BLE001  # the handler's; see failed
            try:
                failed(cell, envelope, error)
            except EXITS as leaving:  # ends the program, but not by way of whoever asked
                self._loop.call_soon(_leave, leaving)
        finally:
            self.current = before
            self.now = now = self.clock()
            if now - began > self._slow_s:
                self._blame(cell, now - began)
            if not cell._gate & BUSY:
                cell._current = None
        if cell._gate or cell._attended:
            cell.after_batch()


def _leave(error: BaseException) -> None:
    raise error


def _clock_of(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    """The loop's clock, without its Python wrapper where there is no more around the real one."""
    if type(loop).time is asyncio.BaseEventLoop.time:
        return time.monotonic
    return loop.time
