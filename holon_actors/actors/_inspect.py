"""What can be seen of an actor from outside: how much waits, since when, and what it is at.

Nothing is noted per message. When messages are left after a turn, their number and the time are;
what arrived when is worked out from that, to within a turn of the loop.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import TYPE_CHECKING, Any

from holon_actors.actors._gate import BUSY
from holon_actors.actors._state import State
from holon_actors.actors.mailbox import Unbounded, opened

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = ["current_message", "doing", "note_backlog", "oldest_arrival", "since", "watch_depth"]


def note_backlog(cell: Cell, unread: Sized) -> None:
    """Messages are left after a turn: remember when they came, and watch how many there are."""
    cell._uncommon().note_arrivals(_taken(cell), len(unread), cell._dispatcher.now)
    watch_depth(cell, unread)


def watch_depth(cell: Cell, unread: Sized) -> None:
    """Say so when very many messages wait."""
    mailbox = cell._mailbox
    if type(mailbox) is not Unbounded:
        return
    if len(unread) > mailbox.high_water:
        cell._attended = True  # to see it fall again
        cell.system._high_water(cell, len(unread))
    elif cell._attended and len(unread) < mailbox.high_water / 2:
        cell.system._log.forget(cell)


def oldest_arrival(cell: Cell) -> float | None:
    """When the oldest unread message came, to within a turn of the loop; None when there is
    none.
    """
    queue = cell._queue
    if not queue:
        return None if cell._first is None else cell._dispatcher.now
    first: int | None = getattr(queue, "first_arrival", None)
    number = _taken(cell) + 1 if first is None else first
    came = None if cell._rare is None else cell._rare.arrival(number)
    return cell._dispatcher.now if came is None else came


def _taken(cell: Cell) -> int:
    """How many messages the queue has given out or dropped: what is unread is numbered from
    there.
    """
    taken: int = getattr(cell._queue, "taken", cell._processed)
    return taken


def current_message(cell: Cell) -> Any:
    """The message being handled, or None."""
    return None if cell._current is None else opened(cell._current)[0]


def doing(cell: Cell) -> str:
    """What the actor is busy with, for error messages."""
    if cell._current is not None:
        age_s = cell.system.clock() - since(cell)
        return f"handling {type(current_message(cell)).__name__} for {age_s:.3g} s"
    return "idle" if cell._state is State.RUNNING else cell._state.value


def since(cell: Cell) -> float:
    """When the current message was begun."""
    return cell._began if cell._gate & BUSY else cell._dispatcher.now
