"""The end of a simulated run: cancel what is left, bury what cannot be, tell what nobody took."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from typing import TYPE_CHECKING, Any

from holon_actors.actors._tasks import BeginsFirst
from holon_actors.testing._loop.life import CRASHED
from holon_actors.testing.errors import (
    SimulationDeadlock,
    StepLimitReached,
    TimeLimitReached,
    UnhandledErrors,
    describe_context,
)

if TYPE_CHECKING:
    from holon_actors.testing._loop.loop import SimLoop

__all__ = ["finish", "is_dead", "untaken"]

_LAST_CANCELS = 3


def finish(loop: SimLoop, error: BaseException | None) -> None:
    """Cancel the tasks that are left, in the order they were started, and close the loop.

    Raises `UnhandledErrors`; after an `error` of the run they become its notes.
    """
    with warnings.catch_warnings():
        # Of what is cancelled or crashed before its first step, as is no fault of its own.
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        try:
            if error is None:
                _wind_down(loop)
            else:
                _wind_down_after(loop, error)
        finally:
            loop.close()
            _bury(loop.tasks)
            loop.tasks.clear()


def is_dead(task: asyncio.Task[Any]) -> bool:
    """Whether the task belongs to a node that has crashed."""
    life = getattr(task, "life", None)
    return life is not None and life.state is CRASHED


def untaken(task: asyncio.Task[Any]) -> bool:
    """Whether the task has an error that nobody has looked at."""
    return bool(getattr(task, "_log_traceback", False))


def _wind_down_after(loop: SimLoop, error: BaseException) -> None:
    try:
        _wind_down(loop)
    except UnhandledErrors as more:
        for context in more.contexts:
            if context.get("exception") is not error:
                error.add_note(f"unhandled besides: {describe_context(context)}")
    except (SimulationDeadlock, StepLimitReached, TimeLimitReached) as more:
        error.add_note(f"and while the rest was cancelled: {more}")


def _wind_down(loop: SimLoop) -> None:
    for _ in range(_LAST_CANCELS):  # what is cancelled may start something
        _cancel(loop, loop.living_tasks())
    loop.stop_tracing()  # the order of asynchronous generators is not the program's
    loop.run_until_complete(loop.shutdown_asyncgens())
    failures = loop.take_failures()
    for task in loop.tasks:
        if task.done() and untaken(task):
            message = f"the error of {task.get_name()} was never taken"
            failures.append({"message": message, "exception": task.exception(), "task": task})
    if failures:
        raise UnhandledErrors(failures)


def _cancel(loop: SimLoop, tasks: list[asyncio.Task[Any]]) -> None:
    if not tasks:
        return
    for task in tasks:
        _close_arguments(task.get_coro())
        task.cancel()
    loop.run_until_complete(asyncio.wait(tasks))


def _bury(tasks: list[asyncio.Task[Any]]) -> None:
    """Take apart what is not done: tasks of crashed nodes, and those that would not be cancelled.
    Their `finally` blocks find a closed loop.
    """
    for task in tasks:
        if not task.done():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            try:
                _close(task.get_coro())
            except BaseException:  # noqa: BLE001, S112  # of a node that is no more
                continue


def _close(work: Any) -> None:
    """Close a coroutine, and with one that has not begun those that it was to await."""
    if isinstance(work, BeginsFirst):
        work = work.work
    _close_arguments(work)
    if inspect.iscoroutine(work) or inspect.isgenerator(work):
        work.close()


def _close_arguments(work: Any) -> None:
    """Close what a coroutine was to await, if it has not begun: nobody ever will."""
    if inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED:
        assert work.cr_frame is not None
        for value in tuple(work.cr_frame.f_locals.values()):
            _close(value)
