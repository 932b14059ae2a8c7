"""The time limits of pending asks.

Asks that share a time-out run out in the order in which they were made, so one timer per time-out
value is enough: it watches the oldest. An ask costs one entry in a dictionary instead of a timer of
its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors.errors import AskTimeout

if TYPE_CHECKING:
    from holon_actors.actors.ref import ActorRef

__all__ = ["AskDeadlines"]


# Time-out values that keep their timer while no ask is pending. Whoever computes each time-out
# (what is left until a deadline) has ever new ones, which should not pile up.
_KEPT = 32


class _Bucket:
    """The pending asks of one time-out value, oldest first."""

    __slots__ = ("_drop", "_kept", "_loop", "_timeout_s", "_timer", "pending")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        timeout_s: float,
        drop: Callable[[float], object],
        kept: bool,
    ) -> None:
        self._loop = loop
        self._timeout_s = timeout_s
        self._drop = drop
        self._kept = kept  # also while no ask is pending, until its timer fires
        self._timer: asyncio.TimerHandle | None = None
        self.pending: dict[asyncio.Future[Any], tuple[float, ActorRef[Any], Any]] = {}

    def add(self, answer: asyncio.Future[Any], ref: ActorRef[Any], message: Any) -> None:
        # No number (NaN) counts as no time: the loop's heap of timers would lose its order by it.
        deadline = self._loop.time() + (self._timeout_s if self._timeout_s > 0 else 0.0)
        self.pending[answer] = (deadline, ref, message)
        if self._timer is None:
            self._timer = self._loop.call_at(deadline, self._expire)

    def discard(self, answer: asyncio.Future[Any]) -> None:
        """An ask has ended."""
        pending = self.pending
        pending.pop(answer, None)
        if not self._kept and not pending:
            self.cancel()
            self._drop(self._timeout_s)

    def _expire(self) -> None:
        self._timer = None
        now = self._loop.time()
        expired = []
        for answer, (deadline, ref, message) in self.pending.items():
            # A timer may fire a clock tick early; what is due within the tick is due.
            if deadline > now + 1e-6:
                self._timer = self._loop.call_at(deadline, self._expire)
                break
            expired.append((answer, ref, message))
        for answer, ref, message in expired:
            del self.pending[answer]
            if not answer.done():
                answer.set_exception(_timed_out(ref, message, self._timeout_s))
        if not self.pending:
            self._drop(self._timeout_s)

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _timed_out(ref: ActorRef[Any], message: Any, timeout_s: float) -> AskTimeout:
    return AskTimeout(ref.address, type(message).__name__, timeout_s, *ref._status())


class AskDeadlines:
    """All pending asks of one system."""

    __slots__ = ("_buckets", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buckets: dict[float, _Bucket] = {}

    def bucket(self, timeout_s: float) -> _Bucket:
        """Where asks with this time-out are kept."""
        bucket = self._buckets.get(timeout_s)
        if bucket is None:
            kept = len(self._buckets) < _KEPT
            bucket = _Bucket(self._loop, timeout_s, self._drop, kept)
            self._buckets[timeout_s] = bucket
        return bucket

    def _drop(self, timeout_s: float) -> None:
        self._buckets.pop(timeout_s, None)

    def cancel(self) -> None:
        """Stop all timers; all actors have ended, and so have the asks."""
        for bucket in self._buckets.values():
            bucket.cancel()
        self._buckets.clear()
