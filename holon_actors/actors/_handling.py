"""What becomes of one message: its handler's result, wait, or failure.

A handler that waits is driven by a task which keeps its actor BUSY; the task goes on with the
messages behind it while nothing is in the way, so that a busy actor does not pay for a task per
message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._answers import reject
from holon_actors.actors._gate import BUSY, EXITS
from holon_actors.actors._tasks import cancelled_from_outside
from holon_actors.actors.errors import ActorStopped, HandlerCancelled, HandlerExited
from holon_actors.actors.mailbox import Envelope, opened

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = ["conclude", "exited", "failed", "reply"]


def conclude(cell: Cell, item: Any, result: Any) -> None:
    """A handler has returned something, or its message was an ask."""
    if result is not None and hasattr(result, "__await__"):
        cell._gate |= BUSY
        cell._began = cell._dispatcher.clock()
        # The cell itself keeps the task, and hears of its end from it: no callback is needed.
        cell._task = cell.system._handlers.start(_drive(cell, item, result))
    else:
        reply(cell, opened(item), result)


def reply(cell: Cell, envelope: Envelope, result: Any) -> None:
    """Answer an ask, unless that has been done, or will be, by other means."""
    answer = envelope[2]
    if cell._replied:
        cell._replied = False
    elif answer is not None:
        if answer.done():
            cell.system._late_answer(cell, envelope[0])
        else:
            answer.set_result(result)


async def _drive(cell: Cell, item: Any, awaitable: Awaitable[Any]) -> None:
    """Finish a handler that waits, then the messages behind it while nothing is in the way."""
    envelope = opened(item)
    error: BaseException | None = None
    cell._task = asyncio.current_task()
    try:
        reply(cell, envelope, await cell._dispatcher.watched(cell, awaitable))
        queue = cell._queue
        for _ in range(cell._dispatcher.batch):
            if cell._gate != BUSY or not queue:
                break
            cell._current = item = queue.popleft()
            envelope = opened(item)
            cell._began = cell._dispatcher.clock()
            cell._processed += 1
            result = cell.handler()(envelope[0], envelope[1])
            if result is not None and hasattr(result, "__await__"):
                result = await cell._dispatcher.watched(cell, result)
            if envelope[2] is not None:
                reply(cell, envelope, result)
    except asyncio.CancelledError as cancelled:
        error = _interrupted(cell, envelope, cancelled)
    except BaseException as raised:  # noqa: BLE001  # the handler's; see failed
        error = raised
    cell._task = None
    cell._gate &= ~BUSY
    if error is not None and not isinstance(error, asyncio.CancelledError):
        try:
            failed(cell, envelope, error)
        finally:
            cell._current = None
        return
    cell._current = None
    cell._after_messages()
    cell._reschedule()
    if error is not None:
        raise error


def _interrupted(
    cell: Cell, envelope: Envelope, cancelled: asyncio.CancelledError
) -> BaseException | None:
    """Tell apart a kill, a cancellation from outside, and one that the handler let out."""
    killed = cell._reason == "killed"
    if not killed and not cancelled_from_outside():
        return _leaked(cell, envelope[0], cancelled)
    cell._replied = False
    reject(envelope[2], ActorStopped(cell.address, "killed"))
    if killed:
        return None
    _lifecycle.stop(cell, "killed")
    return cancelled


def _leaked(cell: Cell, message: Any, cancelled: asyncio.CancelledError) -> HandlerCancelled:
    error = HandlerCancelled(cell.address, type(message).__name__)
    error.__cause__ = cancelled
    return error


def failed(cell: Cell, item: Any, error: BaseException) -> None:
    """A handler has raised: tell the asker, then let the supervisor judge."""
    message, _, answer = opened(item)
    exits = isinstance(error, EXITS)
    if isinstance(error, asyncio.CancelledError):
        error = _leaked(cell, message, error)
    elif exits:
        error = exited(cell, message, error)
    cell._replied = False
    reject(answer, error)
    _unstash_failing(cell)
    _lifecycle.fail(cell, error, message)
    cell._after_messages()
    cell._reschedule()
    if exits:
        assert error.__cause__ is not None
        raise error.__cause__


def _unstash_failing(cell: Cell) -> None:
    """A message that was stashed before its handler raised is the failing one all the same."""
    stash = cell._rare.stash if cell._rare is not None else None
    if stash and stash[-1] is cell._current:
        stash.pop()


def exited(cell: Cell, message: Any, error: BaseException) -> HandlerExited:
    """What the asker and the supervisor see of a SystemExit."""
    seen = HandlerExited(cell.address, type(message).__name__, error)
    seen.__cause__ = error
    return seen
