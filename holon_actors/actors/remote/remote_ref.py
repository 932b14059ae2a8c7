"""References to actors of other nodes."""

from __future__ import annotations

import asyncio
import math
from threading import get_ident
from typing import TYPE_CHECKING, Any

from holon_actors.actors.address import Address
from holon_actors.actors.errors import NodeUnreachable
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote._reply import Reply
from holon_actors.actors.remote.told import CLOSED
from holon_actors.actors.signals import Terminated

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.remote.conversation import Conversation
    from holon_actors.actors.remote.node import Node

__all__ = ["RemoteRef"]


class RemoteRef(ActorRef[Any]):
    """A handle on an actor of another node. It stays valid when the link is lost: what is sent next
    opens a new one.

    `is_alive` is what is known here: true until somebody here who watched it was told of its end.
    """

    __slots__ = ("_address", "_conversation", "_node", "_thread", "ended", "run", "system", "wire")

    def __init__(self, node: Node, address: Address) -> None:
        self.system = node.system
        self._node = node
        self._address = address
        self._conversation: Conversation | None = None
        self._thread = node.system._dispatcher._thread
        self.run = CLOSED  # what its last message went into, if more can join it
        self.ended = False
        # The address as its own node knows it.
        self.wire = address.path if address.uid is None else f"{address.path}#{address.uid}"

    @property
    def address(self) -> Address:
        return self._address

    def _reach(self) -> Conversation:
        """The conversation with the actor's node. Raises `NodeUnreachable`."""
        conversation = self._conversation
        if conversation is None or conversation.over:
            conversation = self._conversation = self._node.reach(self._address)
        return conversation

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        run = self.run
        if (
            type(message) is run.cls
            and sender is run.sender
            and get_ident() == self._thread
            and run.put(run, message)
        ):
            return
        system = self.system
        if not system._dispatcher.on_loop:
            system._on_loop(self.tell, message, sender)
            return
        conversation = self._conversation
        if conversation is None or conversation.over:
            try:
                conversation = self._reach()
            except NodeUnreachable:
                system.dead_letter(message, sender, self, "unreachable")
                return
        conversation.tell(self, message, sender)

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        system = self.system
        loop = system._loop
        if asyncio.get_running_loop() is not loop:
            asking = self.ask(message, timeout, sender=sender)
            crossing = asyncio.run_coroutine_threadsafe(asking, self._open_loop())
            return await asyncio.wrap_future(crossing)
        conversation = self._reach()
        answer: asyncio.Future[Any] = Reply(loop=loop)
        limit = system.ask_timeout if timeout is None else timeout
        endless = limit == math.inf
        # What has no time left is sent all the same, as to an actor here.
        left = None if endless else max(0.0, limit)
        number = conversation.ask(self, message, sender, answer, left)
        return await self._answered(conversation, number, answer, limit, message)

    async def ask_system(self, order: list[Any], limit_s: float) -> Any:
        """Have the system itself, at this endpoint, spawn an actor. As `ask`."""
        conversation = self._reach()
        answer: asyncio.Future[Any] = asyncio.Future(loop=self.system.loop)
        number = conversation.spawn(self, order, answer)
        return await self._answered(conversation, number, answer, limit_s, order)

    async def _answered(
        self,
        conversation: Conversation,
        number: int,
        answer: asyncio.Future[Any],
        limit_s: float,
        message: Any,
    ) -> Any:
        bucket = None if limit_s == math.inf else self.system._asks.bucket(limit_s)
        if bucket is not None:
            bucket.add(answer, self, message)
        try:
            return await answer
        finally:
            conversation.asks.pop(number, None)
            if bucket is not None:
                bucket.discard(answer)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        system = self.system
        if asyncio.get_running_loop() is not system.loop:
            sending = self.send(message, sender)
            crossing = asyncio.run_coroutine_threadsafe(sending, self._open_loop())
            await asyncio.wrap_future(crossing)
            return
        conversation = self._reach()
        await conversation.outbox.wait_room()
        if conversation.over:
            raise NodeUnreachable(self._address, conversation.reason)
        accepted: asyncio.Future[Any] = asyncio.Future(loop=system.loop)
        number = conversation.send(self, message, sender, accepted)
        try:
            await accepted
        finally:
            conversation.asks.pop(number, None)

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        if self.system.loop.is_closed():
            raise NodeUnreachable(self._address, "the system here has been shut down")
        return self.system.loop

    def stop(self) -> None:
        self.system._on_loop(self._order, envelopes.STOP)

    def kill(self) -> None:
        self.system._on_loop(self._order, envelopes.KILL)

    def _order(self, kind: int) -> None:
        try:
            self._reach().order(kind, self)
        except NodeUnreachable:
            return  # like stopping an actor that has ended: a watcher hears of it, nobody else

    @property
    def is_alive(self) -> bool:
        return not self.ended

    def _add_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching[self] = None
        try:
            self._reach().watches.add(self, watcher)
        except NodeUnreachable:
            watcher._signal(Terminated(self, "node-lost"), self)

    def _remove_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching.pop(self, None)
        # It may have been watched by another reference with this address.
        conversation = self._conversation
        if conversation is None or conversation.over:
            endpoint = self._address.endpoint
            conversation = None if endpoint is None else self._node.known(endpoint)
        if conversation is not None:
            conversation.watches.remove(self, watcher)

    def _status(self) -> tuple[int, str]:
        """What an `AskTimeout` says of it: messages under way, and how the link is."""
        conversation = self._conversation
        if conversation is None:
            return 0, "no link"
        return conversation.status()
