"""Finds a handler that does not give the event loop back, while it does not.

The dispatcher names a slow handler once it has returned. One that never returns it cannot name, so
a thread looks in from outside every `_PERIOD_S`. While no actor runs it sleeps without a time-out:
an idle system has no wake-ups. The thread only reads, and what it reads may be a moment old, so it
names only what it has seen twice.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from holon_actors.actors.mailbox import opened

if TYPE_CHECKING:
    from holon_actors.actors._dispatcher import Dispatcher
    from holon_actors.actors._log import KernelLog

__all__ = ["Watchdog"]

_PERIOD_S = 0.5


class Watchdog:
    """Watches the event loop's thread on behalf of one dispatcher."""

    __slots__ = (
        "_condition",
        "_dispatcher",
        "_log",
        "_loop_thread",
        "_stopped",
        "_thread",
        "parked",
    )

    def __init__(self, log: KernelLog) -> None:
        self._log = log
        self._loop_thread = threading.get_ident()
        self._dispatcher: Dispatcher | None = None
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.parked = True  # read by the dispatcher each time it wakes

    def unpark(self, dispatcher: Dispatcher) -> None:
        """Actors run again: look in from time to time. The first call starts the thread."""
        with self._condition:
            if self._stopped:
                return
            self.parked = False
            if self._thread is None:
                self._dispatcher = dispatcher
                self._thread = threading.Thread(
                    target=self._watch, name="holon-watchdog", daemon=True
                )
                self._thread.start()
            else:
                self._condition.notify()

    def stop(self) -> None:
        """End the thread."""
        with self._condition:
            self._stopped = True
            self.parked = False
            self._condition.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        dispatcher = self._dispatcher
        assert dispatcher is not None
        seen: Any = None
        seen_at = 0.0  # when what is seen was begun, or gone on with
        seen_turns = -1
        told: Any = None
        periods = 0
        while self._pause():
            cell = dispatcher.current
            item = cell._current if cell is not None else None
            if item is None:
                seen = None
                if dispatcher.turns == seen_turns:
                    self._park()
                seen_turns = dispatcher.turns
            elif item is not seen or dispatcher.now != seen_at:
                seen, seen_at, periods = item, dispatcher.now, 0
            elif cell is not None:
                periods += 1
                if item is not told:
                    told = item
                    kind = type(opened(item)[0]).__name__
                    self._log.stuck(cell.path, kind, periods * _PERIOD_S, self._where())

    def _pause(self) -> bool:
        """Wait one period, or until unparked. False when it is time to end."""
        with self._condition:
            if not self._stopped:
                self._condition.wait(None if self.parked else _PERIOD_S)
            return not self._stopped

    def _park(self) -> None:
        with self._condition:
            self.parked = True

    def _where(self) -> str:
        """File, line and function where the event loop's thread is now."""
        frame = sys._current_frames().get(self._loop_thread)
        if frame is None:
            return "an unknown place"
        code = frame.f_code
        return f"{code.co_filename}:{frame.f_lineno} in {code.co_name}"
