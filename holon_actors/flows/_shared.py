"""Shared runs: one task that several callers wait for, and state that belongs to an event loop.

The callers come and go: one that is cancelled leaves the others waiting, the last one to be
cancelled takes the run with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

S = TypeVar("S")


class SharedRun:
    """One run of a coroutine with any number of waiters."""

    __slots__ = ("_abandoned", "_task", "_waiting")

    def __init__(self, run: Coroutine[Any, Any, Any], abandoned: Callable[[], None]) -> None:
        self._task = asyncio.get_running_loop().create_task(run)
        self._task.add_done_callback(_retrieve)
        self._abandoned = abandoned
        self._waiting = 0

    async def wait(self) -> Any:
        """The result, or the error, of the run."""
        self._waiting += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._waiting -= 1
            if self._waiting == 0 and not self._task.done():
                # Nobody may join a run that is being cancelled; it ends before its caller does.
                self._abandoned()
                self._task.cancel()
                await asyncio.wait([self._task])


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Mark the error as seen: it reaches the waiters, and there may be none left."""
    if not task.cancelled():
        task.exception()


class Slot(Generic[S]):
    """At most one thing that is still open for others to join."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open: S | None = None

    def close(self, item: S) -> None:
        """Close `item`; whatever has taken its place stays open."""
        if self.open is item:
            self.open = None


class PerLoop(Generic[S]):
    """One state for each event loop, forgotten together with the loop.

    The state must not hold on to the loop while idle (a task, future or lock in it would), or
    neither would ever be freed.
    """

    __slots__ = ("_lock", "_make", "_states")

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self._states: WeakKeyDictionary[asyncio.AbstractEventLoop, S] = WeakKeyDictionary()
        self._lock = Lock()

    def current(self) -> S:
        """The state of the running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            state = self._states.get(loop)
            if state is None:
                state = self._states[loop] = self._make()
            return state
