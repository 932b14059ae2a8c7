"""Mailboxes: what is kept of the unread messages, in which order, and what gives way when there is
no room.

A specification (`Unbounded`, `Bounded`, `Priority`) is a value that a caller passes to `spawn`; a
queue is what one actor's messages wait in. A queue decides and reports: `append` returns the
envelope that found no place (the new one, or the oldest), and the caller turns it into a
`DeadLetter` or a `MailboxFull`.

The queue of `Unbounded` is a plain deque: it has the same verbs, and the hot path pays for nothing
else. The others take a lock, because senders may be on other threads and a check followed by an act
must be one step.
"""

from __future__ import annotations

import heapq
import math
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from holon_actors.errors import ConfigError

__all__ = [
    "Bounded",
    "Envelope",
    "Mailbox",
    "Priority",
    "Queue",
    "Unbounded",
    "make_queue",
    "opened",
]

Overflow: TypeAlias = Literal["fail", "drop-new", "drop-old"]

# Message, sender, and the future that awaits the answer of an ask. A plain tuple, as one is made
# for almost every message; a message without sender or answer goes into the queue as it is, unless
# it is a tuple, or None, itself.
Envelope: TypeAlias = tuple[Any, Any, Any]


def opened(item: Any) -> Envelope:
    """What a queue gave out, as an envelope."""
    return item if type(item) is tuple else (item, None, None)


class Queue(Protocol):
    """What the kernel needs of a queue. `collections.deque` is one."""

    def append(self, item: Any, /) -> Any: ...
    def popleft(self) -> Any: ...
    def extendleft(self, items: Iterable[Any], /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True)
class Unbounded:
    """No limit; one warning each time the unread messages pass `high_water` (and come back below
    half).
    """

    high_water: int = 10_000

    def __post_init__(self) -> None:
        if self.high_water < 1:
            raise ConfigError(f"Unbounded(high_water={self.high_water}): at least 1")


@dataclass(frozen=True)
class Bounded:
    """At most `capacity` unread messages.

    On a full mailbox "fail" refuses (ask: `MailboxFull`, tell: a dead letter, `send` waits),
    "drop-new" makes the new message a dead letter, "drop-old" the oldest. An ask that is dropped
    ends with `MailboxFull`.
    """

    capacity: int
    overflow: Overflow = "fail"

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise ConfigError(f"Bounded({self.capacity}): at least 1")
        if self.overflow not in ("fail", "drop-new", "drop-old"):
            raise ConfigError(
                f'Bounded(overflow={self.overflow!r}): "fail", "drop-new" or "drop-old"'
            )


@dataclass(frozen=True)
class Priority:
    """Lowest `key(message)` first, in order of arrival among equals. `capacity` None is without
    limit. A message for which the key raises, or gives what does not compare, comes last, and
    `ActorFailed` tells.
    """

    key: Callable[[Any], Any]
    capacity: int | None = None

    def __post_init__(self) -> None:
        if not callable(self.key):
            raise ConfigError(f"Priority({self.key!r}): a function from message to sort key")
        if self.capacity is not None and self.capacity < 1:
            raise ConfigError(f"Priority(capacity={self.capacity}): at least 1")


Mailbox: TypeAlias = Unbounded | Bounded | Priority

# Told of a key that failed: with the error, and the message that it failed for.
KeyReport: TypeAlias = Callable[[Exception, Any], object]


class BoundedQueue:
    """First in, first out, with room for `capacity`."""

    __slots__ = ("_drop_old", "_items", "_lock", "capacity", "taken", "waits")

    def __init__(self, spec: Bounded) -> None:
        self._items: deque[Any] = deque()
        self._lock = allocate_lock()
        self._drop_old = spec.overflow == "drop-old"
        self.capacity = spec.capacity
        self.waits = spec.overflow == "fail"  # whether `send` waits for room
        self.taken = 0  # items that were given out or dropped

    def append(self, item: Any) -> Any:
        """Take an item; return the one that has no place."""
        with self._lock:
            if len(self._items) < self.capacity:
                self._items.append(item)
                return None
            if not self._drop_old:
                return item
            self.taken += 1
            oldest = self._items.popleft()
            self._items.append(item)
            return oldest

    def popleft(self) -> Any:
        with self._lock:
            self.taken += 1
            return self._items.popleft()

    def extendleft(self, items: Iterable[Any]) -> None:
        # What returns from the stash was accepted once already, so it is never refused.
        with self._lock:
            self._items.extendleft(items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items.copy())


class _Ranked(NamedTuple):
    rank: Any
    arrival: int
    item: Any


# Above every rank that a key gave, as those begin with False.
_LAST = (True, 0)


class PriorityQueue:
    """Lowest key first; arrival numbers keep equals in order and items out of comparisons."""

    __slots__ = ("_arrivals", "_heap", "_key", "_lock", "_report", "capacity", "waits")

    def __init__(self, spec: Priority, report: KeyReport | None = None) -> None:
        self._heap: list[_Ranked] = []
        self._key = spec.key
        self._report = report
        self._lock = allocate_lock()
        self._arrivals = 0
        self.capacity = math.inf if spec.capacity is None else spec.capacity
        self.waits = spec.capacity is not None

    @property
    def first_arrival(self) -> int:
        """The arrival number, from 1, of the oldest item that waits."""
        return min((ranked.arrival for ranked in self._heap), default=self._arrivals)

    @property
    def taken(self) -> int:
        """Items that are no longer here."""
        return self._arrivals - len(self._heap)

    def append(self, item: Any) -> Any:
        """Take an item; return it when there is no room. One whose key raises comes last."""
        rank = self._rank(item)
        with self._lock:
            if len(self._heap) >= self.capacity:
                return item
            self._arrivals += 1
            unlike = self._push(_Ranked(rank, self._arrivals, item))
        if unlike is not None:  # told without the lock: who hears of it may send here
            self._tell(unlike, item)
        return None

    def _push(self, ranked: _Ranked) -> TypeError | None:
        try:
            heapq.heappush(self._heap, ranked)
        except TypeError as error:  # it does not compare with the others: last, as one that raises
            self._heap = [other for other in self._heap if other is not ranked]
            heapq.heapify(self._heap)
            heapq.heappush(self._heap, ranked._replace(rank=_LAST))
            return error
        return None

    def _rank(self, item: Any) -> tuple[bool, Any]:
        # `tell` never raises, so a key that fails for a message may not either: it comes last.
        try:
            return (False, self._key(opened(item)[0]))
        except Exception as error:  # noqa: BLE001  # the user's key
            self._tell(error, item)
            return _LAST

    def _tell(self, error: Exception, item: Any) -> None:
        if self._report is not None:
            self._report(error, opened(item)[0])

    def popleft(self) -> Any:
        with self._lock:
            return heapq.heappop(self._heap).item

    def extendleft(self, items: Iterable[Any]) -> None:
        # Given last first, as to a deque: arrivals before all others put them ahead of their
        # equals.
        with self._lock:
            first = min((ranked.arrival for ranked in self._heap), default=0)
            for n, item in enumerate(items, start=1):
                self._push(_Ranked(self._rank(item), min(first, 0) - n, item))

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Any]:
        return iter([ranked.item for ranked in sorted(self._heap)])


def make_queue(spec: Mailbox, report: KeyReport | None = None) -> Queue:
    """The queue that a specification asks for; `report` is told of keys that fail for a message.
    Raises `ConfigError` for anything else.
    """
    match spec:
        case Unbounded():
            return deque()
        case Bounded():
            return BoundedQueue(spec)
        case Priority():
            return PriorityQueue(spec, report)
    raise ConfigError(f"mailbox={spec!r}: Unbounded(), Bounded(n) or Priority(key)")
