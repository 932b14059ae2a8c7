"""What the kernel writes to the log, and how often at most.

Every line is also an event with all the facts; the log is for people, so floods are cut: at most
`_PER_SECOND` lines of a kind in a second, then one that says how many were left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.events import ActorFailed, BlockingHandler, DeadLetter

__all__ = ["KernelLog"]

_PER_SECOND = 10
_logger = logging.getLogger("holon_actors")


class RateLimit:
    """Lets a few lines a second through and counts the others. Pure: the time is an argument."""

    __slots__ = ("_count", "_suppressed", "_window_start")

    def __init__(self) -> None:
        self._window_start = -1.0
        self._count = 0
        self._suppressed = 0

    def admit(self, now: float) -> tuple[bool, int]:
        """Whether a line may be written at `now`, and how many were left out before it."""
        if now - self._window_start >= 1.0 or self._window_start < 0:
            self._window_start, self._count = now, 0
        self._count += 1
        if self._count > _PER_SECOND:
            self._suppressed += 1
            return False, 0
        suppressed, self._suppressed = self._suppressed, 0
        return True, suppressed

    def drain(self) -> int:
        """How many lines were left out and not yet told of."""
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed


class KernelLog:
    """The log of one system."""

    __slots__ = ("_clock", "_limits", "_system", "deep")

    def __init__(self, system: str, clock: Callable[[], float]) -> None:
        self._system = system
        self._clock = clock
        self._limits: dict[str, RateLimit] = {}
        self.deep: dict[int, int] = {}  # the depth at the last warning, by uid

    def dead_letter(self, letter: DeadLetter) -> None:
        """A message that nobody will handle."""
        if self._admit("dead letters", logging.INFO):
            kind = type(letter.message).__name__
            _logger.info(
                "dead letter: %s to %s (%s)", kind, letter.recipient.address, letter.reason
            )

    def failure(self, failed: ActorFailed) -> None:
        """A handler or hook that raised."""
        if self._admit("failures", logging.ERROR):
            during = "" if failed.message is None else f" handling {type(failed.message).__name__}"
            error = failed.error
            tells = getattr(error, "traceback_tells", True) or error.__cause__ is not None
            _logger.error(
                "%s failed%s: %s%s",
                failed.ref.address,
                during,
                failed.directive.value,
                "" if tells else f" after {type(error).__name__}: {error}",
                exc_info=error if tells else None,
            )

    def blocking(self, blocking: BlockingHandler) -> None:
        """A handler that kept the loop from everything else."""
        if self._admit("blocking handlers", logging.WARNING):
            _logger.warning(
                "%s blocked the event loop for %.3f s handling %s%s; "
                'use an async handler or dispatcher="thread"',
                blocking.ref.address,
                blocking.seconds,
                blocking.message_type,
                "" if blocking.messages <= 1 else f" (the last of {blocking.messages} messages)",
            )

    def stuck(self, path: str, message_type: str, seconds: float, where: str) -> None:
        """A handler that blocks the loop and has not come back yet."""
        if self._admit("stuck handlers", logging.WARNING):
            _logger.warning(
                "%s in %s has blocked the event loop for %.1f s in its handler of %s, now at %s",
                path,
                self._system,
                seconds,
                message_type,
                where,
            )

    def high_water(self, cell: Cell, depth: int) -> bool:
        """A mailbox past its mark: true, and told, at first and each time the depth has doubled."""
        if depth < 2 * self.deep.get(cell._uid, 0):
            return False
        self.deep[cell._uid] = depth
        if self._admit("deep mailboxes", logging.WARNING):
            _logger.warning(
                "%s has %d unread messages in an unbounded mailbox; consider mailbox=Bounded(n)",
                cell.address,
                depth,
            )
        return True

    def forget(self, cell: Cell) -> None:
        """The mailbox is no longer deep, or no longer there."""
        self.deep.pop(cell._uid, None)

    def close(self) -> None:
        """Tell what was left out and not told yet."""
        for kind, limit in self._limits.items():
            self._tell_suppressed(kind, limit.drain(), logging.INFO)

    def _admit(self, kind: str, level: int) -> bool:
        limit = self._limits.setdefault(kind, RateLimit())
        admitted, suppressed = limit.admit(self._clock())
        self._tell_suppressed(kind, suppressed, level)
        return admitted

    def _tell_suppressed(self, kind: str, count: int, level: int) -> None:
        if count:
            _logger.log(
                level, "%s: %d more %s were not logged one by one", self._system, count, kind
            )
