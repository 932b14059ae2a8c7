"""Starting tasks on the spot, and cancelling them at the right moment.

A handler that never really waits should not cost a turn of the event loop. Python 3.12 brought
eager tasks for that; for 3.11 there is a stand-in (see `_StandIn`).
"""

from __future__ import annotations

import asyncio
import sys
import types
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine, Generator
from contextvars import Context
from typing import Any, Protocol, TypeVar

__all__ = [
    "BeginsFirst",
    "EagerTasks",
    "HandlerTasks",
    "StandInTasks",
    "TaskStarter",
    "cancelled_from_outside",
]

T = TypeVar("T")

Work = Coroutine[Any, Any, None]


class HandlerTasks(Protocol):
    """Starts the tasks of handlers that wait."""

    def start(self, work: Work) -> asyncio.Task[None] | None:
        """The task that does `work`, or None when that is done already."""
        ...

    async def close(self) -> None:
        """End what is kept for later."""
        ...


class EagerTasks:
    """Starts a coroutine at once, up to its first wait, in a task of its own."""

    __slots__ = ("_context", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context

    def start(self, work: Work) -> asyncio.Task[None] | None:
        """The task that goes on with `work`, or None when there was nothing to wait for."""
        context = self._context.copy()
        task: asyncio.Task[None] = asyncio.Task(
            work,
            loop=self._loop,
            context=context,
            eager_start=True,  # type: ignore[call-arg]  # checked as on 3.11, run from 3.12 on
        )
        return None if task.done() else task

    async def close(self) -> None:
        """Nothing is kept."""


class _StandIn:
    """A task that waits to become that of a coroutine which has been started already.

    The coroutine takes its first step outside any task of the loop, while the stand-in is made to
    look like the current one. Only if it has to wait is the stand-in woken to go on with it.
    Whatever asked for the current task in the first step (a time-out, a task group) has got the one
    that runs all later steps.
    """

    __slots__ = ("_rest", "_wake", "context", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._wake: asyncio.Future[None] = loop.create_future()
        self._rest: tuple[Work, Any] | None = None
        self.context = context
        steps = self._go_on()
        next(steps)  # so that even a cancellation before the task's first step finds it begun
        self.task: asyncio.Task[None] = asyncio.Task(steps, loop=loop, context=context)

    @property
    def reusable(self) -> bool:
        """Whether nobody has cancelled it while it waited, or the work that it stood in for."""
        return not (self.task.done() or self.task.cancelling())

    def take_over(self, work: Work, wanted: Any) -> None:
        """Go on with `work`, which waits for `wanted`, what it yielded."""
        self._rest = (work, wanted)
        if not self._wake.done():  # cancelled by the work itself: it hears of that where it waits
            self._wake.set_result(None)

    @types.coroutine
    def _go_on(self) -> Generator[Any, Any, None]:
        error: BaseException | None = None
        try:
            yield
            yield from self._wake
        except asyncio.CancelledError as cancelled:
            if self._rest is None:
                raise
            # Cancelled between taking over and this step: as for any task, what it waits for goes
            # first.
            if not _cancel_wanted(self._rest[1]):
                error = cancelled
        assert self._rest is not None
        work, wanted = self._rest
        while True:
            if error is None:
                try:
                    yield wanted
                except GeneratorExit:
                    work.close()
                    raise
                except BaseException as thrown:  # noqa: BLE001  # it belongs to the coroutine
                    error = thrown
            try:
                wanted = work.send(None) if error is None else work.throw(error)
            except StopIteration:
                return
            error = None


def _cancel_wanted(wanted: Any) -> bool:
    return asyncio.isfuture(wanted) and wanted.cancel()


class StandInTasks:
    """`EagerTasks` for Python 3.11, by the hooks that asyncio documents for other task
    implementations.
    """

    __slots__ = ("_context", "_loop", "_spares")

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context
        # As many as handlers have been nested (one asks another) without waiting.
        self._spares: list[_StandIn] = []

    def start(self, work: Work) -> asyncio.Task[None] | None:
        """The task that goes on with `work`, or None when there was nothing to wait for."""
        loop = self._loop
        spares = self._spares
        stand_in = spares.pop() if spares else None
        if stand_in is None or not stand_in.reusable:
            stand_in = _StandIn(loop, self._context.copy())
        outer = asyncio.current_task(loop)
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, stand_in.task)
        try:
            wanted = stand_in.context.run(work.send, None)
        except BaseException as ended:  # also the end by an error
            if stand_in.reusable:
                spares.append(stand_in)
            if isinstance(ended, StopIteration):
                return None
            raise
        finally:
            _leave_task(loop, stand_in.task)
            if outer is not None:
                _enter_task(loop, outer)
        stand_in.take_over(work, wanted)
        return stand_in.task

    async def close(self) -> None:
        """End the stand-ins that were kept."""
        tasks = [stand_in.task for stand_in in self._spares]
        self._spares.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


TaskStarter = EagerTasks if sys.version_info >= (3, 12) else StandInTasks


class BeginsFirst(Coroutine[Any, Any, T]):
    """A coroutine that takes its first step even when its task is cancelled before.

    A task that is cancelled sooner ends without having run at all, and with it the `finally` and
    `except` blocks that were to see to its end. This one meets the cancellation where it waits.
    """

    __slots__ = ("_begun", "work")

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.work = work
        self._begun = False

    def send(self, value: Any) -> Any:
        self._begun = True
        return self.work.send(value)

    def throw(self, *error: Any) -> Any:
        if not self._begun:
            wanted = self.send(None)
            if _cancel_wanted(wanted):  # as for any task, what it waits for goes first
                return wanted
        return self.work.throw(*error)

    def close(self) -> None:
        self.work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        return self.work.__await__()

    def __getattr__(self, name: str) -> Any:  # frame and name, for whoever shows the task
        return getattr(self.work, name)


def cancelled_from_outside() -> bool:
    """Whether the current task was told to end, rather than met a cancellation let out by
    something.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
