"""The flows' seam to time and chance: retries, caches and timeouts ask here, not the system.

Synchronous flows use the ambient `FlowClock`. Asynchronous ones use the running event
loop's clock and sleep, so a loop on virtual time drives them too; they take only the
jitter from here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class FlowClock(Protocol):
    """Time and chance as synchronous flows see them."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread for `seconds`."""
        ...

    def random(self) -> float:
        """A number in [0, 1), for jitter."""
        ...


class SystemClock:
    """The real clock, and the operating system's randomness."""

    __slots__ = ()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def random(self) -> float:
        # 53 bits, as many as a float holds; the random module is slow to import.
        return (int.from_bytes(os.urandom(7), "big") >> 3) / (1 << 53)


_ambient: ContextVar[FlowClock] = ContextVar("holon_flow_clock", default=SystemClock())  # noqa: B039


def current_clock() -> FlowClock:
    """The clock of the running context."""
    return _ambient.get()


@contextmanager
def using_clock(clock: FlowClock) -> Iterator[FlowClock]:
    """Run the block, and whatever it starts, on `clock`."""
    token = _ambient.set(clock)
    try:
        yield clock
    finally:
        _ambient.reset(token)
