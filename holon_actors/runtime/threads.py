"""Worker threads: where synchronous flows run when they may block.

A thread works through one lease at a time. Outcomes go back to the loop through `Completions`,
which wakes it once for all that has come together meanwhile. A thread cannot be stopped: when a
flow outlives its timeout, the thread goes on with it and only then becomes free.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from holon_actors.runtime.attempt import Clock, begin, perform
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.leases import Lease
from holon_actors.runtime.planner import SLICE_S

__all__ = ["Completions", "WorkerThread"]

AnyLease = Lease[Execution[Any]]


class Completions:
    """A way from worker threads to the loop. `settle(*item)` is called there, in order, once per
    `post`.
    """

    __slots__ = ("_items", "_loop", "_posted", "_settle")

    def __init__(self, loop: asyncio.AbstractEventLoop, settle: Callable[..., None]) -> None:
        self._loop = loop
        self._settle = settle
        self._items: deque[tuple[Any, ...]] = deque()
        self._posted = False

    def post(self, *item: Any) -> None:
        """Hand something to the loop. Called from worker threads."""
        self._items.append(item)
        if not self._posted:
            self._posted = True
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:
                # The loop has closed under a thread that outlived its engine: nobody is left to be
                # told.
                self._posted = False

    def _drain(self) -> None:
        # Before looking: an item added after the last look must find the flag down and wake us
        # again.
        self._posted = False
        items, settle = self._items, self._settle
        try:
            while items:
                settle(*items.popleft())
        finally:
            if items:  # one that could not be settled must not hold up the rest
                self._loop.call_soon(self._drain)


class WorkerThread:
    """A daemon thread that serves one executor."""

    def __init__(self, name: str, completions: Completions, clock: Clock) -> None:
        self._inbox: SimpleQueue[AnyLease | None] = SimpleQueue()
        self._completions = completions
        self._clock = clock
        self.over: asyncio.Future[int] | None = None  # resolved when the lease it works on is done
        # A daemon, as the interpreter must be able to exit while a flow that ignores its timeout
        # goes on.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a lease is being worked on."""
        return self.over is not None

    def work(self, lease: AnyLease, loop: asyncio.AbstractEventLoop) -> asyncio.Future[int]:
        """Start on a lease. The future gives the number of executions that ended, once the thread
        is free.
        """
        assert self.over is None
        self.over = loop.create_future()
        self._inbox.put(lease)
        return self.over

    def release(self, ended: int) -> None:
        """The thread has reported that its lease is done. Called on the loop."""
        over, self.over = self.over, None
        if over is not None and not over.done():
            over.set_result(ended)

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        self._inbox.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end."""
        self._thread.join(timeout_s)

    def _serve(self) -> None:
        while (lease := self._inbox.get()) is not None:
            ended = self._work_through(lease)
            self._completions.post(self, lease, ended)
            del lease  # an idle thread keeps nothing alive

    def _work_through(self, lease: AnyLease) -> int:
        jobs, clock, post = lease.jobs, self._clock, self._completions.post
        now = clock()
        end = now + SLICE_S
        ended = 0
        while now < end:
            try:
                execution = jobs.popleft()
            except IndexError:
                break
            try:
                # Skipped when withdrawn, and reported all the same: the loop may have seen it as
                # started.
                result = perform(execution, clock) if begin(execution, lease, now) else None
            except BaseException as error:  # noqa: BLE001  # handed to the caller of the execution
                post(execution, lease, False, error)
            else:
                post(execution, lease, True, result)
                result = None
            ended += 1
            now = clock()
        return ended
