"""Walks over the living actors, picks some of them, and describes each in a row.

Pure apart from reading the cells. It is cheap enough for a million actors: a row is made only for
those that are asked for, and whoever drives the walk may pause between any two actors.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any

from holon_actors.actors._cell import Cell
from holon_actors.actors._inspect import current_message, oldest_arrival, since
from holon_actors.actors.admin.messages import ActorPage, ActorRow

__all__ = ["SORTS", "Picker", "kind_of", "row_of", "walk"]

# The largest first.
SORTS: dict[str, Callable[[Cell, float], float]] = {
    "depth": lambda cell, now: cell.depth,
    "age": lambda cell, now: _age(oldest_arrival(cell), now),
    "busy": lambda cell, now: _age(None if cell._current is None else since(cell), now),
    "processed": lambda cell, now: _processed(cell),
    "restarts": lambda cell, now: 0 if cell._rare is None else cell._rare.restarts,
}


def _processed(cell: Cell) -> float:
    count: int = cell._processed
    return count


def _age(then: float | None, now: float) -> float:
    return -1.0 if then is None else now - then


def walk(root: Cell, levels: int | None = None) -> Iterator[Cell]:
    """`root` and all below it, parents before children. The tree may change meanwhile."""
    pending = [(root, 0)]
    while pending:
        cell, level = pending.pop()
        yield cell
        if cell._children and (levels is None or level < levels):
            below = tuple(cell._children.values())
            pending.extend((child, level + 1) for child in reversed(below))


class Picker:
    """The best of the actors that are offered, without keeping the others."""

    def __init__(self, sort: str, offset: int, limit: int, now: float) -> None:
        self._key = SORTS.get(sort)
        self._offset = offset
        self._keep = offset + limit
        self._now = now
        self._best: list[tuple[float, int, Cell]] = []  # a heap, the worst first
        self.total = 0

    def offer(self, cell: Cell) -> None:
        """One more actor."""
        self.total += 1
        if self._key is None:
            if len(self._best) < self._keep:
                self._best.append((0.0, -self.total, cell))
            return
        entry = (self._key(cell, self._now), -self.total, cell)
        if len(self._best) < self._keep:
            heapq.heappush(self._best, entry)
        elif self._best and entry > self._best[0]:
            heapq.heapreplace(self._best, entry)

    def chosen(self) -> list[Cell]:
        """The best, in order."""
        best = sorted(self._best, key=lambda entry: entry[:2], reverse=True)
        return [cell for _, _, cell in best[self._offset :]]

    def page(self) -> ActorPage:
        """The rows of the best, in order."""
        return ActorPage([row_of(cell, self._now) for cell in self.chosen()], self.total)


def kind_of(cell: Cell) -> str:
    """The name of the actor's class. An actor in a process of its own has a stand-in here."""
    kind: str = getattr(cell, "_kind", cell._cls.__name__)
    return kind


def row_of(cell: Cell, now: float) -> ActorRow:
    """One actor at one moment."""
    message: Any = current_message(cell)
    oldest = oldest_arrival(cell)
    rare = cell._rare
    return ActorRow(
        path=cell.path,
        kind=kind_of(cell),
        state=cell._state.value,
        mailbox_depth=cell.depth,
        processed=cell._processed,
        restarts=0 if rare is None else rare.restarts,
        current_message=None if message is None else type(message).__name__,
        current_age=None if message is None else max(0.0, now - since(cell)),
        oldest_age=None if oldest is None else max(0.0, now - oldest),
        children=len(cell._children or ()),
    )
