"""Ends of actors, told across a pipe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from holon_transports import Buffer

from holon_actors.actors._state import State
from holon_actors.actors.process import _say
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.process.exchange import Exchange

__all__ = ["Watches"]


class _Watcher:
    """Stands for the actor of the other process that watches one of this: it has those of a cell's
    verbs that the kernel uses.
    """

    __slots__ = ("_number", "_state", "_watches", "target", "watching")

    def __init__(self, watches: Watches, number: int, target: ActorRef[Any]) -> None:
        self._watches = watches
        self._number = number
        self._state = State.RUNNING
        self.target = target
        self.watching: dict[Any, None] = {}

    def _uncommon(self) -> _Watcher:
        return self

    def _signal(self, signal: Signal, sender: ActorRef[Any] | None = None) -> None:
        if isinstance(signal, Terminated):
            self._watches.ended(self._number, signal.reason)


class Watches:
    """Who here watches whom there, and the other way round."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ours: dict[int, tuple[ActorRef[Any], Cell]] = {}
        self._numbers: dict[tuple[ActorRef[Any], Cell], int] = {}
        self._theirs: dict[int, _Watcher] = {}
        self.heard: dict[int, Callable[[list[Any], Sequence[Buffer]], None]] = {
            _say.WATCH: self._watch,
            _say.UNWATCH: self._unwatch,
            _say.ENDED: self._ended,
        }

    def add(self, ref: ActorRef[Any], watcher: Cell) -> None:
        """`watcher`, of this process, is to be told of the end of `ref`, of the other."""
        if watcher is self._exchange.host:
            # It watches by way of its cell on the other side, which outlives this process.
            self._exchange.say((_say.WATCH, str(ref.address), 0))
            return
        if (ref, watcher) in self._numbers:
            return
        number = self._exchange.number()
        self._ours[number] = (ref, watcher)
        self._numbers[ref, watcher] = number
        self._exchange.say((_say.WATCH, str(ref.address), number))

    def remove(self, ref: ActorRef[Any], watcher: Cell) -> None:
        """It need not be told any more."""
        if watcher is self._exchange.host:
            self._exchange.say((_say.UNWATCH, 0, str(ref.address)))
            return
        number = self._numbers.pop((ref, watcher), None)
        if number is not None:
            del self._ours[number]
            self._exchange.say((_say.UNWATCH, number, None))

    def ended(self, number: int, reason: str) -> None:
        """An actor of this process that somebody in the other watches has ended."""
        if self._theirs.pop(number, None) is not None:
            self._exchange.say((_say.ENDED, number, reason))

    def end(self) -> None:
        """The pipe has ended. Actors of the other process are gone with it."""
        for ref, watcher in list(self._ours.values()):
            watcher._signal(Terminated(ref, "killed"), ref)
        self._ours.clear()
        self._numbers.clear()
        theirs, self._theirs = self._theirs, {}
        for stub in theirs.values():
            stub.target._remove_watcher(stub)  # type: ignore[arg-type]  # see _Watcher

    def _watch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        target = self._exchange.named(item[1])
        stub = self._theirs[item[2]] = _Watcher(self, item[2], target)
        target._add_watcher(stub)  # type: ignore[arg-type]  # see _Watcher

    def _unwatch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        stub = self._theirs.pop(item[1], None)
        if stub is not None:
            stub.target._remove_watcher(stub)  # type: ignore[arg-type]  # see _Watcher

    def _ended(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        ref, watcher = self._ours.pop(item[1], (None, None))
        if ref is not None and watcher is not None:
            del self._numbers[ref, watcher]
            watcher._signal(Terminated(ref, item[2]), ref)
