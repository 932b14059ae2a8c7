"""An event loop on virtual time that decides by a scheduler, never by the machine.

When no callback is ready, time jumps to the next timer; when there is no timer either, nothing can
ever happen again, and the run fails as a deadlock. Everything of
asyncio that needs only callbacks and timers works as it is; what needs the outside world is
refused. An error that nobody takes fails the run.

The order of callbacks is the scheduler's. It is the same on every Python as long as the standard
library schedules the same callbacks there: `asyncio.wait_for` does not before and after 3.12.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import math
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from itertools import islice
from typing import Any, NoReturn, TypeVar, TypeVarTuple

from holon_actors.testing._loop.ending import finish, is_dead, untaken
from holon_actors.testing._loop.handles import (
    SimFuture,
    SimTask,
    TurnGiver,
    label,
    waiting_label,
)
from holon_actors.testing._loop.life import CRASHED, NODE, PAUSED, UP, Life
from holon_actors.testing._loop.scheduling import Fifo, Scheduler
from holon_actors.testing._loop.steps import Trace
from holon_actors.testing._loop.virtual_time import VirtualTimeLoop
from holon_actors.testing.errors import (
    RealWorldRefused,
    SimulationDeadlock,
    StepLimitReached,
    TimeLimitReached,
    UnhandledErrors,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_NS = 1_000_000_000
_ENDED_KEPT = 64  # tasks that are not worth sweeping out
_READY_SHOWN = 5
_SWEEP_EVERY = 500_000  # steps
_FROM_THREAD = (
    "a thread outside of the simulation cannot call into it; let a task do its work, after "
    "asyncio.sleep() for the time that it would take"
)


class SimLoop(VirtualTimeLoop):
    """The loop of one simulated run.

    `scheduler` decides what runs next; without one, first come, first served. `steps_max` is how
    many callbacks may run before `StepLimitReached`, `time_max` how many virtual seconds may pass
    before `TimeLimitReached`. `trace` gets each callback as it runs.
    """

    _ready: deque[asyncio.Handle]
    _stopping: bool
    _closed: bool
    _debug: bool
    _task_factory: Any
    holon_machine: Any  # what the actor systems on this loop run on

    def __init__(
        self,
        scheduler: Scheduler | None = None,
        *,
        steps_max: int = 10_000_000,
        time_max: float = math.inf,
        trace: Trace | None = None,
    ) -> None:
        super().__init__()
        self._pick = None if scheduler is None or type(scheduler) is Fifo else scheduler.pick
        self._trace = trace
        self.home = threading.get_ident()  # the thread that it runs in
        self._steps_max = steps_max
        self._steps = 0
        self._sweep_at = _SWEEP_EVERY
        self._moved_at = 0  # the step at which time last moved
        self._tasks: list[asyncio.Task[Any]] = []
        self._tasks_kept = _ENDED_KEPT
        self._task_number = 0
        self._future_number = 0
        self._failures: list[dict[str, Any]] = []
        self._broken = False
        self._time_max_ns = time_max * _NS
        self._abort: BaseException | None = None
        self._lives = False  # some node has been crashed or paused
        # Called after each step; what they raise ends the run.
        self.checks: list[Callable[[], object]] = []
        self.on_time: Callable[[int], object] | None = None  # hears of each jump

    @property
    def steps(self) -> int:
        """Callbacks that have run."""
        return self._steps

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
            if self._steps >= self._sweep_at:
                # Automatic collection is off, as it would depend on what ran before.
                self._sweep_at = self._steps + _SWEEP_EVERY
                gc.collect()

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
        if self._lives and self._withheld(handle):
            return
        if self._trace is not None:
            kind = "timer" if isinstance(handle, asyncio.TimerHandle) else "run"
            self._trace.record(self._now_ns, kind, label(handle))
        handle._run()
        if self._broken:
            self._broken = False
            raise self._abort or self._unhandled()
        for check in self.checks:
            check()

    def _jump(self) -> None:
        """To the next timer that is not cancelled."""
        due_ns = self._next_due_ns()
        if due_ns is None:
            raise self._deadlock()
        if due_ns > self._time_max_ns:
            limit_s, self._time_max_ns = self._time_max_ns / _NS, math.inf
            raise TimeLimitReached(limit_s, self._waiting())
        self._now_ns = due_ns
        self._moved_at = self._steps
        if self.on_time is not None:
            self.on_time(due_ns)
        self._take_due_timers()

    def _deadlock(self) -> SimulationDeadlock:
        return SimulationDeadlock(self._now_ns / _NS, self._waiting())

    def _waiting(self) -> list[str]:
        return [waiting_label(task) for task in self.living_tasks()]

    def _step_limit(self) -> StepLimitReached:
        standing, self._steps, self._moved_at = self._steps - self._moved_at, 0, 0
        shown = [label(handle) for handle in islice(self._ready, _READY_SHOWN)]
        return StepLimitReached(self._steps_max, self._now_ns / _NS, standing, shown)

    def abort(self, error: BaseException) -> None:
        """End the run with an error once the running callback is done. The first one counts."""
        self._abort = self._abort or error
        self._broken = True

    def drop_turns(self) -> None:
        """Cancel what is ready on behalf of actors."""
        for handle in self._ready:
            if isinstance(getattr(handle._callback, "__self__", None), TurnGiver):  # type: ignore[attr-defined]
                handle.cancel()

    # Nodes

    def skew(self, life: Life, step_ns: int, drift_ppb: int | None) -> None:
        """Change the clock of a node, from now on."""
        self._skewed = True
        life.clock.set(self._now_ns, step_ns, drift_ppb)

    def pause(self, life: Life) -> None:
        """Hold back what a node has to do, until `resume`."""
        self._lives = True
        life.state = PAUSED

    def resume(self, life: Life) -> None:
        """Let a node do what has come due since `pause`."""
        life.state = UP
        held, life.held = life.held, []
        self._ready.extend(held)

    def crash(self, life: Life) -> None:
        """Nothing of this life of a node runs again, not even a `finally`."""
        self._lives = True
        life.state = CRASHED
        life.held.clear()

    def _withheld(self, handle: asyncio.Handle) -> bool:
        life = handle._context.get(NODE)  # type: ignore[attr-defined]
        if life is None or life.state is UP:
            return False
        if life.state is PAUSED:
            life.held.append(handle)
        return True

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
            task.life = NODE.get() if context is None else context.get(NODE)
        else:
            task = super().create_task(coro, name=name, context=context, **options)
        if len(self._tasks) >= self._tasks_kept:
            self._tasks = [t for t in self._tasks if not t.done() or untaken(t)]
            self._tasks_kept = max(_ENDED_KEPT, 2 * len(self._tasks))
        self._tasks.append(task)
        return task

    def create_future(self) -> asyncio.Future[Any]:
        self._future_number += 1
        return SimFuture(self._future_number, self)

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
        if threading.get_ident() != self.home:
            self.refuse_thread("loop.call_soon_threadsafe")
        return self.call_soon(callback, *args, context=context)

    def refuse_thread(self, operation: str) -> NoReturn:
        """Raise in a thread that calls in, and fail the run."""
        refusal = RealWorldRefused(operation, _FROM_THREAD)
        self._failures.append({"message": "call from a thread", "exception": refusal})
        raise refusal

    def _unhandled(self) -> UnhandledErrors:
        return UnhandledErrors(self.take_failures())

    # A whole run

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main`, then `finish`.

        Returns what `main` does and raises what it raises, with other errors of the run in notes;
        `SimulationDeadlock`, `StepLimitReached` and `TimeLimitReached`; `UnhandledErrors` when only
        those went wrong.
        """
        try:
            result = self.run_until_complete(main)
        except BaseException as error:
            self.finish(error)
            raise
        self.finish()
        return result

    def finish(self, error: BaseException | None = None) -> None:
        """Cancel what is left, in the order it was started, and close the loop.

        Raises `UnhandledErrors`; after an `error` of the run they become its notes.
        """
        self.checks.clear()
        self._abort = None
        self._broken = False
        finish(self, error)

    # For the end of a run

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """The tasks that were started, but for those that ended well long ago; oldest first."""
        return self._tasks

    def living_tasks(self) -> list[asyncio.Task[Any]]:
        """The unfinished tasks, without those of crashed nodes."""
        return [task for task in self._tasks if not task.done() and not is_dead(task)]

    def stop_tracing(self) -> None:
        """What follows is not the program's."""
        self._trace = None

    def take_failures(self) -> list[dict[str, Any]]:
        """What the exception handler was told since the last time."""
        failures, self._failures = self._failures, []
        return failures
