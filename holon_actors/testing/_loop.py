"""An event loop on virtual time that decides by a scheduler, never by the machine.

Time stands still while callbacks run. When none is ready it jumps to the next timer; when there is
no timer either, nothing can ever happen again, and the run fails as a deadlock. Everything of
asyncio that needs only callbacks and timers works as it is; what needs the outside world is
refused. An error that nobody takes fails the run.

The order of callbacks is the scheduler's. It is the same on every Python as long as the standard
library schedules the same callbacks there: `asyncio.wait_for` does not before and after 3.12.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import math
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from itertools import islice
from typing import Any, TypeVar, TypeVarTuple

from holon_actors.testing._fences import FencedLoop
from holon_actors.testing._handles import SimTask, label, waiting_label
from holon_actors.testing._scheduling import Fifo, Scheduler
from holon_actors.testing._trace import Trace
from holon_actors.testing.errors import (
    RealWorldRefused,
    SimulationDeadlock,
    StepLimitReached,
    UnhandledErrors,
    describe_context,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NS = 1_000_000_000
_CANCELLED_KEPT = 64  # cancelled timers, or ended tasks, that are not worth sweeping out
_READY_SHOWN = 5
_FROM_THREAD = (
    "a thread outside of the simulation cannot call into it; let a task do its work, after "
    "asyncio.sleep() for the time that it would take"
)


class _Timer(asyncio.TimerHandle):
    __slots__ = ()
    _scheduled: bool  # is in the heap


class SimLoop(FencedLoop):
    """The loop of one simulated run.

    `scheduler` decides what runs next; without one, first come, first served. `steps_max` is how
    many callbacks may run before `StepLimitReached`. `trace` gets each callback as it runs.
    """

    _ready: deque[asyncio.Handle]
    _stopping: bool
    _closed: bool
    _debug: bool
    _task_factory: Any

    def __init__(
        self,
        scheduler: Scheduler | None = None,
        *,
        steps_max: int = 10_000_000,
        trace: Trace | None = None,
    ) -> None:
        super().__init__()
        self._pick = None if scheduler is None or type(scheduler) is Fifo else scheduler.pick
        self._trace = trace
        self._home = threading.get_ident()
        self._now_ns = 0
        self._timers: list[tuple[int, int, _Timer]] = []
        self._timer_number = 0
        self._timers_cancelled = 0
        self._steps_max = steps_max
        self._steps = 0
        self._moved_at = 0  # the step at which time last moved
        self._tasks: list[asyncio.Task[Any]] = []
        self._tasks_kept = _CANCELLED_KEPT
        self._task_number = 0
        self._failures: list[dict[str, Any]] = []
        self._broken = False

    # Time

    def time(self) -> float:
        """Virtual seconds, from 0."""
        return self._now_ns / _NS

    @property
    def now_ns(self) -> int:
        """Virtual nanoseconds, from 0."""
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
        due_ns = math.inf if delay == math.inf else self._now_ns + round(delay * _NS)
        return self._set_timer(due_ns, callback, args, context)

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
        return self._set_timer(due_ns, callback, args, context)

    def _set_timer(
        self,
        due_ns: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> asyncio.TimerHandle:
        self._check_closed()  # type: ignore[attr-defined]
        timer = _Timer(due_ns / _NS, callback, args, self, context)
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

    # Steps

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        if self._debug or self._closed:
            return super().call_soon(callback, *args, context=context)
        # What asyncio does outside of debug mode, in one call: every hop passes here.
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def _run_once(self) -> None:
        """Run callbacks until the loop is stopped, as batches of those that are ready."""
        ready = self._ready
        while True:
            if self._timers:
                self._take_due_timers()
            if not ready and not self._stopping:
                self._jump()
            for _ in range(len(ready)):
                handle = ready.popleft() if self._pick is None else self._picked()
                if not handle._cancelled:
                    self._step(handle)
            if self._stopping:
                return

    def _picked(self) -> asyncio.Handle:
        ready = self._ready
        if self._pick is None or len(ready) == 1:
            return ready.popleft()
        place = self._pick(ready)
        handle = ready[place]
        del ready[place]
        return handle

    def _step(self, handle: asyncio.Handle) -> None:
        if self._steps >= self._steps_max:
            self._ready.appendleft(handle)
            raise self._step_limit()
        self._steps += 1
        if self._trace is not None:
            kind = "timer" if isinstance(handle, asyncio.TimerHandle) else "run"
            self._trace.record(self._now_ns, kind, label(handle))
        handle._run()
        if self._broken:
            self._broken = False
            raise self._unhandled()

    def _take_due_timers(self) -> None:
        timers = self._timers
        while timers and timers[0][0] <= self._now_ns:
            timer = heapq.heappop(timers)[2]
            timer._scheduled = False
            if timer._cancelled:
                self._timers_cancelled -= 1
            else:
                self._ready.append(timer)

    def _jump(self) -> None:
        """To the next timer that is not cancelled."""
        timers = self._timers
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)[2]._scheduled = False
            self._timers_cancelled -= 1
        if not timers:
            raise self._deadlock()
        self._now_ns = timers[0][0]
        self._moved_at = self._steps
        self._take_due_timers()

    def _deadlock(self) -> SimulationDeadlock:
        waiting = [waiting_label(task) for task in self._tasks if not task.done()]
        return SimulationDeadlock(self.time(), waiting)

    def _step_limit(self) -> StepLimitReached:
        standing, self._steps, self._moved_at = self._steps - self._moved_at, 0, 0
        shown = [label(handle) for handle in islice(self._ready, _READY_SHOWN)]
        return StepLimitReached(self._steps_max, self.time(), standing, shown)

    # Tasks and their errors

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
        **options: Any,
    ) -> asyncio.Task[T]:
        self._check_closed()  # type: ignore[attr-defined]
        self._task_number += 1
        # asyncio's own default names count through the whole process.
        name = name or f"Task-{self._task_number}"
        task: asyncio.Task[T]
        if self._task_factory is None:
            task = SimTask(
                self._task_number, coro, loop=self, name=name, context=context, **options
            )
        else:
            task = super().create_task(coro, name=name, context=context, **options)
        if len(self._tasks) >= self._tasks_kept:
            self._tasks = [t for t in self._tasks if not t.done() or _untaken(t)]
            self._tasks_kept = max(_CANCELLED_KEPT, 2 * len(self._tasks))
        self._tasks.append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Fail the run: at once when a callback raised, else at its end.

        A handler that was set is told as well.
        """
        self._failures.append(context)
        self._broken = self._broken or "handle" in context
        if self.get_exception_handler() is not None:
            super().call_exception_handler(context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        if threading.get_ident() != self._home:
            refusal = RealWorldRefused("loop.call_soon_threadsafe", _FROM_THREAD)
            self._failures.append({"message": "call from a thread", "exception": refusal})
            raise refusal
        return self.call_soon(callback, *args, context=context)

    def _unhandled(self) -> UnhandledErrors:
        failures, self._failures = self._failures, []
        return UnhandledErrors(failures)

    def _collect_untaken(self) -> None:
        for task in self._tasks:
            if task.done() and _untaken(task):
                message = f"the error of {task.get_name()} was never taken"
                self._failures.append(
                    {"message": message, "exception": task.exception(), "task": task}
                )

    # A whole run

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main`, then cancel what is left, in the order it was started, and close the loop.

        Returns what `main` does and raises what it raises, with other errors of the run in notes;
        `SimulationDeadlock` and `StepLimitReached`; `UnhandledErrors` when only those went wrong.
        """
        try:
            try:
                result = self.run_until_complete(main)
            except BaseException as error:
                self._wind_down_after(error)
                raise
            self._wind_down()
        finally:
            self._tasks.clear()
            self.close()
        return result

    def _wind_down_after(self, error: BaseException) -> None:
        try:
            self._wind_down()
        except UnhandledErrors as more:
            for context in more.contexts:
                if context.get("exception") is not error:
                    error.add_note(f"unhandled besides: {describe_context(context)}")
        except (SimulationDeadlock, StepLimitReached) as more:
            error.add_note(f"and while the rest was cancelled: {more}")

    def _wind_down(self) -> None:
        self._cancel_tasks([task for task in self._tasks if not task.done()])
        self._trace = None  # the order of asynchronous generators is not the program's
        self.run_until_complete(self.shutdown_asyncgens())
        self._collect_untaken()
        if self._failures:
            raise self._unhandled()

    def _cancel_tasks(self, tasks: list[asyncio.Task[Any]]) -> None:
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        self.run_until_complete(asyncio.wait(tasks))

    def close(self) -> None:
        self._timers.clear()
        super().close()


def _untaken(task: asyncio.Task[Any]) -> bool:
    return bool(getattr(task, "_log_traceback", False))
