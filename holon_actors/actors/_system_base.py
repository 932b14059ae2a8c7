"""What the actors of one system share: the event loop, tasks on it, the way in from other threads,
and where the kernel tells what has happened.

It knows nothing of spawning or of other nodes: that is `system.ActorSystem`, which builds on this.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._inspect import current_message
from holon_actors.actors._log import KernelLog
from holon_actors.actors._tasks import BeginsFirst
from holon_actors.actors.cluster.agent import ClusterMessage
from holon_actors.actors.errors import SystemNotRunning
from holon_actors.actors.events import (
    ActorEvent,
    ActorFailed,
    BlockingHandler,
    DeadLetter,
    Events,
    LateAnswer,
    MailboxHighWater,
)
from holon_actors.actors.ref import ActorRef

__all__ = ["SystemBase"]

T = TypeVar("T")


class SystemBase:
    """The ground that the actors of one system stand on."""

    name: str
    events: Events
    _loop: asyncio.AbstractEventLoop | None
    _context: contextvars.Context
    _dispatcher: Dispatcher
    _log: KernelLog

    def __init__(self) -> None:
        self._loop = None
        self._live = 0
        self._counts = {"dead_letters": 0, "late_answers": 0, "failures": 0}
        self._tasks: dict[asyncio.Task[Any], None] = {}

    # --- the event loop ---

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the actors share. Raises `SystemNotRunning` before there is one."""
        if self._loop is None:
            self._bind()
        assert self._loop is not None
        return self._loop

    def clock(self) -> float:
        """Now, in seconds on the event loop's clock: for durations, not for dates."""
        return self.loop.time()

    def _bind(self) -> None:
        """Settle on the running event loop, if that has not been done."""
        raise NotImplementedError

    def _start_task(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine beside everything else; what it raises goes to the loop's exception
        handler. It begins in any case, and meets a cancellation where it waits.
        """
        task = self.loop.create_task(BeginsFirst(coroutine), context=self._context.copy())
        self._tasks[task] = None
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def _on_loop(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function on the loop's thread: at once when there, soon from elsewhere."""
        if self._dispatcher.on_loop:
            function(*args)
            return
        try:
            self.loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            # The loop has closed, and with it went everything this could have changed

    def _from_loop(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function on the loop's thread and return its result."""
        if self._dispatcher.on_loop:
            return function(*args)

        result: Future[T] = Future()

        def call() -> None:
            if result.set_running_or_notify_cancel():
                try:
                    result.set_result(function(*args))
                except BaseException as error:  # noqa: BLE001  # the caller's
                    result.set_exception(error)

        try:
            self.loop.call_soon_threadsafe(call)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            raise SystemNotRunning(f"the event loop of {self.name} has closed") from None
        return result.result()

    # --- what the kernel tells ---

    def _forget(self, cell: Cell) -> None:
        if self._log.deep:
            self._log.forget(cell)
        if cell._parent is not None:
            self._live -= 1

    def dead_letter(
        self, message: Any, sender: ActorRef[Any] | None, recipient: ActorRef[Any], reason: str
    ) -> None:
        """Count, publish and log a message that nobody will handle."""
        if isinstance(message, ClusterMessage):
            return  # sent to dead nodes on purpose
        self._counts["dead_letters"] += 1
        letter = DeadLetter(message, sender, recipient, reason)
        self._log.dead_letter(letter)
        if not isinstance(message, ActorEvent):  # or a listener without room would hear of that too
            self.events.publish(letter)

    def _late_answer(self, cell: Cell, message: Any) -> None:
        self._counts["late_answers"] += 1
        self.events.publish(LateAnswer(cell, message))

    def _publish_failure(self, failed: ActorFailed) -> None:
        self._counts["failures"] += 1
        self._log.failure(failed)
        self.events.publish(failed)

    def _high_water(self, cell: Cell, depth: int) -> None:
        if self._log.high_water(cell, depth):
            self.events.publish(MailboxHighWater(cell, depth))

    def _blocked(self, cell: Cell, seconds: float, messages: int) -> None:
        message = current_message(cell)
        message_type = "a hook" if message is None else type(message).__name__
        blocking = BlockingHandler(cell, message_type, seconds, messages)
        self._log.blocking(blocking)
        self.events.publish(blocking)
