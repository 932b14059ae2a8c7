"""Who waits for whom: the pending asks of a run, and the cycles among them.

An actor waits in its handler when the task that drives the handler awaits an ask. The one it asked
can answer once its own handler is done; when that one waits in turn, and so on back to the first,
none of them ever goes on. An answer that was deferred is no part of a cycle: it may come from
anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from holon_actors.actors._answers import reject
from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.mailbox import Envelope
from holon_actors.testing._loop.life import NODE, Life
from holon_actors.testing.errors import AskCycle

__all__ = ["Waits"]


class Wait(NamedTuple):
    """One pending ask."""

    asker: Any  # a reference, or None
    target: Cell
    envelope: Envelope
    life: Life | None  # the asker's
    remote: bool  # by way of the network


class Waits:
    """All pending asks of a run. `on_cycle` hears of each cycle as it closes."""

    def __init__(self, on_cycle: Callable[[AskCycle], object] | None) -> None:
        self._pending: dict[asyncio.Future[Any], Wait] = {}
        self._handlers: dict[Cell, asyncio.Future[Any]] = {}  # actors that wait in their handler
        self._on_cycle = on_cycle

    def begin(self, asker: Any, target: Cell, envelope: Envelope) -> None:
        """Somebody begins to wait for the answer to an envelope."""
        answer = envelope[2]
        if not isinstance(answer, asyncio.Future):
            return  # of an asker on another node, which waits there
        self._begin(answer, Wait(asker, target, envelope, NODE.get(), remote=False))

    def begin_remote(
        self, asker: Any, target: Cell | None, message: Any, answer: asyncio.Future[Any]
    ) -> None:
        """The same, by way of the network; `target` is None when nobody lives there."""
        if target is not None:
            wait = Wait(asker, target, (message, None, answer), NODE.get(), remote=True)
            self._begin(answer, wait)

    def _begin(self, answer: asyncio.Future[Any], wait: Wait) -> None:
        self._pending[answer] = wait
        asker = wait.asker
        if isinstance(asker, Cell) and asker._task is asyncio.current_task():
            self._handlers[asker] = answer
            if self._on_cycle is not None and wait.target in self._handlers:
                self._follow(asker)

    def end(self, answer: asyncio.Future[Any]) -> Wait | None:
        """That wait is over."""
        wait = self._pending.pop(answer, None)
        if wait is not None and self._handlers.get(wait.asker) is answer:
            del self._handlers[wait.asker]
        return wait

    def _follow(self, first: Cell) -> None:
        steps: list[Wait] = []
        cell = first
        while True:
            answer = self._handlers.get(cell)
            wait = None if answer is None else self._pending.get(answer)
            if wait is None or wait in steps or not _needs_the_handler(wait):
                return
            steps.append(wait)
            cell = wait.target
            if cell is first:
                break
        assert self._on_cycle is not None
        self._on_cycle(
            AskCycle(
                [(_name(w.asker), _name(w.target), type(w.envelope[0]).__name__) for w in steps]
            )
        )

    def node_crashed(self, life: Life, deadlines: AskDeadlines) -> None:
        """End the asks that others have pending there, and forget its own."""
        for answer, wait in tuple(self._pending.items()):
            if wait.life is life:
                for bucket in tuple(deadlines._buckets.values()):
                    bucket.discard(answer)
                self.end(answer)
            elif not wait.remote and wait.target._dispatcher.life is life:  # type: ignore[attr-defined]
                reject(answer, ActorStopped(wait.target.address, "crashed"))


def _needs_the_handler(wait: Wait) -> bool:
    """Whether the answer can only come once the handler of the one asked is done."""
    answer = wait.envelope[2]
    if answer is None or answer.done():
        return False
    rare = wait.target._rare
    deferred = () if rare is None else rare.deferred
    if wait.remote:
        return not deferred  # which of them is the answer to this one is not known here
    return not any(reply._envelope[2] is answer for reply in deferred)


def _name(ref: Any) -> str:
    return f"{ref.path} in {ref.system.name}"
