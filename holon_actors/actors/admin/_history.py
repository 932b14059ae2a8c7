"""The last events of a system, so that who attaches late still learns what has happened.

Events are kept as text, never as the objects they were about: a history must not keep a message
alive. Floods are cut: so many a second are kept, the rest is counted.
"""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from holon_actors.actors.admin.messages import Event, EventPage
from holon_actors.actors.cluster.events import MemberEvent
from holon_actors.actors.events import (
    ActorEvent,
    ActorFailed,
    ActorRestarted,
    BlockingHandler,
    DeadLetter,
    LateAnswer,
    LinkDown,
    LinkUp,
    MailboxHighWater,
    Subscription,
)

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["HEARD", "History"]

# All but the ends of actors, of which there may be very many, and each one orderly.
HEARD = (
    ActorFailed,
    ActorRestarted,
    BlockingHandler,
    DeadLetter,
    LateAnswer,
    LinkDown,
    LinkUp,
    MailboxHighWater,
    MemberEvent,
)

_KEPT = 500
_PER_SECOND = 50
_TEXT_MAX = 8_000


class History:
    """The last events. `clock` gives the time in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[tuple[int, float, str, str, str]] = deque(maxlen=_KEPT)
        self._count = 0
        self._window_start = -1.0
        self._in_window = 0
        self._dropped = 0

    def listen(self, system: ActorSystem) -> Subscription:
        """Hear what `system` tells from now on, until the subscription is cancelled."""
        return system.events.subscribe(HEARD, self.note)

    def note(self, event: ActorEvent) -> None:
        """Keep an event, unless too many have come in this second."""
        now = self._clock()
        if now - self._window_start >= 1.0 or self._window_start < 0:
            self._window_start, self._in_window = now, 0
        self._in_window += 1
        # A failure is rare and dear; a flood of letters may not drown it.
        if self._in_window > _PER_SECOND and not isinstance(event, ActorFailed):
            self._dropped += 1
            return
        self._count += 1
        path, text = _described(event)
        kind = type(event).__name__
        self._kept.append((self._count, now, kind, path, text[:_TEXT_MAX]))

    def page(self, after: int) -> EventPage:
        """Those numbered above `after`, oldest first."""
        now = self._clock()
        events = [
            Event(number, max(0.0, now - then), kind, path, text)
            for number, then, kind, path, text in self._kept
            if number > after
        ]
        return EventPage(events, self._dropped)

    def last_failure(self, path: str) -> str:
        """How the actor at `path` failed last, or ""."""
        for _, _, kind, where, text in reversed(self._kept):
            if kind == ActorFailed.__name__ and where == path:
                return text
        return ""


def _described(event: ActorEvent) -> tuple[str, str]:
    """Where, and what in words: types of messages, not what they say."""
    match event:
        case ActorFailed(ref=ref, error=error, message=message, directive=directive):
            during = "" if message is None else f" handling {type(message).__name__}"
            trace = "".join(traceback.format_exception(error))
            return ref.path, f"{directive.value}{during}: {trace.rstrip()}"
        case ActorRestarted(ref=ref, error=error, restarts=restarts):
            return ref.path, f"restart {restarts} after {type(error).__name__}"
        case BlockingHandler(ref=ref, message_type=kind, seconds=seconds):
            return ref.path, f"blocked the loop for {seconds:.3f} s handling {kind}"
        case DeadLetter(message=message, recipient=recipient, reason=reason):
            return recipient.path, f"{type(message).__name__}: {reason}"
        case LateAnswer(ref=ref, message=message):
            return ref.path, f"answer to {type(message).__name__}"
        case MailboxHighWater(ref=ref, depth=depth):
            return ref.path, f"{depth} unread messages"
        case LinkUp(node=node):
            return "", f"{node}"
        case LinkDown(node=node, reason=reason):
            return "", f"{node}: {reason}"
        case MemberEvent(member=member):
            return "", f"{member}"
    return "", ""
