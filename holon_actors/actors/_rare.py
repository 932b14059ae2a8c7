"""What few actors have at any time, kept out of the cell so that an idle actor stays small."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors.mailbox import Envelope
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    import asyncio

    from holon_actors.actors._cell import Cell
    from holon_actors.actors.reply import DeferredReply
    from holon_actors.actors.timers import Cancellable, ReceiveTimer

__all__ = ["Rare"]

# Marks of arrival that are kept; when there are more, every other one goes.
_MARKS = 64


class Rare:
    """The uncommon part of a cell. Dictionaries stand for ordered sets."""

    __slots__ = (
        "behaviours",
        "childless",
        "deferred",
        "ended",
        "error",
        "escalated",
        "group_past",
        "groups",
        "marks",
        "past",
        "pipes",
        "receive_timeout",
        "restarts",
        "senders",
        "shutdown_s",
        "shutdown_timer",
        "signals",
        "stash",
        "step",
        "temporary",
        "timers",
        "watchers",
        "watching",
    )

    def __init__(self) -> None:
        # Messages
        self.behaviours: list[Callable[[Any, Any], Any] | None] = []  # below the current one
        self.stash: list[Envelope] = []
        self.signals: deque[Envelope] | None = None
        self.senders: list[asyncio.Future[None]] = []  # waiting in `send`, first come first
        self.deferred: dict[DeferredReply, None] = {}
        self.marks: list[tuple[int, float]] = []  # number of the latest message, time; see arrival
        # Time and outside work, which end with the instance
        self.timers: dict[Cancellable, None] = {}
        self.pipes: dict[asyncio.Task[Any], None] = {}
        self.receive_timeout: ReceiveTimer | None = None
        # Who must hear of this actor's end, and of whose end it wants to hear
        self.watchers: dict[Cell, None] = {}
        self.watching: dict[Any, None] = {}
        self.groups: dict[str, None] = {}
        # Lifecycle
        self.step: Callable[[], None] | None = None  # what CONTROL does, unless a stop is due
        self.error: BaseException | None = None  # the failure that ended it
        self.restarts = 0
        self.past: tuple[float, ...] = ()  # this child's restarts in the window
        self.group_past: tuple[float, ...] = ()  # its children's, where a strategy counts the group
        self.temporary = False  # never restarted, whatever the strategy says
        self.escalated = False  # failed, and left the verdict to the parent's supervisor
        self.shutdown_s: float | None = None  # how long a stop may take before it becomes a kill
        self.shutdown_timer: asyncio.TimerHandle | None = None
        self.childless: asyncio.Future[None] | None = None  # resolved when the last child has gone
        self.ended: list[asyncio.Future[None]] = []  # resolved when this actor has gone

    def note_arrivals(self, taken: int, unread: int, now: float) -> None:
        """By `now`, messages up to `taken + unread` have come, and up to `taken` have gone."""
        marks = self.marks
        while marks and marks[0][0] <= taken:
            del marks[0]
        latest = taken + unread
        if latest > (marks[-1][0] if marks else taken):
            marks.append((latest, now))
        if len(marks) > _MARKS:
            del marks[1::2]

    def arrival(self, number: int) -> float | None:
        """When message `number` came: no later than this, and later than any earlier mark."""
        return next((came for latest, came in self.marks if latest >= number), None)

    def expects(self, signal: Signal) -> bool:
        """Whether a signal is still wanted: not a `Terminated` of somebody no longer watched."""
        if not isinstance(signal, Terminated):
            return True
        return self.watching.pop(signal.ref, self) is None
