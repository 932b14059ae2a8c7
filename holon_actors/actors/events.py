"""What a system tells about itself, and who listens.

Events are values; a listener subscribes to classes (a base class takes all of its kind). Publishing
costs one look at an empty dictionary when nobody listens.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from holon_actors.actors.ref import ActorRef
from holon_actors.actors.supervision import Directive

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = [
    "ActorEvent",
    "ActorFailed",
    "ActorRestarted",
    "ActorTerminated",
    "BlockingHandler",
    "DeadLetter",
    "EventStream",
    "Events",
    "LateAnswer",
    "LinkDown",
    "LinkUp",
    "MailboxHighWater",
    "Subscription",
]


class ActorEvent:
    """Base of all events; subscribe to it to hear everything."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class DeadLetter(ActorEvent):
    """A message that nobody will handle.

    `reason` is "stopped", "failed", "killed" (how the actor ended), "not-found", "mailbox-full" or
    "unhandled". Of messages to other nodes also "unreachable" (nobody answers there), "node-lost"
    (it is not known whether the message arrived), "link-full" (more was told than the link could
    carry) or "codec" (the message cannot be sent, or not be read).
    """

    message: Any
    sender: ActorRef[Any] | None
    recipient: ActorRef[Any]
    reason: str


@dataclass(frozen=True, slots=True)
class ActorFailed(ActorEvent):
    """A handler or hook raised; `directive` is what supervision decided. `message` is None outside
    a handler. So is told, with RESUME, of a mailbox's or a pool's key that fails for a message.
    """

    ref: ActorRef[Any]
    error: BaseException
    message: Any
    directive: Directive


@dataclass(frozen=True, slots=True)
class ActorRestarted(ActorEvent):
    """A new instance took over after `error`; `restarts` counts them over the actor's life."""

    ref: ActorRef[Any]
    error: BaseException
    restarts: int


@dataclass(frozen=True, slots=True)
class ActorTerminated(ActorEvent):
    """An actor has ended: `reason` is "stopped", "failed" or "killed"; `error` is the failure
    behind it.
    """

    ref: ActorRef[Any]
    reason: str
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class BlockingHandler(ActorEvent):
    """A handler kept the event loop from everything else for `seconds`.

    `messages` is how many messages the turn handled; when more than one, `message_type` is the last
    one's.
    """

    ref: ActorRef[Any]
    message_type: str
    seconds: float
    messages: int


@dataclass(frozen=True, slots=True)
class MailboxHighWater(ActorEvent):
    """The unread messages of an unbounded mailbox have passed its high-water mark."""

    ref: ActorRef[Any]
    depth: int


@dataclass(frozen=True, slots=True)
class LateAnswer(ActorEvent):
    """An answer came after its ask had timed out or been cancelled; it was dropped. Of one that
    came from another node neither the actor nor the message is known here any more.
    """

    ref: ActorRef[Any]
    message: Any


@dataclass(frozen=True, slots=True)
class LinkUp(ActorEvent):
    """This node talks with another one. `node` is its `name@endpoint`, `incarnation` tells its
    starts apart.
    """

    node: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class LinkDown(ActorEvent):
    """A link has ended, or could not be had. Whoever watched an actor there has been told. Of a
    node that stays away it is published once, until there was a `LinkUp`, however often it is
    tried.

    `unacknowledged` counts the messages of which nobody knows whether they arrived.
    """

    node: str
    incarnation: int
    reason: str
    unacknowledged: int


Listener: TypeAlias = "Callable[[Any], object] | ActorRef[Any]"


class Subscription:
    """A listener's place; `cancel` gives it up."""

    __slots__ = ("_cancelled", "_events", "_listener", "types")

    def __init__(self, events: Events, types: tuple[type, ...], listener: Listener) -> None:
        self._events = events
        self._listener = listener
        self._cancelled = False
        self.types = types

    def cancel(self) -> None:
        """Hear no more. Cancelling twice is fine, and so is another thread."""
        self._cancelled = True
        self._events._remove(self)

    def _deliver(self, event: ActorEvent) -> None:
        if self._cancelled:
            return  # by a listener that heard the same event first
        if not isinstance(self._listener, ActorRef):
            self._listener(event)
        elif self._listener.is_alive:
            self._listener.tell(event)
        else:
            self.cancel()


class Events:
    """The event stream of one system."""

    __slots__ = ("_by_type", "_subscriptions", "_system")

    def __init__(self, system: ActorSystem) -> None:
        self._system = system
        self._subscriptions: dict[Subscription, None] = {}
        # Filled as event classes come by; replaced, not cleared, when the subscriptions change, as
        # that may happen on another thread while the event loop's is filling it.
        self._by_type: dict[type, tuple[Subscription, ...]] = {}

    def subscribe(
        self, types: type | tuple[type, ...], listener: Callable[[Any], object] | ActorRef[Any]
    ) -> Subscription:
        """Call `listener(event)`, or tell it when it is an actor, for each event of these classes.

        A callback runs on the event loop and must not block. One that raises is reported through
        the loop's exception handler, and keeps its subscription.
        """
        wanted = types if isinstance(types, tuple) else (types,)
        subscription = Subscription(self, wanted, listener)
        self._subscriptions[subscription] = None
        self._by_type = {}
        return subscription

    def stream(self, *types: type, capacity: int = 1024) -> EventStream:
        """An async iterator over events of these classes (all when none is given), from now on.

        It keeps the last `capacity` unread events and counts what it had to drop in `.dropped`. It
        ends with the system; leaving an `async with` block around it ends it sooner, and so does
        dropping it.
        """
        return EventStream(self, types or (ActorEvent,), capacity)

    @property
    def heard(self) -> bool:
        """Whether anybody listens at all."""
        return bool(self._subscriptions)

    def publish(self, event: ActorEvent) -> None:
        """Tell everybody who subscribed."""
        if not self._subscriptions:
            return
        if not self._system._dispatcher.on_loop:
            self._system._on_loop(self.publish, event)
            return
        kind = type(event)
        by_type = self._by_type
        listeners = by_type.get(kind)
        if listeners is None:
            all_ = tuple(self._subscriptions)
            listeners = by_type[kind] = tuple(s for s in all_ if issubclass(kind, s.types))
        for subscription in listeners:
            try:
                subscription._deliver(event)
            except Exception as error:  # noqa: BLE001  # a listener must not stop the kernel
                self._system.loop.call_exception_handler(
                    {"message": f"listener for {kind.__name__} failed", "exception": error}
                )

    def _remove(self, subscription: Subscription) -> None:
        if self._subscriptions.pop(subscription, self) is None:
            self._by_type = {}

    def _close(self) -> None:
        for subscription in tuple(self._subscriptions):
            if isinstance(subscription._listener, _Tap):
                subscription._listener.close()
        self._subscriptions.clear()
        self._by_type = {}


class _Tap:
    """Feeds a stream for as long as somebody holds it: a loop that was left by `break` closes
    nothing.
    """

    def __init__(self, stream: EventStream) -> None:
        self._stream = weakref.ref(stream)

    def __call__(self, event: ActorEvent) -> None:
        stream = self._stream()
        if stream is not None:
            stream._push(event)

    def close(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream.close()


class EventStream:
    """See `Events.stream`."""

    def __init__(self, events: Events, types: tuple[type, ...], capacity: int) -> None:
        self._unread: deque[ActorEvent] = deque(maxlen=capacity)
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self.dropped = 0
        self._subscription = events.subscribe(types, _Tap(self))
        weakref.finalize(self, self._subscription.cancel).atexit = False

    def _push(self, event: ActorEvent) -> None:
        if len(self._unread) == self._unread.maxlen:
            self.dropped += 1
        self._unread.append(event)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """End the stream; what is unread may still be read."""
        self._closed = True
        self._subscription.cancel()
        self._wake()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._unread.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self.close()
