"""Running branches together: all succeed, or the others are cancelled and the error surfaces."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from holon_actors.flows.results import Ok

if TYPE_CHECKING:
    from asyncio import Task


async def gather_all(branches: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results in order. One failing branch cancels its siblings.

    The error of a sole failing branch is raised as it is; if several failed at once, they come
    as an exception group.
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
    if len(failure.exceptions) == 1:
        raise failure.exceptions[0]
    raise failure


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
