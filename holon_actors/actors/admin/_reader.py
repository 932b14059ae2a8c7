"""Answers the questions that only look, on the event loop or, when that is blocked, beside it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from holon_actors.actors._cell import Cell
from holon_actors.actors._inspect import current_message
from holon_actors.actors.admin import _facts, _stacks
from holon_actors.actors.admin._detail import detail_of
from holon_actors.actors.admin._far_stack import stack_from
from holon_actors.actors.admin._history import History
from holon_actors.actors.admin._walk import SORTS, Picker, row_of, walk
from holon_actors.actors.admin.messages import (
    ActorPage,
    ActorRow,
    GetEvents,
    GetFacts,
    GetIdentity,
    GetStacks,
    Identity,
    Inspect,
    ListActors,
    LoopBlocked,
    Refused,
    Stacks,
)

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Reader"]

# Actors that are looked at before the others on the loop get a turn.
_SLICE = 2_000
_ROWS_SLICE = 500
_ROWS_MAX = 20_000
_TASKS_MAX = 500


class Reader:
    """Looks at one system. `history` remembers its events."""

    def __init__(self, system: ActorSystem, history: History) -> None:
        self._system = system
        self._history = history
        self._since = system.clock()

    def answer(self, request: Any) -> Any:
        """The answer at once; None for what is no question."""
        match request:
            case GetIdentity():
                return self._identity()
            case ListActors():
                listing = self._listing(request)
                return listing if isinstance(listing, Refused) else _finished(*listing).page()
            case Inspect(path=path):
                return self._inspect(path)
            case GetStacks():
                tasks, left_out = _stacks.all_tasks(self._system.loop, _TASKS_MAX)
                return Stacks(tasks, _stacks.all_threads(), left_out)
            case GetFacts():
                return _facts.facts_of(self._system)
            case GetEvents(after=after):
                return self._history.page(after)
        return None

    async def list_actors(self, request: ListActors) -> Any:
        """The answer in slices, so that a walk over very many actors holds nobody up."""
        listing = self._listing(request)
        if isinstance(listing, Refused):
            return listing
        picker, cells = listing
        for count, cell in enumerate(cells, start=1):
            picker.offer(cell)
            if count % _SLICE == 0:
                await asyncio.sleep(0)
        rows: list[ActorRow] = []
        for cell in picker.chosen():
            rows.append(row_of(cell, self._system.clock()))
            if len(rows) % _ROWS_SLICE == 0:
                await asyncio.sleep(0)
        return ActorPage(rows, picker.total)

    async def inspect(self, path: str) -> Any:
        """One actor in full; of one in a process of its own, where that is."""
        detail = self._inspect(path)
        if isinstance(detail, Refused) or detail.pid is None or detail.stack is None:
            return detail
        cell: Any = self.tops(path)[0]
        return replace(detail, stack=stack_from(await cell.process_stacks(), detail.pid))

    def outside(self, request: Any) -> LoopBlocked:
        """The answer while the loop is blocked, from another thread."""
        system = self._system
        dispatcher = system._dispatcher
        cell = dispatcher.current
        message = None if cell is None else current_message(cell)
        return LoopBlocked(
            path="" if cell is None else cell.path,
            message="" if message is None else type(message).__name__,
            seconds=max(0.0, system.clock() - dispatcher.now),
            stack=_stacks.of_loop(dispatcher._thread),
            answer=self._undisturbed(request),
        )

    def _undisturbed(self, request: Any) -> Any:
        """Actors on threads may change what is read: then it is read again, a few times."""
        for _ in range(3):
            try:
                return self.answer(request)
            except (RuntimeError, AttributeError, LookupError, TypeError, ValueError):
                continue
        return None

    def tops(self, path: str) -> list[Cell]:
        """The actors that a path stands for: one, or the top-level ones for a root; [] for none."""
        names = [name for name in path.split("/") if name]
        roots = [root for root in (self._system._user, self._system._own) if root is not None]
        if len(names) <= 1:
            wanted = [root for root in roots if not names or root.name == names[0]]
            return [cell for root in wanted for cell in tuple((root._children or {}).values())]
        found = self._system.lookup("/" + "/".join(names))
        return [found] if isinstance(found, Cell) else []

    def is_root(self, path: str) -> bool:
        """Whether a path is that of no actor of anybody's, but of a root of the tree."""
        return path.strip("/") in ("", "user", "system")

    def _identity(self) -> Identity:
        system = self._system
        return Identity(
            system=system.name,
            endpoint=system.endpoint,
            pid=os.getpid(),
            version=_facts.version_of("holon-actors") or "unknown",
            python=sys.version.split()[0],
            uptime_s=system.clock() - self._since,
            actors=system.statistics().actors,
        )

    def _listing(self, request: ListActors) -> tuple[Picker, Iterator[Cell]] | Refused:
        if request.sort != "path" and request.sort not in SORTS:
            known = ", ".join(("path", *SORTS))
            return Refused("rejected", "ConfigError", f"sort {request.sort!r}: one of {known}")
        if request.offset < 0 or not 0 <= request.limit <= _ROWS_MAX:
            return Refused("rejected", "ConfigError", f"limit {request.limit}: 0 to {_ROWS_MAX}")
        tops = self.tops(request.path)
        if not tops and not self.is_root(request.path):
            return not_found(request.path)
        picker = Picker(request.sort, request.offset, request.limit, self._system.clock())
        return picker, (cell for top in tops for cell in walk(top, request.levels))

    def _inspect(self, path: str) -> Any:
        tops = [] if self.is_root(path) else self.tops(path)
        if not tops:
            return not_found(path)
        cell = tops[0]
        return detail_of(cell, self._system.clock(), self._history.last_failure(cell.path))


def not_found(path: str) -> Refused:
    """Nobody lives at a path."""
    return Refused("not-found", "ActorNotFound", f"no actor at {path}")


def _finished(picker: Picker, cells: Iterator[Cell]) -> Picker:
    for cell in cells:
        picker.offer(cell)
    return picker
