"""Turns of simulated actors: one message each, every turn a callback of its own.

So the scheduler of the event loop picks among actors and tasks alike, and may let anything happen
between any two messages.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Coroutine, Generator
from contextvars import Context
from threading import get_ident
from typing import TYPE_CHECKING, Any, TypeVar, cast

from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._gate import BUSY
from holon_actors.actors._handling import conclude, failed
from holon_actors.actors._tasks import BeginsFirst
from holon_actors.actors._unread import take_first
from holon_actors.testing._kernel.recording import Recorder
from holon_actors.testing._loop.handles import TurnGiver
from holon_actors.testing._loop.life import NODE

if TYPE_CHECKING:
    from holon_actors.testing._loop.loop import SimLoop

__all__ = ["HandlerTasks", "SimDispatcher"]

T = TypeVar("T")

# Messages between two looks at how deep a mailbox has become.
_LOOK_EVERY = 64


class _NoWatchdog:
    """Virtual time stands still in a handler, so none is ever slow."""

    parked = False

    def stop(self) -> None:
        """Nothing to stop."""


class _Ready:
    """In the place of the queue of ready actors: hands each over to the event loop."""

    __slots__ = ("_context", "_home", "_loop", "_turn")

    def __init__(self, dispatcher: SimDispatcher, loop: SimLoop, context: Context) -> None:
        self._loop = loop
        self._home = loop.home
        self._turn = dispatcher.turn
        self._context = context

    def append(self, cell: Cell) -> None:
        if get_ident() != self._home:
            self._loop.refuse_thread(f"a message to {cell.path} from a thread")
        self._loop.call_soon(self._turn, cell, context=self._context.copy())


class _Gone:
    """In the place of the queue of ready actors when none of them is to run again."""

    def append(self, cell: Cell) -> None:
        """Forget it."""


class SimDispatcher(Dispatcher, TurnGiver):
    """Gives the actors of one system their turns."""

    __slots__ = ("_recorder", "life")

    # What comes next is the scheduler's choice, and a crash may come in between.
    batch = 0
    askers = 0

    def __init__(self, loop: SimLoop, context: Context, recorder: Recorder) -> None:
        watchdog = cast("Any", _NoWatchdog())
        super().__init__(loop, context, 1.0, lambda *_: None, watchdog)
        self.life = context.get(NODE)
        # Whoever calls: what a reference of this node does for an outsider is the node's as well.
        self.clock = loop.clock_of(self.life)
        self._recorder = recorder
        self.ready = cast("Any", _Ready(self, loop, context))
        self.awake = True  # nobody needs to wake it

    @property
    def now(self) -> float:
        """The time, which stands still as long as anything runs."""
        return self.clock()

    @now.setter
    def now(self, value: float) -> None:
        """The kernel's note of it is not needed."""

    def silence(self) -> None:
        """No actor gets a turn any more."""
        self.ready = cast("Any", _Gone())

    def may_run_now(self) -> bool:
        """Never: an ask goes through the mailbox, where the scheduler sees it."""
        return False

    def turn(self, cell: Cell) -> None:
        """Let an actor take one step."""
        recorder = self._recorder
        self.current = recorder.current = cell
        try:
            if cell._gate:
                cell.gated_turn()
            else:
                self._handle_one(cell)
        finally:
            self.current = recorder.current = None
            if not cell._gate & BUSY:
                cell._current = None

    def _handle_one(self, cell: Cell) -> None:
        queue = cell._queue
        item: Any
        if queue:
            item = queue.popleft()
        else:
            item = take_first(cell) if queue is None else None
            if item is None:
                cell.after_batch()
                return
        cell._current = item
        cell._processed += 1
        message, sender, answer = item if type(item) is tuple else (item, None, None)
        recorder = self._recorder
        recorder.append((recorder.now_ns, "handled", cell, sender, message))
        try:
            result = (cell._handler or cell._actor.receive)(message, sender)  # type: ignore[union-attr]
            if result is not None or answer is not None:
                conclude(cell, item, result)
        except BaseException as error:  # noqa: BLE001  # the handler's; see failed
            cell._scheduled = False
            failed(cell, item, error)
            return
        if cell._gate or cell._processed % _LOOK_EVERY == 0 or _is_awaited(cell):
            cell.after_batch()
        elif cell._queue:
            self.ready.append(cell)
        else:
            cell._scheduled = False

    @types.coroutine
    def watched(self, cell: Cell, awaitable: Awaitable[T]) -> Generator[Any, Any, T]:
        """Await on behalf of `cell`, so that each step is seen to be its own."""
        steps = awaitable.__await__()
        recorder = self._recorder
        error: BaseException | None = None
        while True:
            before = recorder.current
            self.current = recorder.current = cell
            try:
                wanted = next(steps) if error is None else steps.throw(error)
            except StopIteration as stop:
                result: T = stop.value
                return result
            finally:
                self.current = recorder.current = before
            error = None
            try:
                yield wanted
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as thrown:  # noqa: BLE001  # it belongs to the handler
                error = thrown


def _is_awaited(cell: Cell) -> bool:
    """Whether somebody wants to hear of each turn of the actor: a `send`, a receive timer."""
    rare = cell._rare
    return rare is not None and (bool(rare.senders) or rare.receive_timeout is not None)


class HandlerTasks:
    """Starts the tasks of handlers that wait, as the loop starts any task.

    The kernel's own ways to start one on the spot differ between Pythons.
    """

    __slots__ = ("_context", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self._context = context

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """The task that does `work`."""
        return self._loop.create_task(BeginsFirst(work), context=self._context.copy())

    async def close(self) -> None:
        """Nothing is kept."""
