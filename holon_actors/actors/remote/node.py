"""A system among others: transports, links and the one timer of them all.

The shell around sessions: it brings them the time, and sends what they want sent (`intake` brings
them packets). Lost links are not opened again by themselves, but by whoever wants to say something
next.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from holon_transports import Channel, TransportError
from holon_transports.codec import Limits

from holon_actors.actors.address import Address
from holon_actors.actors.errors import NodeUnreachable
from holon_actors.actors.events import LinkDown, LinkUp
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.addresses import Addresses
from holon_actors.actors.remote.carriers import Carriers
from holon_actors.actors.remote.conversation import Conversation
from holon_actors.actors.remote.endpoints import (
    CLIENT,
    endpoint_text,
    named_peer,
    reachable,
    scheme_of,
)
from holon_actors.actors.remote.inbound import Inbound
from holon_actors.actors.remote.intake import Intake
from holon_actors.actors.remote.link import Link
from holon_actors.actors.remote.link_log import LinkLog
from holon_actors.actors.remote.links import Links
from holon_actors.actors.remote.packets import Greeting
from holon_actors.actors.remote.peer import Peer
from holon_actors.actors.remote.session import Phase, Session
from holon_actors.actors.remote.settings import LinkSettings

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Node"]


class Node:
    """The remote side of one actor system."""

    def __init__(self, system: ActorSystem, settings: LinkSettings, incarnation: int) -> None:
        self.system = system
        self.settings = settings
        self.limits = Limits(buffers_max=900, buffer_max=256 * 1024 * 1024)
        self.incarnation = incarnation
        self.addresses = Addresses(self)
        self._clock = system._dispatcher.clock
        self.log = LinkLog(system.name, system._log)
        self._links = Links()
        self._by_nonce: dict[int, Conversation] = {}
        self._inbound: dict[int, Inbound] = {}
        self.intake = Intake(self)
        self._carriers = Carriers(system, self.intake)
        self._dirty: list[Conversation] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._flushed: asyncio.Future[None] | None = None
        self._sweep_at = 0.0  # when asks whose time is over are looked for
        self._closed = False

    # --- other systems ---

    def bind(self, url: str, advertise: str | None = None) -> str:
        """Listen at an endpoint; what addresses carry for it, or for the one that others are to
        use. Raises `TransportError` or `InvalidAddress`.
        """
        advertised = None if advertise is None else endpoint_text(advertise)
        bound = self._carriers.bind(url)
        self.addresses.bound = bound
        return advertised or reachable(bound)

    def ref(self, address: Address) -> ActorRef[Any]:
        """The reference for an address, near or far."""
        return self.addresses.ref(address)

    async def connect(self, url: str, limit_s: float) -> Peer:
        """See `ActorSystem.connect`."""
        address = Address(named_peer(url), "/", None, endpoint_text(url))
        conversation = self.reach(address)
        try:
            async with asyncio.timeout(limit_s):
                peer = await conversation.wait_up(address)
        except TimeoutError:
            raise NodeUnreachable(address, f"no answer within {limit_s:g} s") from None
        return Peer(peer.name, peer.endpoint, peer.incarnation)

    def known(self, endpoint: str) -> Conversation | None:
        """The conversation with the node at an endpoint, if there is one."""
        link = self._links.get(endpoint)
        return None if link is None else link.current

    def heard_at(self, endpoint: str) -> float:
        """When the node at an endpoint was last heard of, by this system's clock."""
        conversation = self.known(endpoint)
        if conversation is None or conversation.session.phase is not Phase.UP:
            return -math.inf
        now = self._clock()
        return now - conversation.session.silent_s(now)

    def hang_up(self, endpoint: str, reason: str) -> None:
        """End the session with the node at an endpoint, if there is one, as if it was lost."""
        conversation = self.known(endpoint)
        if conversation is not None:
            conversation.session.abort(reason)
            self.pump(conversation)

    # --- links ---

    def reach(self, address: Address) -> Conversation:
        """The conversation with an actor's node, begun if need be. Raises `NodeUnreachable`."""
        endpoint = address.endpoint
        assert endpoint is not None
        if self._closed:
            raise NodeUnreachable(address, "the system here is shutting down")
        link = self._links.get(endpoint)
        if link is not None:
            objection = link.objection(address.system)
            if objection is not None:
                raise NodeUnreachable(address, objection)
            if link.current is not None:
                self._dial(link, address.system, address)
                return link.current
        if scheme_of(endpoint) == CLIENT:
            raise NodeUnreachable(address, "it does not listen, and has no session with this node")
        if link is None:
            link = self._links.outgoing(endpoint)
        conversation = self.begin(link, address.system)
        link.current = conversation
        try:
            self._dial(link, address.system, address)
        except NodeUnreachable as error:
            self._over(conversation, f"cannot be dialled: {error.reason}")
            raise
        return conversation

    def begin(self, link: Link, expected: str) -> Conversation:
        """A conversation over a link, with whoever says it is the system `expected`."""
        rng, now = self.system.rng, self._clock()
        nonce = rng.getrandbits(64) or 1
        greeting = Greeting(
            name=self.system.name,
            endpoint=self.addresses.endpoint,
            incarnation=self.incarnation,
            heartbeat_ms=max(1, round(self.settings.heartbeat_s * 1000)),
            expected=expected,
            called=link.endpoint,
        )
        session = Session(nonce, greeting, self.settings, rng.random, now)
        conversation = Conversation(self, link, session)
        self._by_nonce[nonce] = conversation
        self._inbound[nonce] = Inbound(conversation)
        self.want(session.wake_at)
        return conversation

    def _dial(self, link: Link, name: str, address: Address) -> None:
        """See that the current conversation says hello, if it does not talk yet."""
        conversation = link.current
        assert conversation is not None
        if conversation.session.phase is not Phase.OPENING or conversation.dialling:
            return
        if scheme_of(link.endpoint) == CLIENT:
            return
        conversation.dialling = True
        if link.dialled is None:
            try:
                link.dialled = self._carriers.dial(link.endpoint, name)
            except TransportError as error:
                raise NodeUnreachable(address, str(error)) from error
            link.expected = name
        conversation.channel = link.dialled
        conversation.session.dial(self._clock())
        if not conversation.outbox.awake:
            conversation.wake()

    # --- what becomes of conversations ---

    def rise(self, conversation: Conversation, channel: Channel, now: float) -> None:
        """A session is up; `channel` is where the peer is heard."""
        link = conversation.link
        if link.candidate is conversation:
            link.candidate, old = None, link.current
            link.current = conversation
            if old is not None:
                old.session.abort("its node has begun anew")
                self.pump(old)
                link.current = conversation
        peer = conversation.session.peer
        assert peer is not None
        self._links.risen(link, peer.endpoint)
        up = LinkUp(f"{peer.name}@{link.endpoint}", peer.incarnation)
        self.log.up(up)
        self.system.events.publish(up)
        conversation.risen(channel, now)

    def _over(self, conversation: Conversation, reason: str) -> None:
        """A session is over: tell everybody, and forget it."""
        session = conversation.session
        was_up = conversation.was_up
        del self._by_nonce[session.mine]
        del self._inbound[session.mine]
        link = conversation.link
        if link.candidate is conversation:
            link.candidate = None
        if link.current is conversation:
            link.current = None
        letters = "node-lost" if was_up else "unreachable"
        unknown = conversation.end(reason, letters)
        if was_up or conversation.dialling:
            self._tell_down(conversation, reason, unknown)
        if link.empty:
            self._forget(link)

    def _tell_down(self, conversation: Conversation, reason: str, unknown: int) -> None:
        link, peer = conversation.link, conversation.session.peer
        name = peer.name if peer is not None else link.expected
        node = f"{name}@{link.endpoint}" if name else link.endpoint
        down = LinkDown(node, 0 if peer is None else peer.incarnation, reason, unknown)
        if self.log.down(down):
            self.system.events.publish(down)

    def _forget(self, link: Link) -> None:
        self._links.forget(link)
        if link.dialled is not None:
            link.dialled.close()
            link.dialled = None

    # --- sending, and time ---

    def flush_soon(self, conversation: Conversation) -> None:
        """Send what a conversation has at the end of this turn of the loop."""
        if not self._dirty:
            self.system.loop.call_soon(self._flush, context=self.system._context)
        self._dirty.append(conversation)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for conversation in dirty:
            conversation.outbox.awake = False
            if not conversation.over:
                self.pump(conversation)

    def pump(self, conversation: Conversation) -> None:
        """Send what may be sent, and see what has become of the session."""
        session = conversation.session
        conversation.pump(self._clock())
        if session.phase is Phase.OVER:
            if not conversation.over:
                self._over(conversation, session.reason)
        else:
            conversation.outbox.refresh_room()
            self.want(session.wake_at)
        if self._flushed is not None and not self._flushed.done() and self._idle:
            self._flushed.set_result(None)

    def want(self, at: float) -> None:
        """Look at the sessions at a time, at the latest."""
        if at >= self._timer_at or self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self.system.loop.call_at(at, self._tick, context=self.system._context)

    def _tick(self) -> None:
        self._timer, self._timer_at = None, math.inf
        now = self._clock()
        for conversation in self.conversations():
            session = conversation.session
            if session.wake_at <= now + 1e-6:
                session.tick(now)
                self.pump(conversation)
        if now >= self._sweep_at:
            self._sweep_at = now + self.settings.heartbeat_s
            for conversation in self._by_nonce.values():
                conversation.sweep()
        self.want(min((c.session.wake_at for c in self._by_nonce.values()), default=math.inf))

    # --- the end ---

    @property
    def _idle(self) -> bool:
        return all(c.idle for c in self._by_nonce.values())

    async def close(self, timeout_s: float) -> None:
        """Send what was told, say goodbye, and close the transports."""
        for conversation in self.conversations():
            self.pump(conversation)
        if not self._idle:
            self._flushed = self.system.loop.create_future()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._flushed
            except TimeoutError:
                self.log.unflushed(timeout_s)
        for conversation in self.conversations():
            conversation.session.leave("shutdown")
            self.pump(conversation)
        if self._timer is not None:
            self._timer.cancel()
        self.abandon()
        self._links.clear()

    def abandon(self) -> None:
        """Close the transports without a word."""
        self._closed = True
        self._carriers.close()

    def conversations(self) -> list[Conversation]:
        """Those that there are."""
        return list(self._by_nonce.values())
