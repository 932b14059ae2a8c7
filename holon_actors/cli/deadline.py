"""Time limits around a command's work, the same for all that have `--timeout`.

`time_limit` is for work on the event loop. Loading a file is plain Python that waits for nobody, so
`load_limit` interrupts it with an alarm signal.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NoReturn

from holon_actors.cli.errors import FlowTimedOut

__all__ = ["load_limit", "time_limit"]


@asynccontextmanager
async def time_limit(what: str, timeout_s: float | None) -> AsyncIterator[None]:
    """Cancel the block after `timeout_s` seconds. Raises FlowTimedOut, and never for another's."""
    try:
        async with asyncio.timeout(timeout_s) as limit:
            yield
    except TimeoutError as error:
        if timeout_s is None or not limit.expired():
            raise
        raise FlowTimedOut(what, timeout_s) from error


class _TimeIsUp(BaseException):
    """Not an Exception, which the file being loaded may well catch."""


@contextmanager
def load_limit(what: str, timeout_s: float | None) -> Iterator[None]:
    """Interrupt the block after `timeout_s` seconds. Raises FlowTimedOut.

    Without effect where there are no alarms: outside the main thread, and on Windows.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if timeout_s is None or not in_main or not hasattr(signal, "setitimer"):
        yield
        return

    handler = signal.signal(signal.SIGALRM, _ring)
    others = signal.setitimer(signal.ITIMER_REAL, timeout_s)
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        raise FlowTimedOut(what, timeout_s) from None
    finally:
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *others)


def _ring(_number: int, _frame: object) -> NoReturn:
    raise _TimeIsUp
