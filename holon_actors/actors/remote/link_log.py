"""What a node writes to the log about its links.

All of it is also to be had as events or errors; the log is for people, at the kernel's bounded
rate.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from holon_actors.actors.events import LinkDown, LinkUp

if TYPE_CHECKING:
    from holon_actors.actors._log import KernelLog
    from holon_actors.actors.ref import ActorRef

__all__ = ["LinkLog"]

# Nodes of which it is known that their being away was told.
_DOWN_MAX = 4_096

_logger = logging.getLogger("holon_actors.remote")


class LinkLog:
    """The log of one node."""

    __slots__ = ("_down", "_kernel", "_system", "lost")

    def __init__(self, system: str, kernel: KernelLog) -> None:
        self._system = system
        self._down: dict[str, None] = {}  # nodes whose links were reported as lost
        self.lost = 0  # links that were reported as lost
        self._kernel = kernel

    def up(self, up: LinkUp) -> None:
        """A link can be used."""
        self._down.pop(up.node, None)

    def down(self, down: LinkDown) -> bool:
        """A link has ended, or could not be had. Whether that is news: each attempt to reach a node
        that stays away is not.
        """
        if down.node in self._down:
            return False
        if len(self._down) >= _DOWN_MAX:
            del self._down[next(iter(self._down))]
        self._down[down.node] = None
        self.lost += 1
        level = logging.INFO if down.reason == "shutdown" else logging.WARNING
        text = "%s: the link with %s is down: %s%s"
        self._tell(level, "lost links", text, self._system, down.node, down.reason, _unknown(down))
        return True

    def broken(self, channel: str, reason: str) -> None:
        """A channel that carries what it should not, or cannot carry anything."""
        text = "%s: dropped %s: %s"
        self._tell(logging.WARNING, "broken channels", text, self._system, channel, reason)

    def refused(self, channel: str, reason: str) -> None:
        """A node that we have nothing to do with."""
        self._tell(logging.WARNING, "refusals", "%s: refused %s: %s", self._system, channel, reason)

    def unread(self, ref: ActorRef[Any], error: Exception) -> None:
        """A message that cannot be read here."""
        self._tell(logging.WARNING, "unread messages", "a message to %s: %s", ref.address, error)

    def unsent(self, ref: ActorRef[Any], message: Any, error: Exception) -> None:
        """A message that cannot be sent."""
        kind = type(message).__name__
        self._tell(logging.WARNING, "unsent messages", "%s to %s: %s", kind, ref.address, error)

    def unflushed(self, timeout_s: float) -> None:
        """A shutdown that left something unsent."""
        text = "%s: not all that was told had been acknowledged within %.3g s"
        self._tell(logging.WARNING, "shutdowns", text, self._system, timeout_s)

    def _tell(self, level: int, kind: str, text: str, *facts: Any) -> None:
        if self._kernel._admit(kind, level):
            _logger.log(level, text, *facts)


def _unknown(down: LinkDown) -> str:
    count = down.unacknowledged
    if not count:
        return ""
    return f" ({count} {'message' if count == 1 else 'messages'} may not have arrived)"
