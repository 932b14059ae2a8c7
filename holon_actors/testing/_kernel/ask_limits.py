"""The time limits of asks in a simulation.

The kernel keeps the limits of asks with the actor that is asked. That one's node may be paused or
crash while somebody on another node waits, so asks from outside of a node are kept elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors.ref import ActorRef
from holon_actors.testing._kernel.recording import Recorder
from holon_actors.testing._kernel.waits import Waits
from holon_actors.testing._loop.life import NODE, Life

if TYPE_CHECKING:
    from holon_actors.testing._loop.loop import SimLoop

__all__ = ["Deadlines", "RootClock"]


class RootClock:
    """Timers that belong to no node, and so go off whatever becomes of whoever set them."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self._context = Context()

    def time(self) -> float:
        """True virtual seconds."""
        return self._loop.now_ns / 1e9

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        """Call back at a true time."""
        return self._context.run(self._loop.call_at, when, callback)


class _Bucket:
    """The asks of one system with one time-out; tells the run of their end."""

    __slots__ = ("_deadlines", "_foreign", "_life", "_own", "_recorder", "_waits")

    def __init__(self, own: Any, foreign: Any, life: Life | None, deadlines: Deadlines) -> None:
        self._own = own
        self._deadlines = deadlines
        self._foreign = foreign
        self._life = life
        self._recorder = deadlines.recorder
        self._waits = deadlines.waits

    def add(self, answer: asyncio.Future[Any], cell: Any, message: Any) -> None:
        (self._own if NODE.get() is self._life else self._foreign).add(answer, cell, message)
        if not isinstance(cell, Cell):
            self._deadlines.asks_elsewhere(answer, cell, message)

    def discard(self, answer: asyncio.Future[Any]) -> None:
        (self._own if NODE.get() is self._life else self._foreign).discard(answer)
        wait = self._waits.end(answer)
        if wait is not None and answer.done() and not answer.cancelled():
            recorder = self._recorder
            error = answer.exception()
            what = answer.result() if error is None else error
            recorder.append((recorder.now_ns, "answered", wait.target, wait.asker, what))


class Deadlines(AskDeadlines):
    """Those of one system. `foreign` has the asks from outside of its node, `find` the actor that
    a reference to another node means.
    """

    __slots__ = ("_find", "_foreign", "_life", "recorder", "waits")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        foreign: AskDeadlines,
        life: Life | None,
        recorder: Recorder,
        waits: Waits,
        find: Callable[[ActorRef[Any]], Cell | None],
    ) -> None:
        super().__init__(loop)
        self._find = find
        self._foreign = foreign
        self._life = life
        self.recorder = recorder
        self.waits = waits

    def asks_elsewhere(self, answer: asyncio.Future[Any], ref: ActorRef[Any], message: Any) -> None:
        """Somebody here asks an actor of another node."""
        asker = self.recorder.current
        self.recorder.note("asked", asker, ref, message)
        self.waits.begin_remote(asker, self._find(ref), message, answer)

    def bucket(self, timeout_s: float) -> Any:
        own = super().bucket(timeout_s)
        return _Bucket(own, self._foreign.bucket(timeout_s), self._life, self)
