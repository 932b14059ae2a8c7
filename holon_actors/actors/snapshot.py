"""A look at the living actors, for people and tools; it costs the actors nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holon_actors.actors._cell import Cell
from holon_actors.actors._inspect import current_message, oldest_arrival, since

__all__ = ["ActorSnapshot", "SystemStatistics", "take_snapshot"]


@dataclass(frozen=True, slots=True)
class SystemStatistics:
    """Counts since the system was made, without the system's own actors."""

    actors: int
    spawned: int
    dead_letters: int
    late_answers: int
    failures: int


@dataclass(frozen=True, slots=True)
class ActorSnapshot:
    """One actor at one moment. Ages are in seconds; None where there is no such message.

    `state` is "starting", "running", "failed", "restarting" or "stopping"; `current_message` is the
    type of the message being handled, and `oldest_age` how long the oldest unread one has waited.
    `pid` is the process of an actor that has one of its own.
    """

    path: str
    state: str
    mailbox_depth: int
    processed: int
    restarts: int
    current_message: str | None
    current_age: float | None
    oldest_age: float | None
    pid: int | None = None


def take_snapshot(root: Cell, now: float) -> list[ActorSnapshot]:
    """All actors below `root`, parents before children, in order of birth."""
    return [_of(cell, now) for cell in _walk(root)]


def _walk(root: Cell) -> Iterator[Cell]:
    pending = list(reversed((root._children or {}).values()))
    while pending:
        cell = pending.pop()
        yield cell
        if cell._children:
            pending.extend(reversed(cell._children.values()))


def _of(cell: Cell, now: float) -> ActorSnapshot:
    message = current_message(cell)
    rare = cell._rare
    oldest = oldest_arrival(cell)
    return ActorSnapshot(
        path=cell.path,
        state=cell._state.value,
        mailbox_depth=cell.depth,
        processed=cell._processed,
        restarts=rare.restarts if rare is not None else 0,
        current_message=None if message is None else type(message).__name__,
        current_age=None if message is None else max(0.0, now - since(cell)),
        oldest_age=None if oldest is None else max(0.0, now - oldest),
        pid=getattr(cell, "pid", None),
    )
