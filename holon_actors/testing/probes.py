"""Probes: actors that a test holds in its hand.

    probe = sim.probe()
    service.tell(Subscribe(), probe.ref)
    update = await probe.expect(Update, within=1.0)

What comes to a probe waits until the test asks for it, in the order in which it came. Time limits
are seconds of the event loop's clock: virtual in a simulation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, overload

from holon_actors.actors.actor import Actor
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.reply import DeferredReply
from holon_actors.actors.system import ActorSystem
from holon_actors.testing._text.describe import describe
from holon_actors.testing.errors import ExpectationFailed

__all__ = ["Probe"]

M = TypeVar("M")


class _Received:
    """A message, who sent it, and the handle on its answer."""

    __slots__ = ("message", "reply", "sender")

    def __init__(self, message: Any, sender: ActorRef[Any] | None, reply: DeferredReply) -> None:
        self.message = message
        self.sender = sender
        self.reply = reply


class _ProbeActor(Actor):
    def __init__(self, take: Callable[[_Received], None]) -> None:
        self._take = take

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        self._take(_Received(message, sender, self.defer_reply()))


class Probe:
    """An actor of `system`, at the disposal of a test."""

    def __init__(self, system: ActorSystem, name: str | None = None) -> None:
        self._unread: deque[_Received] = deque()
        self._latest: _Received | None = None
        self._came = asyncio.Event()
        self.messages: list[Any] = []
        self.ref: ActorRef[Any] = system.spawn(_ProbeActor, self._take, name=name)

    def _take(self, received: _Received) -> None:
        self.messages.append(received.message)
        self._unread.append(received)
        self._came.set()

    @overload
    async def expect(self, wanted: type[M], within: float = 1.0) -> M: ...
    @overload
    async def expect(self, wanted: Any = ..., within: float = 1.0) -> Any: ...
    async def expect(self, wanted: Any = object, within: float = 1.0) -> Any:
        """The next message that was not read yet, if it is `wanted`: of this class, or such that
        this function says true of it, or equal to this value.

        Raises `ExpectationFailed` when another one comes, or none for `within` seconds.
        """
        received = await self._next(within)
        if received is None:
            raise ExpectationFailed(_named(wanted), None, within)
        self._latest = received
        if not _fits(received.message, wanted):
            raise ExpectationFailed(_named(wanted), describe(received.message), within)
        return received.message

    async def expect_none(self, within: float = 1.0) -> None:
        """Nothing unread, and nothing that comes for `within` seconds; else `ExpectationFailed`."""
        received = await self._next(within)
        if received is not None:
            raise ExpectationFailed(None, describe(received.message), within)

    async def _next(self, within: float) -> _Received | None:
        try:
            async with asyncio.timeout(within):
                while not self._unread:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            if not self._unread:
                return None
        return self._unread.popleft()

    def tell(self, ref: ActorRef[Any], message: Any) -> None:
        """Tell an actor something, with the probe as sender."""
        ref.tell(message, self.ref)

    def reply(self, value: Any) -> None:
        """Answer the message that was expected last: its ask, or else its sender.

        Raises `AlreadyReplied` the second time, and `ExpectationFailed` before the first `expect`.
        """
        if self._latest is None:
            raise ExpectationFailed("a message to reply to", None, 0.0)
        self._latest.reply.send(value)

    @property
    def sender(self) -> ActorRef[Any] | None:
        """Who sent the message that was expected last."""
        return None if self._latest is None else self._latest.sender

    def watch(self, ref: ActorRef[Any]) -> None:
        """Have the probe get `Terminated` when an actor ends."""
        actor: Actor = self.ref._actor  # type: ignore[attr-defined]
        actor.watch(ref)


def _fits(message: Any, wanted: Any) -> bool:
    if isinstance(wanted, type):
        return isinstance(message, wanted)
    if callable(wanted) and not isinstance(wanted, ActorRef):
        return bool(wanted(message))
    return bool(message == wanted)


def _named(wanted: Any) -> str:
    if wanted is object:
        return "a message"
    if isinstance(wanted, type):
        return wanted.__name__
    return getattr(wanted, "__qualname__", None) or describe(wanted)
