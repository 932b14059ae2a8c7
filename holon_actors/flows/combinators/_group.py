"""Running branches together: all succeed, or the others are cancelled and the error surfaces.

However many branches fail, one error comes out of them, the same kind as from sync branches: what
handles a branch's error (`retry_on`, an `except`) need not know that there were others. They are
noted on it.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from holon_actors.flows.errors import add_note
from holon_actors.flows.results import Ok

if TYPE_CHECKING:
    from asyncio import Task


_NOTED_MAX = 5


async def gather_all(branches: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results in order. One failing branch cancels its siblings.

    Raises the error of the branch that failed first, as it is.
    """
    from asyncio import TaskGroup  # noqa: PLC0415

    failure: BaseExceptionGroup[BaseException] | None = None
    tasks = []
    try:
        async with TaskGroup() as group:
            tasks = [group.create_task(branch) for branch in branches]
    except BaseExceptionGroup as errors:
        failure = errors
    if failure is None:
        return [task.result() for task in tasks]
    # Raised outside the except block, so that the group does not show up as its context.
    raise first_of(failure.exceptions)


def first_of(errors: Sequence[BaseException]) -> BaseException:
    """The first of the branches' errors, noting the others; of many only the first few."""
    first, *others = errors
    for other in others[:_NOTED_MAX]:
        add_note(first, f"another branch failed: {type(other).__name__}: {other}")
    if len(others) > _NOTED_MAX:
        add_note(first, f"and {len(others) - _NOTED_MAX} more")
    return first


async def first_success(
    branches: Sequence[Coroutine[Any, Any, Any]],
) -> Ok[Any] | list[BaseException]:
    """The result of the branch that succeeds first, all others having ended; else all errors."""
    from asyncio import FIRST_COMPLETED, create_task, wait  # noqa: PLC0415

    tasks = [create_task(branch) for branch in branches]
    running = set(tasks)
    try:
        while running:
            _, running = await wait(running, return_when=FIRST_COMPLETED)
            for task in tasks:  # in order, so that a tie has one outcome
                if task.done() and _failure(task) is None:
                    return Ok(task.result())
    finally:
        for task in running:
            task.cancel()
        if running:
            ended, _ = await wait(running)
            for task in ended:
                _failure(task)  # seen: a loser's last words concern nobody
    return [error for task in tasks if (error := _failure(task)) is not None]


def _failure(task: Task[Any]) -> BaseException | None:
    from asyncio import CancelledError  # noqa: PLC0415

    return CancelledError() if task.cancelled() else task.exception()
