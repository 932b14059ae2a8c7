"""Starting and cancelling tasks at the right moment."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

__all__ = ["cancel_begun", "cancelled_from_outside", "start_at_once"]

if sys.version_info >= (3, 12):
    # A handler that never waits then needs no turn of the loop.
    def start_at_once(
        coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop, context: Context
    ) -> asyncio.Task[None]:
        """Run `coroutine` up to its first wait, in a task of its own with a copy of `context`."""
        return asyncio.Task(coroutine, loop=loop, context=context.copy(), eager_start=True)

else:

    def start_at_once(
        coroutine: Coroutine[Any, Any, None], loop: asyncio.AbstractEventLoop, context: Context
    ) -> asyncio.Task[None]:
        """Start `coroutine` as a task at the next turn of the loop: eager tasks came with 3.12."""
        return loop.create_task(coroutine, context=context.copy())


def cancel_begun(task: asyncio.Task[Any]) -> None:
    """Cancel a task, but not before its first step.

    A task that is cancelled sooner ends without having run at all, and with it the `finally` and
    `except` blocks that were to see to its end.
    """
    coroutine = task.get_coro()
    if (
        inspect.iscoroutine(coroutine)
        and inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED
    ):
        task.get_loop().call_soon(cancel_begun, task)
    else:
        task.cancel()


def cancelled_from_outside() -> bool:
    """Whether the current task was told to end, rather than met a cancellation that something let out."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
