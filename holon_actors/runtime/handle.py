"""The blocking side of an execution: what `Engine.submit_threadsafe` gives to threads."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import TYPE_CHECKING, TypeVar

from holon_actors.runtime.errors import WrongThread
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.nesting import current_execution

if TYPE_CHECKING:
    from holon_actors.runtime.workload import Workload

__all__ = ["Handle"]

T = TypeVar("T")


class Handle(concurrent.futures.Future[T]):
    """A thread's view of an execution. Blocking for it in a flow of the same engine frees that
    flow's slot.
    """

    def __init__(self, host: Workload, loop_thread: int) -> None:
        super().__init__()
        self._host = host
        self._loop_thread = loop_thread
        self._execution: Execution[T] | None = None

    def start(self, submit: Callable[[], Execution[T]]) -> None:
        """Submit, on the loop, in the context of the thread that asked."""
        if self.cancelled():
            return
        try:
            self._execution = execution = submit()
        except Exception as error:  # noqa: BLE001  # raised by result() in the thread that asked
            if self.set_running_or_notify_cancel():  # it may be cancelled at this very moment
                self.set_exception(error)
            return
        # In a context of its own: to be told is not to wait.
        Context().run(execution.add_done_callback, self._copy)

    def cancel(self) -> bool:
        """Cancel the execution; False when it is over."""
        cancelled = super().cancel()
        if cancelled:
            self._host.loop.call_soon_threadsafe(self._cancel_execution)
        return cancelled

    def result(self, timeout: float | None = None) -> T:
        """Wait for the outcome; see `concurrent.futures.Future`. Raises `WrongThread` on the
        engine's own loop.
        """
        with self._waiting():
            return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end; see `concurrent.futures.Future`. Raises `WrongThread` on the engine's
        own loop.
        """
        with self._waiting():
            return super().exception(timeout)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        if self.done():
            yield
            return
        if threading.get_ident() == self._loop_thread:
            raise WrongThread(
                self._host.name, "blocking here would stop the loop that has to do the work"
            )
        parent = current_execution.get()
        if parent is None or parent.host is not self._host:
            yield
            return
        tell = self._host.loop.call_soon_threadsafe
        tell(self._wait_begins, parent)
        try:
            yield
        finally:
            if not self.done():  # gave up waiting
                tell(self._wait_ends, parent)

    def _wait_begins(self, parent: Execution[object]) -> None:
        if self._execution is not None:
            self._host.wait_begins(parent, self._execution)

    def _wait_ends(self, parent: Execution[object]) -> None:
        if self._execution is not None and parent in self._execution.waiters:
            self._host.wait_ends(parent, self._execution)

    def _cancel_execution(self) -> None:
        if self._execution is not None:
            self._execution.cancel()

    def _copy(self, execution: asyncio.Future[T]) -> None:
        if execution.cancelled():
            super().cancel()
        if not self.set_running_or_notify_cancel():
            return
        error = execution.exception()
        if error is None:
            self.set_result(execution.result())
        else:
            self.set_exception(error)
