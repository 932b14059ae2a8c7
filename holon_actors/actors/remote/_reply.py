"""The future of an ask that another node answers.

Between an answer and the line behind the `await` asyncio puts a turn of the loop. For one question
after another that is a good part of the round trip, so who waits goes on at once, as handlers do
that are run on the spot (`Dispatcher.run_now`): from the callback that has taken in the packet, in
the waiting task and its context, never inside another task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

__all__ = ["Reply", "deliver"]


class Reply(asyncio.Future[Any]):
    """A future that one task awaits. `answer` is `set_result` without a turn of the loop; all else
    is as with any future.
    """

    _awaiter: tuple[Callable[[Any], object], Context] | None = None

    def add_done_callback(
        self, fn: Callable[[Any], object], /, *, context: Context | None = None
    ) -> None:
        super().add_done_callback(fn, context=context)
        if context is not None:
            self._awaiter = (fn, context)

    def answer(self, value: Any) -> None:
        """Set the result, and let who awaits it go on here and now. No task may be running."""
        awaiter = self._awaiter
        if awaiter is None:
            self.set_result(value)
            return
        step, context = awaiter
        self.remove_done_callback(step)
        self.set_result(value)
        try:
            context.run(step, self)
        except BaseException as error:  # noqa: BLE001  # the loop's, as if it had called
            self.get_loop().call_soon(_leave, error)


def deliver(answers: list[tuple[asyncio.Future[Any], Any]], at_once: int) -> None:
    """Give the answers of one packet to those who wait for them. So many of them go on at once, if
    no task is running; the others' turns come by the loop.
    """
    left = at_once if asyncio.current_task() is None else 0
    for future, value in answers:
        if future.done():  # given up by something that the packet has set off
            continue
        if left > 0 and type(future) is Reply:
            left -= 1
            future.answer(value)
        else:
            future.set_result(value)


def _leave(error: BaseException) -> None:
    raise error
