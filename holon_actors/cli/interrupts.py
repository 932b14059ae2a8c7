"""Runs a coroutine to its end or to the user's Ctrl-C.

The first SIGINT or SIGTERM cancels it and lets it clean up. The second ends everything at once: the
children are killed and the process leaves, whatever it was doing. Plain signal handlers are used,
not the loop's, because they also run while a user's code blocks the loop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Coroutine
from types import FrameType
from typing import Any, NoReturn, TypeVar

from holon_actors.cli.errors import Interrupted

__all__ = ["run_interruptible"]

T = TypeVar("T")

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_interruptible(body: Coroutine[Any, Any, T]) -> T:
    """Run `body` on a new event loop and return its result.

    Raises Interrupted when a signal ended it; any error of `body` passes through.
    """
    interrupts = _Interrupts()
    try:
        with interrupts, asyncio.Runner() as runner:
            return runner.run(interrupts.guard(body))
    except BaseException as error:
        # However the body ends once it was cancelled, the reason is the signal.
        if interrupts.signal_number is None:
            raise
        raise Interrupted(interrupts.signal_number) from error


class _Interrupts:
    """The signal handlers, while a body runs."""

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._previous[number] = signal.signal(number, self._on_signal)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    async def guard(self, body: Coroutine[Any, Any, T]) -> T:
        """Await `body` as the task that the first signal cancels."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        if self.signal_number is not None:
            body.close()
            raise asyncio.CancelledError
        return await body

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.signal_number is not None:
            _leave_at_once(number)

        self.signal_number = number
        _say("cancelling; once more to end at once")
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


def _leave_at_once(number: int) -> NoReturn:
    """Kill every child and leave without any clean-up."""
    import psutil  # noqa: PLC0415 - only the impatient pay for it

    for child in psutil.Process().children(recursive=True):
        try:
            child.kill()
        except psutil.Error:
            pass  # it ended by itself
    os._exit(128 + number)


def _say(text: str) -> None:
    # Straight to the descriptor: a signal may arrive in the middle of a buffered write, which
    # would refuse to be entered again.
    try:
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"{text}\n".encode())
    except OSError:
        pass  # nobody reads stderr
