"""What `RaftGroup.watch` tells."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Self, TypeAlias

__all__ = [
    "Applied",
    "EventsLost",
    "Feed",
    "GroupEvent",
    "LeaderChanged",
    "MemberFailed",
    "MembersChanged",
    "MessageRefused",
    "SnapshotFailed",
    "Watch",
]


@dataclass(frozen=True, slots=True)
class LeaderChanged:
    """Who leads, as far as this member knows; None: nobody it knows of."""

    leader: str | None
    term: int


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """Who takes part now. During a change, `voters` are the ones that will be."""

    voters: tuple[str, ...]
    learners: tuple[str, ...]
    joint: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """This member's state machine has everything up to `index`."""

    index: int


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """Messages that no correct member would send have come and changed nothing; `count` of this
    `reason` since the last such event.
    """

    sender: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class SnapshotFailed:
    """The state could not be put in a snapshot: until it can, the log only grows."""

    reason: str


@dataclass(frozen=True, slots=True)
class MemberFailed:
    """This member is out of service; the last event."""

    cause: str


@dataclass(frozen=True, slots=True)
class EventsLost:
    """So many events before this one were not read in time."""

    count: int


GroupEvent: TypeAlias = (
    LeaderChanged
    | MembersChanged
    | Applied
    | MessageRefused
    | SnapshotFailed
    | MemberFailed
    | EventsLost
)


class Watch:
    """An async iterator over events from its making on. Leaving an `async with` block around it
    ends it, and so does the end of the group.
    """

    def __init__(self, feed: Feed, capacity: int) -> None:
        self._feed = feed
        self._unread: deque[GroupEvent] = deque()
        self._capacity = capacity
        self._lost = 0
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def push(self, event: GroupEvent) -> None:
        """Add an event; the oldest goes when there is no room."""
        if len(self._unread) >= self._capacity:
            self._unread.popleft()
            self._lost += 1
        self._unread.append(event)
        self._wake()

    def close(self) -> None:
        """Hear no more; what is unread may still be read."""
        self._closed = True
        self._feed.remove(self)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> AsyncIterator[GroupEvent]:
        return self

    async def __anext__(self) -> GroupEvent:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._lost:
            lost, self._lost = self._lost, 0
            return EventsLost(lost)
        return self._unread.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()


class Feed:
    """All watches of one member, and `on_leader`, which is told who leads first of all."""

    __slots__ = ("_closed", "_watches", "on_leader")

    def __init__(self) -> None:
        self._closed = False
        self._watches: dict[Watch, None] = {}
        self.on_leader: Callable[[str | None], None] | None = None

    @property
    def heard(self) -> bool:
        """Whether anybody watches."""
        return bool(self._watches)

    def watch(self, capacity: int) -> Watch:
        """A new watch; one that hears nothing once all have ended."""
        watch = Watch(self, capacity)
        if self._closed:
            watch.close()
        else:
            self._watches[watch] = None
        return watch

    def push(self, event: GroupEvent) -> None:
        """Tell all."""
        if self.on_leader is not None and type(event) is LeaderChanged:
            self.on_leader(event.leader)
        for watch in self._watches:
            watch.push(event)

    def remove(self, watch: Watch) -> None:
        """Forget one."""
        self._watches.pop(watch, None)

    def close(self) -> None:
        """End all."""
        self._closed = True
        for watch in tuple(self._watches):
            watch.close()
