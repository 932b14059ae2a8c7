"""The end of an actor, or of one instance of it: who is answered, who is told, what is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from holon_actors.actors._answers import reject
from holon_actors.actors._gate import ELSEWHERE
from holon_actors.actors._state import State
from holon_actors.actors._unread import take_unread
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.events import ActorTerminated
from holon_actors.actors.mailbox import Envelope, Queue, opened
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors._rare import Rare

__all__ = ["bury_late", "finish", "leave_instance"]


def finish(cell: Cell) -> None:
    """The actor is gone: answer who waits, tell who watches, make dead letters of the unread."""
    if cell._state is State.STOPPED:
        return  # given up for lost at a shutdown, and has come round now
    system = cell.system
    reason = cell._reason = cell._reason or "stopped"
    cell._become(State.STOPPED)
    rare = cell._rare
    if rare is not None:
        leave_instance(cell)
    _bury_messages(cell, reason)
    cell._actor = None
    cell._handler = None
    if cell._gate & ELSEWHERE:
        cell._release_dispatcher()
    _leave_parent(cell)
    system._forget(cell)
    if rare is not None:
        _tell_end(cell, rare, reason)
    if system.events.heard:
        error = None if rare is None else rare.error
        system.events.publish(ActorTerminated(cell, reason, error))


def _leave_parent(cell: Cell) -> None:
    parent = cell._parent
    if parent is None or not parent._children:
        return
    parent._children.pop(cell._uid if cell._name is None else cell._name, None)
    rare = parent._rare
    if not parent._children and rare is not None and rare.childless is not None:
        _resolve(rare.childless)
        rare.childless = None


def _tell_end(cell: Cell, rare: Rare, reason: str) -> None:
    if rare.shutdown_timer is not None:
        rare.shutdown_timer.cancel()
    for name in tuple(rare.groups):
        cell.system.groups._forget(name, cell)
    for watched in tuple(rare.watching):
        watched._remove_watcher(cell)
    for watcher in tuple(rare.watchers):
        watcher._signal(Terminated(cell, reason), cell)
    for waiter in rare.ended:
        _resolve(waiter)
    rare.watchers.clear()
    rare.groups.clear()
    rare.signals = None


def _bury_messages(cell: Cell, reason: str) -> None:
    first, queue = take_unread(cell)
    rare = cell._rare
    if queue or first is not None or rare is not None:
        ended = ActorStopped(cell.address, reason)
        if rare is not None:
            for item in rare.stash:
                _bury(cell, item, ended)
        if first is not None:
            _bury(cell, opened(first), ended)
        if queue is not None:
            _empty(cell, queue, ended)
        if rare is not None:
            _abandon(rare, ended)


def _empty(cell: Cell, queue: Queue, ended: ActorStopped) -> None:
    # One by one: a thread whose `tell` was overtaken by the end may be at the same queue, and each
    # message must be taken once.
    while queue:
        try:
            item = queue.popleft()
        except IndexError:
            return
        _bury(cell, opened(item), ended)


def bury_late(cell: Cell, queue: Queue) -> None:
    """A `tell` from another thread found the actor alive, and put its message in a queue that was
    given up meanwhile.
    """
    _empty(cell, queue, ActorStopped(cell.address, cell._reason or "stopped"))


def _bury(cell: Cell, envelope: Envelope, ended: ActorStopped) -> None:
    message, sender, answer = envelope
    if answer is not None:
        cell.system._on_loop(reject, answer, ended)
    elif not isinstance(message, Signal):
        cell.system.dead_letter(message, sender, cell, ended.reason)


def _abandon(rare: Rare, ended: ActorStopped) -> None:
    rare.stash.clear()
    for reply in tuple(rare.deferred):
        reply._abandon(ended)
    for turn in rare.senders:
        _resolve(turn)  # `send` sees the end and raises


def leave_instance(cell: Cell) -> None:
    """Drop what belonged to the instance: timers, pipes, behaviours. The stash goes back to the
    mailbox.
    """
    rare = cell._uncommon()
    for timer in tuple(rare.timers):
        timer.cancel()
    for pipe in tuple(rare.pipes):
        pipe.cancel()
    if rare.receive_timeout is not None:
        rare.receive_timeout.cancel()
        rare.receive_timeout = None
    rare.behaviours.clear()
    cell._handler = None
    cell._unstash()


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
