"""What a callback of the event loop is: whose it is, what to call it, what a task waits for.

Names are the same in every process: they hold no address, and no number that the process counts.
"""

from __future__ import annotations

import asyncio
import functools
import types
from typing import TYPE_CHECKING, Any

from holon_actors.actors.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.testing._loop.life import Life


class SimTask(asyncio.Task[Any]):
    """A task that hashes by its number in its loop.

    Where sets of tasks are walked through, as `asyncio.TaskGroup` does to cancel them, the order
    is then that of the program and not that of addresses.
    """

    life: Life | None = None  # of the node that started it

    def __init__(self, number: int, coro: Any, **options: Any) -> None:
        self._number = number  # before the rest: registering the new task hashes it
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class SimFuture(asyncio.Future[Any]):
    """A future that hashes by its number in its loop, for the same reason: `asyncio.wait` makes a
    set of what it is given.
    """

    def __init__(self, number: int, loop: asyncio.AbstractEventLoop) -> None:
        self._number = number
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class TurnGiver:
    """Base of what calls back for somebody else, who is the first argument of the callback."""

    __slots__ = ()


def owner(handle: asyncio.Handle) -> object | None:
    """The task, actor or other object whose step the callback is; None for a plain function."""
    callback: Any = handle._callback  # type: ignore[attr-defined]
    while isinstance(callback, functools.partial):
        callback = callback.func
    found = getattr(callback, "__self__", None)
    if isinstance(found, TurnGiver):
        whose: object = handle._args[0]
        return whose
    return None if isinstance(found, types.ModuleType) else found


def label(handle: asyncio.Handle) -> str:
    """What the callback is called in a trace."""
    callback: Any = handle._callback  # type: ignore[attr-defined]
    while isinstance(callback, functools.partial):
        callback = callback.func
    found = owner(handle)
    if isinstance(found, asyncio.Task):
        return task_label(found)
    if isinstance(found, ActorRef):
        return f"turn of {found.path} in {found.system.name}"
    name = getattr(callback, "__qualname__", None) or type(callback).__qualname__
    if found is None or isinstance(found, type):
        return str(name)
    # The method may be inherited, and compiled ones are named by their base.
    return f"{type(found).__qualname__}.{callback.__name__}"


def task_label(task: asyncio.Task[Any]) -> str:
    """The task's name and the function that it runs."""
    coro = task.get_coro()
    return f"{task.get_name()} {getattr(coro, '__qualname__', type(coro).__qualname__)}"


def waiting_label(task: asyncio.Task[Any]) -> str:
    """Where the task stands, from its outermost function inwards, and what it waits for."""
    places = []
    frame_owner: Any = task.get_coro()
    while frame_owner is not None:
        frame = getattr(frame_owner, "cr_frame", None) or getattr(frame_owner, "gi_frame", None)
        if frame is None:
            break
        places.append(f"{frame.f_code.co_qualname} line {frame.f_lineno}")
        inner = getattr(frame_owner, "cr_await", None)
        frame_owner = inner or getattr(frame_owner, "gi_yieldfrom", None)
    awaited = getattr(task, "_fut_waiter", None)
    if isinstance(awaited, asyncio.Task):
        waits = task_label(awaited)
    else:
        waits = "Future" if isinstance(awaited, SimFuture) else type(awaited).__name__
    return f"{task.get_name()}: {' > '.join(places)}, for {waits}"
