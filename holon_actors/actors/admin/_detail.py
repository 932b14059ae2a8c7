"""One actor in full, for `Inspect`."""

from __future__ import annotations

from holon_actors.actors._cell import Cell
from holon_actors.actors._threads import ThreadCell
from holon_actors.actors.admin import _stacks
from holon_actors.actors.admin._walk import kind_of, row_of
from holon_actors.actors.admin.messages import ActorDetail

__all__ = ["detail_of"]

_LISTED_MAX = 100


def detail_of(cell: Cell, now: float, last_failure: str) -> ActorDetail:
    """What there is to know of an actor without asking it. `last_failure` is how it failed last, as
    far as is remembered.
    """
    rare = cell._rare
    watching = list(rare.watching) if rare is not None else []
    ended = rare.error if rare is not None else None
    return ActorDetail(
        row=row_of(cell, now),
        address=str(cell.address),
        class_name=class_name_of(cell),
        mailbox=_mailbox_of(cell),
        dispatcher=_dispatcher_of(cell),
        pid=getattr(cell, "pid", None),
        supervision=type(cell._policy).__name__,
        stashed=len(rare.stash) if rare is not None else 0,
        timers=len(rare.timers) if rare is not None else 0,
        watchers=len(rare.watchers) if rare is not None else 0,
        watching=[str(ref.address) for ref in watching[:_LISTED_MAX]],
        groups=list(rare.groups)[:_LISTED_MAX] if rare is not None else [],
        last_failure=last_failure or ("" if ended is None else repr(ended)),
        stack=_stacks.of_actor(cell),
    )


def class_name_of(cell: Cell) -> str:
    """The actor's class; of one that lives in a process of its own only the name is known here."""
    kind = kind_of(cell)
    return (
        kind if kind != cell._cls.__name__ else f"{cell._cls.__module__}.{cell._cls.__qualname__}"
    )


def _dispatcher_of(cell: Cell) -> str:
    if isinstance(cell, ThreadCell):
        return "thread"
    return "process" if hasattr(cell, "pid") else "loop"


def _mailbox_of(cell: Cell) -> str:
    mailbox = cell._mailbox
    capacity = getattr(mailbox, "capacity", None)
    overflow = getattr(mailbox, "overflow", None)
    limits = ", ".join(str(each) for each in (capacity, overflow) if each is not None)
    return f"{type(mailbox).__name__}({limits})"
