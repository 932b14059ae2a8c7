"""The log lines of a transport: few, whatever a peer does.

Of each kind one line is written at once, and while more of the kind come one every `_PAUSE_S` that
says how many were left out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

__all__ = ["Notices"]

_PAUSE_S = 10.0
_logger = logging.getLogger("holon_transports")


class Notices:
    """Writes lines at a bounded rate. `clock` gives seconds."""

    def __init__(self, owner: str, clock: Callable[[], float]) -> None:
        self._owner = owner
        self._clock = clock
        self._last: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warn(self, kind: str, text: str) -> None:
        """Write `text`, unless a line of this kind was written lately. Kinds are few and ours."""
        self._write(logging.WARNING, kind, text)

    def tell(self, kind: str, text: str) -> None:
        """The same for what is usual, and of use only to who looks for something."""
        self._write(logging.INFO, kind, text)

    def _write(self, level: int, kind: str, text: str) -> None:
        now = self._clock()
        if kind in self._last and now - self._last[kind] < _PAUSE_S:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._last[kind] = now
        left_out = self._left_out.pop(kind, 0)
        more = f" (and {left_out} more like it before)" if left_out else ""
        _logger.log(level, "%s: %s%s", self._owner, text, more)
