"""Who watches whom across a session, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote.answers import RemoteWatch
from holon_actors.actors.remote.errors import RemoteProtocolError
from holon_actors.actors.signals import Terminated

if TYPE_CHECKING:
    from holon_actors.actors.remote.conversation import Conversation
    from holon_actors.actors.remote.remote_ref import RemoteRef

__all__ = ["Watches"]


class _Watched(NamedTuple):
    ref: RemoteRef
    watchers: dict[Any, None]


class Watches:
    """The watches of one session. Each has a number, given by the side that watches; one stands for
    all who watch the same actor.
    """

    __slots__ = ("_conversation", "_last", "_numbers", "ours", "theirs")

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._last = 0
        self._numbers: dict[RemoteRef, int] = {}
        self.ours: dict[int, _Watched] = {}  # actors of the peer that are watched from here
        self.theirs: dict[int, RemoteWatch] = {}  # actors here that the peer watches

    def __len__(self) -> int:
        return len(self.ours)

    # --- from here ---

    def add(self, ref: RemoteRef, watcher: Any) -> None:
        """Have `watcher` told of the end of a peer's actor."""
        number = self._numbers.get(ref)
        if number is None:
            number = self._last = self._last + 1
            self._numbers[ref] = number
            self.ours[number] = _Watched(ref, {})
            outbox = self._conversation.outbox
            outbox.add((envelopes.WATCH, outbox.target(ref), number))
        self.ours[number].watchers[watcher] = None

    def remove(self, ref: RemoteRef, watcher: Any) -> None:
        """Undo `add`."""
        number = self._numbers.get(ref)
        if number is None:
            return
        watchers = self.ours[number].watchers
        watchers.pop(watcher, None)
        if not watchers:
            self._forget(number)
            self._conversation.outbox.add((envelopes.UNWATCH, number))

    def ended(self, number: int, reason: str) -> None:
        """The peer says that an actor of its own has ended."""
        watched = self._forget(number)
        if watched is not None:
            watched.ref.ended = True
            _tell(watched, reason)

    def _forget(self, number: int) -> _Watched | None:
        watched = self.ours.pop(number, None)
        if watched is not None:
            del self._numbers[watched.ref]
        return watched

    # --- from there ---

    def serve(self, number: Any, target: ActorRef[Any], most: int) -> None:
        """The peer wants to be told of the end of `target`. Raises `RemoteProtocolError`."""
        if type(number) is not int or number in self.theirs:
            raise RemoteProtocolError(f"watch {number!r} a second time")
        if len(self.theirs) >= most:
            raise RemoteProtocolError(f"more than {most} watches")
        watch = self.theirs[number] = RemoteWatch(self._conversation, number, target)
        target._add_watcher(watch)  # type: ignore[arg-type]  # see `answers`

    def unserve(self, number: int) -> None:
        """The peer does not want to be told any more."""
        watch = self.theirs.pop(number, None)
        if watch is not None:
            watch.cancel()

    # --- the end ---

    def close(self) -> None:
        """The session is over."""
        ours, self.ours = self.ours, {}
        self._numbers.clear()
        for watched in ours.values():
            _tell(watched, "node-lost")
        theirs, self.theirs = self.theirs, {}
        for watch in theirs.values():
            watch.cancel()


def _tell(watched: _Watched, reason: str) -> None:
    for watcher in list(watched.watchers):
        watcher._signal(Terminated(watched.ref, reason), watched.ref)
