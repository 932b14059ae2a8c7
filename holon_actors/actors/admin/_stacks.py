"""Where code is at: the stacks of actors, tasks and threads.

A task that waits has no frames of its own thread; its stack is the chain of what awaits what. The
kernel's own frames around a handler are left out. Reads only, from any thread; what it sees of
running code may be a moment old.
"""

from __future__ import annotations

import asyncio
import linecache
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any

from holon_actors.actors import _cell, _dispatcher, _handling, _lifecycle, _tasks, _threads
from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._gate import BUSY
from holon_actors.actors._tasks import BeginsFirst
from holon_actors.actors.admin import _tracing
from holon_actors.actors.admin.messages import NamedStack, Stack, StackFrame
from holon_actors.actors.ref import ActorRef

__all__ = [
    "all_tasks",
    "all_threads",
    "is_call_of_user_code",
    "of_actor",
    "of_loop",
    "of_task",
    "of_thread",
]

_FRAMES_MAX = 200
_CODE_MAX = 200

# The kernel's files: what a handler's stack begins with, and nobody wants to see.
_MACHINERY = frozenset(
    str(Path(module.__file__ or ""))
    for module in (_cell, _dispatcher, _handling, _lifecycle, _tasks, _threads, _tracing)
)

# Those of its functions that call the user's code.
_CALLERS = frozenset(
    (
        "_call_hook",
        "_drive",
        "_finish",
        "_handle",
        "_handle_signal",
        "_rebuild",
        "_run",
        "_run_first",
        "__call__",
        "build",
        "call",
        "run_now",
        "watched",
    )
)

# Generators that drive something by hand, and the variable that holds it.
_DRIVERS: dict[CodeType, str] = {
    Dispatcher.watched.__code__: "awaitable",
    _tasks._StandIn._go_on.__code__: "work",
}


def of_actor(cell: Cell) -> Stack | None:
    """The stack of the handler or hook that an actor is at; None when it is at none."""
    if not cell._gate & BUSY:
        return None
    pid = getattr(cell, "pid", None)
    if pid is not None:
        return Stack("process", [], f"process {pid}")
    task = cell._task
    if isinstance(task, asyncio.Task):
        return of_task(task)
    name = f"holon-actor {cell.path}"
    threads = [thread for thread in threading.enumerate() if thread.name == name]
    return of_thread(threads[-1]) if threads else None  # an earlier one was left behind by a kill


def of_task(task: asyncio.Task[Any]) -> Stack:
    """The stack of a task, whether it waits or runs."""
    frames: list[FrameType] = []
    last: Any = None
    for part in _chain(task.get_coro()):
        frame = _frame_of(part)
        if frame is None:
            last = part
        else:
            frames.append(frame)
    return Stack("task", _described(_handlers_part(frames)), _awaited(frames, last))


def of_thread(thread: threading.Thread, where: str = "thread") -> Stack:
    """The stack of a thread."""
    return _of_ident(thread.ident, where)


def of_loop(ident: int) -> Stack:
    """The stack of the thread that runs an event loop."""
    return _of_ident(ident, "loop")


def all_tasks(loop: asyncio.AbstractEventLoop, limit: int) -> tuple[list[NamedStack], int]:
    """The stacks of a loop's tasks by name, at most `limit`, and how many were left out."""
    tasks = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    stacks = [NamedStack(_task_name(task), of_task(task)) for task in tasks[:limit]]
    return stacks, max(0, len(tasks) - limit)


def all_threads() -> list[NamedStack]:
    """The stacks of this process's threads."""
    return [NamedStack(thread.name, of_thread(thread)) for thread in threading.enumerate()]


def _task_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return f"{task.get_name()} {getattr(coroutine, '__qualname__', '')}".strip()


def _of_ident(ident: int | None, where: str) -> Stack:
    frame = sys._current_frames().get(ident or 0)
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    frames.reverse()
    return Stack(where, _described(_handlers_part(frames)))


def _chain(awaitable: Any) -> Iterator[Any]:
    """What awaits what, outermost first; the last may be no coroutine."""
    for _ in range(_FRAMES_MAX):
        if isinstance(awaitable, BeginsFirst):
            awaitable = awaitable.work
        if awaitable is None:
            return
        yield awaitable
        awaitable = _next(awaitable)


def _next(awaitable: Any) -> Any:
    frame = _frame_of(awaitable)
    if frame is None:
        return None
    driven = _DRIVERS.get(frame.f_code)
    if driven is not None:
        return frame.f_locals.get(driven)
    if isinstance(awaitable, CoroutineType):
        return awaitable.cr_await
    if isinstance(awaitable, GeneratorType):
        return awaitable.gi_yieldfrom
    return awaitable.ag_await


def _frame_of(awaitable: Any) -> FrameType | None:
    if isinstance(awaitable, CoroutineType):
        return awaitable.cr_frame
    if isinstance(awaitable, GeneratorType):
        return awaitable.gi_frame
    if isinstance(awaitable, AsyncGeneratorType):
        return awaitable.ag_frame
    return None


def _handlers_part(frames: list[FrameType]) -> list[FrameType]:
    """The part behind the kernel's last call of user code; all where there is none."""
    for index in range(len(frames) - 1, -1, -1):
        if _runs_handlers(frames[index]):
            return frames[index + 1 :] or frames[index:]
    return frames


def _runs_handlers(frame: FrameType) -> bool:
    return is_call_of_user_code(frame.f_code.co_filename, frame.f_code.co_name)


def is_call_of_user_code(file: str, function: str) -> bool:
    """Whether it is a place in the kernel from where a handler or hook is called."""
    return file in _MACHINERY and function in _CALLERS


def _described(frames: Iterable[FrameType]) -> list[StackFrame]:
    described = [
        StackFrame(
            file=frame.f_code.co_filename,
            line=frame.f_lineno or 0,
            function=frame.f_code.co_qualname,
            code=_code(frame),
        )
        for frame in frames
    ]
    return described[-_FRAMES_MAX:]


def _code(frame: FrameType) -> str:
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno or 0, frame.f_globals)
    return line.strip()[:_CODE_MAX]


def _named(ref: ActorRef[Any]) -> str:
    address = ref.address
    return ref.path if isinstance(ref, Cell) else f"{address.path} of {address.system}"


def _awaited(frames: list[FrameType], last: Any) -> str:
    """What the innermost call waits for, in words."""
    for frame in reversed(frames):
        asked = frame.f_locals.get("self") if frame.f_code.co_name == "ask" else None
        if isinstance(asked, ActorRef):
            kind = type(frame.f_locals.get("message")).__name__
            return f"the answer of {_named(asked)} to {kind}"
    if last is None:
        return ""
    kind = type(last).__name__
    return "a future" if kind == "FutureIter" else kind
