"""Messages that were refused: counted, and told at a bounded rate."""

from __future__ import annotations

import logging
from collections.abc import Callable

from holon_actors.distributed.consensus.events import MessageRefused
from holon_actors.distributed.consensus.member.seat import Seat

__all__ = ["Refusals"]

_QUIET_S = 10.0
_SENDERS_MAX = 100


class Refusals:
    """One line of the log and one event for each sender at most every ten seconds."""

    __slots__ = ("_clock", "_log", "_seat", "_told", "_untold")

    def __init__(
        self,
        seat: Seat,
        log: logging.LoggerAdapter[logging.Logger],
        clock: Callable[[], float],
    ) -> None:
        self._seat = seat
        self._log = log
        self._clock = clock
        self._told: dict[str, float] = {}
        self._untold: dict[str, int] = {}

    def add(self, sender: str, reason: str) -> None:
        """A message was refused."""
        self._seat.refused += 1
        # A sender can call itself anything, and be as many as it likes.
        who = sender if sender in self._told or len(self._told) < _SENDERS_MAX else "others"
        count = self._untold.get(who, 0) + 1
        now = self._clock()
        if now - self._told.get(who, -_QUIET_S) < _QUIET_S:
            self._untold[who] = count
            return
        self._told[who] = now
        self._untold[who] = 0
        self._log.warning("%d messages of %.200s refused, the last: %.500s", count, sender, reason)
        self._seat.feed.push(MessageRefused(sender[:200], reason[:500], count))
