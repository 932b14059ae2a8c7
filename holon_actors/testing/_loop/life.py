"""Which simulated node the running code belongs to, and what that node's clock shows.

A node's actor system is made inside a context of the node's own, so everything that it schedules
carries the node along. The event loop asks a callback's context whose it is, and lets a crashed
node's callbacks drop and a paused node's wait. A restart is a new life: callbacks of the old one
never run again.
"""

from __future__ import annotations

import asyncio
from contextvars import Context, ContextVar
from dataclasses import dataclass, field

__all__ = ["CRASHED", "NODE", "PAUSED", "UP", "Clock", "Life"]

UP = "up"
PAUSED = "paused"
CRASHED = "crashed"

_PARTS = 1_000_000_000


class Clock:
    """A node's clock against the true one, in whole nanoseconds.

    `drift_ppb` is how many nanoseconds it gains in a second; `step_ns` what it jumped.
    """

    __slots__ = ("_local_ns", "_rate", "_true_ns")

    def __init__(self) -> None:
        self._true_ns = 0
        self._local_ns = 0
        self._rate = _PARTS

    def local(self, true_ns: int) -> int:
        """What the clock shows at a true time."""
        return self._local_ns + (true_ns - self._true_ns) * self._rate // _PARTS

    def true(self, local_ns: int) -> int:
        """The first true time at which the clock shows at least `local_ns`."""
        return self._true_ns - (self._local_ns - local_ns) * _PARTS // self._rate

    def lasting(self, local_ns: int) -> int:
        """How long, in true time, the clock takes to count `local_ns`."""
        return -(-local_ns * _PARTS // self._rate)

    def set(self, true_ns: int, step_ns: int, drift_ppb: int | None) -> None:
        """From now on: jump by `step_ns`, and run at another pace when one is given."""
        self._local_ns = self.local(true_ns) + step_ns
        self._true_ns = true_ns
        if drift_ppb is not None:
            self._rate = _PARTS + drift_ppb


@dataclass(eq=False, slots=True)
class Life:
    """One life of a node, from a start to a crash or to the end of the run."""

    node: str
    number: int  # from 1
    clock: Clock
    context: Context
    state: str = UP
    held: list[asyncio.Handle] = field(default_factory=list)  # came due while it was paused


NODE: ContextVar[Life | None] = ContextVar("holon_simulated_node", default=None)
