"""Waiting for room in a bounded mailbox: what `send` does."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = ["admit_senders", "wait_for_room"]


async def wait_for_room(cell: Cell) -> None:
    """Wait until a bounded mailbox has room, or its actor is ending."""
    senders = cell._uncommon().senders
    cell._attended = True
    # Who came first goes first: a newcomer waits while others do, and one whose room was taken
    # by a `tell` before it woke goes back to the front.
    newcomer = True
    while cell.is_alive and ((newcomer and senders) or _is_full(cell)):
        turn: asyncio.Future[None] = cell.system.loop.create_future()
        senders.insert(len(senders) if newcomer else 0, turn)
        newcomer = False
        try:
            await turn
        except asyncio.CancelledError:
            admit_senders(cell)  # the room that may have been given to us goes to the next
            raise


def _is_full(cell: Cell) -> bool:
    queue = cell._queue
    return queue is not None and len(queue) >= getattr(queue, "capacity", math.inf)


def admit_senders(cell: Cell) -> None:
    """Wake as many waiting senders as the mailbox has room for."""
    rare, queue = cell._rare, cell._queue
    if rare is None or queue is None:
        return
    room = getattr(queue, "capacity", 0) - len(queue)
    while rare.senders and room > 0:
        turn = rare.senders.pop(0)
        if not turn.done():
            turn.set_result(None)
            room -= 1
