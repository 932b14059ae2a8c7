"""Where unread messages wait, from the first one to those that the actor's end finds.

An actor gets its queue with its second message; the very first waits in a slot of the cell, as many
actors never see another. Other threads may tell meanwhile, so the queue is made, and taken away,
under the dispatcher's lock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from holon_actors.actors._answers import reject
from holon_actors.actors._state import State
from holon_actors.actors.errors import MailboxFull
from holon_actors.actors.mailbox import Queue, opened

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = ["first_queue", "refuse", "spill", "take_first", "take_unread"]


def first_queue(cell: Cell, item: Any) -> Queue | None:
    """The queue for an item when there was none; None when the item has been seen to."""
    with cell._dispatcher.lock:  # another thread may be here as well, or the actor's end
        ended = cell._state is State.STOPPED
        if not ended:
            first = cell._first is None and not (cell._gate or cell._processed)
            if cell._queue is not None or not first:
                return spill(cell)
            cell._first = item
    if ended:
        message, sender, _ = opened(item)
        cell.system.dead_letter(message, sender, cell, cell._reason or "stopped")
    else:
        cell._schedule()
    return None


def spill(cell: Cell) -> Queue:
    """Make the queue, with the first message in it. Under the dispatcher's lock."""
    if cell._queue is None:
        cell._queue = deque()
    if cell._first is not None:
        cell._queue.append(cell._first)
        cell._first = None
    return cell._queue


def take_first(cell: Cell) -> Any:
    """The first message, or None when it is in the queue, or there is none."""
    with cell._dispatcher.lock:
        item, cell._first = cell._first, None
        return item


def take_unread(cell: Cell) -> tuple[Any, Queue | None]:
    """For the end: what is unread, first message and queue, with nothing left behind."""
    with cell._dispatcher.lock:
        first, cell._first = cell._first, None
        queue, cell._queue = cell._queue, None
    return first, queue


def refuse(cell: Cell, item: Any) -> None:
    """The mailbox had no room for this one (not always the newest)."""
    message, sender, answer = opened(item)
    if answer is None:
        cell.system.dead_letter(message, sender, cell, "mailbox-full")
    else:
        full = MailboxFull(cell.address, getattr(cell._queue, "capacity", 0))
        cell.system._on_loop(reject, answer, full)
