"""Follows the messages of some actors, at no cost to anybody when nobody does.

A cell that is followed changes its class for as long as that lasts, to one that differs in three
attributes: `_handler` (what a message is given to) is seen through a wrapper, a new `_actor` (after
a restart) has its `tell` and `ask` wrapped, and `_children` tells of births. No line of the kernel
knows of tracing. An actor on a thread notes from there, so notes are taken under a lock.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors._cell import Cell
from holon_actors.actors._cell_base import CellBase
from holon_actors.actors.admin._feed import Feed, Seen
from holon_actors.actors.admin._plain import in_words
from holon_actors.actors.admin._walk import walk
from holon_actors.actors.events import DeadLetter, Subscription
from holon_actors.actors.mailbox import opened
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal

if TYPE_CHECKING:
    from holon_actors.actors.actor import Actor
    from holon_actors.actors.system import ActorSystem

__all__ = ["Tracer"]

_HANDLER: Any = vars(CellBase)["_handler"]
_ACTOR: Any = vars(CellBase)["_actor"]
_WRAPPED = ("tell", "ask")


class Tracer:
    """The traces of one system. All but `note` runs on the event loop's thread."""

    def __init__(self, system: ActorSystem) -> None:
        self._system = system
        self._feeds: tuple[Feed, ...] = ()
        self._followed: dict[Cell, type[Cell]] = {}
        self._nursing: dict[Cell, None] = {}
        self._kinds: dict[type[Cell], type[Cell]] = {}
        self._lock = threading.Lock()
        self._letters: Subscription | None = None

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The traces that are going on."""
        return self._feeds

    @property
    def actors(self) -> int:
        """How many actors are followed."""
        return len(self._followed)

    def begin(self, feed: Feed, tops: list[Cell]) -> None:
        """Follow the actors at `tops`, all below them, and those yet to be born there."""
        self._feeds = (*self._feeds, feed)
        if self._letters is None:
            self._letters = self._system.events.subscribe(DeadLetter, self._on_letter)
        for top in tops:
            if top._parent is not None:
                self._nurse(top._parent)  # whoever comes after it under the same name
            for cell in walk(top):
                self.follow(cell)

    def end(self, feed: Feed) -> None:
        """Take no more notes for one trace, and leave alone whom no other one follows."""
        self._feeds = tuple(other for other in self._feeds if other is not feed)
        for cell in [cell for cell in self._followed if not self._covered(cell)]:
            self.leave(cell)
        if not self._feeds:
            for cell in self._nursing:
                cell._children = dict(cell._children or {})
            self._nursing.clear()
            if self._letters is not None:
                self._letters.cancel()
                self._letters = None

    # --- cells ---

    def follow(self, cell: Cell) -> None:
        """See the messages of one more actor, if a trace wants them."""
        if cell in self._followed or not self._covered(cell):
            return
        self._followed[cell] = kind = type(cell)
        cell.__class__ = self._kind(kind)
        if cell._actor is not None:
            self.wrap(cell, cell._actor)
        self._nurse(cell)

    def leave(self, cell: Cell) -> None:
        """Let an actor be as it was."""
        kind = self._followed.pop(cell, None)
        self._nursing.pop(cell, None)
        if kind is None:
            return
        if cell._children is not None:
            cell._children = dict(cell._children)
        if cell._actor is not None:
            for verb in _WRAPPED:
                vars(cell._actor).pop(verb, None)
        if cell._rare is not None:
            cell._rare.behaviours[:] = [_raw(handler) for handler in cell._rare.behaviours]
        cell.__class__ = kind

    def wrap(self, cell: Cell, actor: Actor) -> None:
        """See what an instance sends."""
        for verb in _WRAPPED:
            vars(actor)[verb] = _Sender(self, cell, verb, getattr(actor, verb))

    def _covered(self, cell: Cell) -> bool:
        path = cell.path
        return any(feed.covers(path) for feed in self._feeds)

    def _nurse(self, cell: Cell) -> None:
        if not isinstance(cell._children, _Nursery):
            cell._children = _Nursery(self, cell._children or {})
            self._nursing[cell] = None

    def _kind(self, kind: type[Cell]) -> type[Cell]:
        """A class like `kind`, of the same layout, that is followed."""
        followed = self._kinds.get(kind)
        if followed is None:
            body = {"__slots__": (), "tracer": self}
            followed = self._kinds[kind] = type(f"Followed{kind.__name__}", (_Followed, kind), body)
        return followed

    # --- notes ---

    def note(
        self,
        sender: ActorRef[Any] | None,
        recipient: ActorRef[Any],
        verb: str,
        message: Any,
        outcome: str,
        took_s: float | None = None,
    ) -> None:
        """Take a note for whoever follows one of the two. From any thread.

        A message that was "sent" to somebody who is followed as well is noted when it is handled.
        """
        there, here = _label(recipient), _label(sender)
        now = self._system.clock()
        seen: Seen | None = None
        for feed in self._feeds:
            received = feed.covers(there)
            if (outcome == "sent" and received) or not (received or feed.covers(here)):
                continue
            with self._lock:
                if feed.admits(now):
                    seen = seen or Seen(now, here, there, verb, in_words(message), outcome, took_s)
                    feed.put(seen)

    def read(self, feed: Feed) -> Any:
        """What a trace has to tell."""
        with self._lock:
            return feed.read(self._system.clock(), self.actors)

    def _on_letter(self, letter: DeadLetter) -> None:
        outcome = f"dead-letter {letter.reason}"
        self.note(letter.sender, letter.recipient, "tell", letter.message, outcome)


def _label(ref: ActorRef[Any] | None) -> str:
    """An actor of this system by its path, one of another by system and path, nobody as "-"."""
    if ref is None:
        return "-"
    if isinstance(ref, Cell):
        return ref.path
    address = ref.address
    return address.path if address.endpoint is None else f"{address.system}{address.path}"


class _Nursery(dict[Any, Cell]):
    """The children of a followed actor; those who join them are followed too."""

    def __init__(self, tracer: Tracer, children: dict[Any, Cell]) -> None:
        super().__init__(children)
        self._tracer = tracer

    def __setitem__(self, key: Any, cell: Cell) -> None:
        super().__setitem__(key, cell)
        self._tracer.follow(cell)

    def pop(self, key: Any, *default: Any) -> Any:
        """A child has ended."""
        cell = super().pop(key, *default)
        if isinstance(cell, Cell):
            self._tracer.leave(cell)
        return cell


class _Followed:
    """What a followed cell's class has before its own. See the module."""

    __slots__ = ()

    tracer: Tracer

    @property
    def _handler(self) -> Any:
        return _Handler(self.tracer, self, _HANDLER.__get__(self))

    @_handler.setter
    def _handler(self, handler: Any) -> None:
        _HANDLER.__set__(self, _raw(handler))

    @property
    def _actor(self) -> Any:
        return _ACTOR.__get__(self)

    @_actor.setter
    def _actor(self, actor: Any) -> None:
        _ACTOR.__set__(self, actor)
        if actor is not None:
            self.tracer.wrap(self, actor)  # type: ignore[arg-type]  # always mixed into a Cell


class _Handler:
    """Gives a message to the handler behind it, and notes how that went."""

    __slots__ = ("_cell", "_tracer", "raw")

    def __init__(self, tracer: Tracer, cell: Any, raw: Callable[[Any, Any], Any] | None) -> None:
        self._tracer = tracer
        self._cell = cell
        self.raw = raw

    def __call__(self, message: Any, sender: Any) -> Any:
        cell = self._cell
        clock = cell.system.clock
        verb = _verb(message, cell._current)
        began = clock()
        try:
            result = (self.raw or cell._actor.receive)(message, sender)
        except BaseException as error:
            self._note(sender, verb, message, f"failed {type(error).__name__}", clock() - began)
            raise
        if result is not None and hasattr(result, "__await__"):
            return self._finish(result, sender, verb, message, began)
        self._note(sender, verb, message, _outcome(cell, verb, result), clock() - began)
        return result

    async def _finish(
        self, awaitable: Awaitable[Any], sender: Any, verb: str, message: Any, began: float
    ) -> Any:
        clock = self._cell.system.clock
        try:
            result = await awaitable
        except BaseException as error:
            self._note(sender, verb, message, f"failed {type(error).__name__}", clock() - began)
            raise
        outcome = _outcome(self._cell, verb, result)
        self._note(sender, verb, message, outcome, clock() - began)
        return result

    def _note(self, sender: Any, verb: str, message: Any, outcome: str, took_s: float) -> None:
        self._tracer.note(sender, self._cell, verb, message, outcome, took_s)


class _Sender:
    """`tell` or `ask` of a followed actor."""

    __slots__ = ("_cell", "_send", "_tracer", "_verb")

    def __init__(self, tracer: Tracer, cell: Cell, verb: str, send: Callable[..., Any]) -> None:
        self._tracer = tracer
        self._cell = cell
        self._verb = verb
        self._send = send

    def __call__(self, ref: ActorRef[Any], message: Any, *rest: Any, **options: Any) -> Any:
        self._tracer.note(self._cell, ref, self._verb, message, "sent")
        return self._send(ref, message, *rest, **options)


def _verb(message: Any, item: Any) -> str:
    if isinstance(message, Signal):
        return "signal"
    return "ask" if item is not None and opened(item)[2] is not None else "tell"


def _outcome(cell: Cell, verb: str, result: Any) -> str:
    if verb != "ask" or cell._replied:
        return "handled"
    return f"answered {in_words(result)}"


def _raw(handler: Any) -> Any:
    return handler.raw if isinstance(handler, _Handler) else handler
