"""Actors on threads: handlers that block have a thread of their own.

A Pykka `ThreadingActor` brings the thread and its inbox. The mailbox, the lifecycle and every
decision stay with the cell on the event loop; what crosses over is work: a batch of messages, or a
hook. The thread takes messages from the cell's mailbox itself, so that what it has not begun is
still unread when the actor is stopped.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any

import pykka

from holon_actors.actors._answers import reject
from holon_actors.actors._cell import Cell
from holon_actors.actors._gate import BATCH, BUSY, CONTROL, ELSEWHERE, PAUSED, SIGNALS
from holon_actors.actors._handling import conclude, exited, failed
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.mailbox import Envelope, opened

__all__ = ["ThreadCell", "Threads"]


class _Worker(pykka.ThreadingActor):
    """Runs what it is told, in its thread."""

    # A handler that never returns must not keep the interpreter from ending.
    use_daemon_thread = True

    def __init__(self, path: str, threads: Threads) -> None:
        super().__init__()
        self._path = path
        self._threads = threads

    def on_start(self) -> None:
        thread = threading.current_thread()
        thread.name = f"holon-actor {self._path}"
        self._threads._began(thread, self._path)

    def on_receive(self, message: Callable[[], None]) -> None:
        message()

    def on_stop(self) -> None:
        self._threads._ended(threading.current_thread())


class Threads:
    """The threads of one system's actors."""

    __slots__ = ("_alive", "_changed", "_ending")

    def __init__(self) -> None:
        self._ending: deque[threading.Thread] = deque(
            maxlen=64
        )  # only the latest can still be running
        self._alive: dict[threading.Thread, str] = {}
        self._changed: Callable[[], object] | None = None

    def start(self, path: str) -> Any:
        """A new thread, for the actor at `path`."""
        return _Worker.start(path, self)

    def _began(self, thread: threading.Thread, path: str) -> None:
        self._alive[thread] = path

    def _ended(self, thread: threading.Thread) -> None:
        if self._alive.pop(thread, None) is not None:
            self._ending.append(thread)
        changed = self._changed
        if changed is not None:
            changed()

    async def wait_ended(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until all threads have ended; all have been told to before."""
        ended = asyncio.Event()
        self._changed = partial(loop.call_soon_threadsafe, ended.set)
        try:
            while self._alive:
                await ended.wait()
                ended.clear()
        finally:
            self._changed = None  # the loop may close before a thread that was abandoned ends
        for thread in self._ending:
            thread.join()  # past its last line already

    def alive(self) -> list[str]:
        """The paths of the actors whose threads run on."""
        return list(self._alive.values())


class _Abandonable:
    """The work in the thread, as the cell sees it: it cannot be cancelled, only left behind.

    The lock makes taking a message one step with asking whether that is still wanted: what the
    thread has taken, it handles; the rest is unread.
    """

    __slots__ = ("_abandon", "abandoned", "lock")

    def __init__(self, abandon: Callable[[], None]) -> None:
        self._abandon = abandon
        self.abandoned = False
        self.lock = threading.Lock()

    def cancel(self) -> None:
        with self.lock:
            self.abandoned = True
        self._abandon()


def _close(outcome: tuple[Any, Any] | None) -> None:
    """Nobody awaits what an abandoned handler has returned, so it should not complain of that."""
    if outcome is not None and isinstance(outcome[1], Coroutine):
        outcome[1].close()


def _close_result(done: Future[Any]) -> None:
    if not done.cancelled() and done.exception() is None:
        _close((None, done.result()))


class ThreadCell(Cell):
    """A cell whose actor's code runs in a thread."""

    __slots__ = ("_worker",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._gate = ELSEWHERE
        self._worker: Any = self.system._threads.start(self.path)

    def gated_turn(self) -> None:
        """One turn: hand the mailbox to the thread, and be BUSY until it comes back."""
        super().gated_turn()
        if self._queue and not self._gate & (BUSY | SIGNALS | CONTROL | PAUSED):
            self._scheduled = False
            self._hand_over(self._handle_batch, self._batch_done)

    def _hand_over(self, work: Callable[[_Abandonable], Any], done: Callable[[Any], None]) -> None:
        """Run `work` in the thread, then `done(its result)` on the loop unless abandoned."""
        loop = self.system.loop
        token = _Abandonable(self._left_behind)
        self._gate |= BUSY
        self._task = token

        def back(result: Any) -> None:
            if token.abandoned:
                _close(result)
            else:
                done(result)

        def there() -> None:
            result = work(token)
            try:
                loop.call_soon_threadsafe(back, result)
            except RuntimeError:
                _close(result)  # the loop has closed: this thread was abandoned at shutdown

        self._worker.tell(there)

    def _cancel_task(self) -> None:
        if isinstance(self._task, _Abandonable):
            self._task.cancel()
        else:
            super()._cancel_task()

    def _left_behind(self) -> None:
        """A kill: the thread may run on, but nobody waits for it any more."""
        item, self._current = self._current, None
        if item is not None:
            reject(opened(item)[2], ActorStopped(self.address, "killed"))
        self._task = None
        self._gate &= ~BUSY
        self._leave_thread()
        self._reschedule()

    def _leave_thread(self) -> None:
        # What follows may have a hook to run, and the old thread is taken.
        self._worker.stop(block=False)
        self._worker = self.system._threads.start(self.path)

    def _handle_signal(self) -> None:
        envelope = self._next_signal()
        if envelope is not None:
            self._hand_over(partial(self._handle_one, envelope), self._batch_done)

    # --- in the thread ---

    def _handle_one(self, envelope: Envelope, token: _Abandonable) -> tuple[Any, Any] | None:
        with token.lock:
            if token.abandoned:
                return None
            self._current = envelope
        return self._handle(envelope, token)

    def _handle_batch(self, token: _Abandonable) -> tuple[Any, Any] | None:
        """Handle messages while nothing is in the way.

        Returns what the loop has to see to: a message with the error or the awaitable that it led
        to.
        """
        queue = self._queue
        for _ in range(BATCH):
            with token.lock:
                if token.abandoned or not queue or self._gate != BUSY | ELSEWHERE:
                    return None
                self._current = item = queue.popleft()
                self._processed += 1
            outcome = self._handle(item, token)
            if outcome is not None:
                return outcome
        return None

    def _handle(self, item: Any, token: _Abandonable) -> tuple[Any, Any] | None:
        self._began = self.system.clock()
        message, sender, answer = opened(item)
        try:
            result = self.handler()(message, sender)
        except Exception as error:  # noqa: BLE001  # goes to the asker and the supervisor
            return item, error
        except BaseException as error:  # noqa: BLE001
            # Pykka would end every thread, and asyncio the loop, for what ends one actor here.
            return item, exited(self, message, error)
        if result is not None and hasattr(result, "__await__"):
            return item, result
        if answer is not None and not token.abandoned:
            replied, self._replied = self._replied, False
            if not replied:
                # Not `reply`: by the time it ran, `_replied` would be that of a later message.
                self.system._on_loop(self._answer, message, answer, result)
        return None

    # --- back on the loop ---

    def _answer(self, message: Any, answer: asyncio.Future[Any], result: Any) -> None:
        if answer.done():
            self.system._late_answer(self, message)
        else:
            answer.set_result(result)

    def _batch_done(self, outcome: tuple[Any, Any] | None) -> None:
        self._task = None
        self._gate &= ~BUSY
        item, result = outcome or (None, None)
        if isinstance(result, BaseException):
            failed(self, item, result)
        elif result is not None:
            conclude(self, item, result)
        if not self._gate & BUSY:
            self._current = None
            self._after_messages()
        self._reschedule()

    async def _call_hook(self, hook: Callable[..., Any], *args: Any) -> None:
        done: Future[Any] = Future()

        def call() -> None:
            if not done.set_running_or_notify_cancel():
                return
            try:
                done.set_result(hook(*args))
            except BaseException as error:  # noqa: BLE001  # raised again where the hook is awaited
                done.set_exception(error)

        self._worker.tell(call)
        try:
            result = await asyncio.wrap_future(done, loop=self.system.loop)
        except asyncio.CancelledError:
            if not done.done():
                self._leave_thread()  # a kill while the hook blocks its thread
            done.add_done_callback(_close_result)
            raise
        if hasattr(result, "__await__"):
            await result

    def _release_dispatcher(self) -> None:
        self._worker.stop(block=False)
