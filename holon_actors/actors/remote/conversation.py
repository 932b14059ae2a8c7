"""What two nodes say to each other in one session.

A conversation begins and ends with its session and takes all its tables along: codec, numbers of
addresses, pending asks, watches. What is said goes out by the `outbox`, what is heard is taken in
by `inbound`.

The end is told to whoever has a stake in it: asks end with `NodeUnreachable`, watchers get
`Terminated(reason="node-lost")`, and messages of unknown fate become dead letters.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from holon_transports import Channel, CodecError
from holon_transports.codec import Decoder

from holon_actors.actors._answers import reject
from holon_actors.actors.address import Address
from holon_actors.actors.errors import MailboxFull, NodeUnreachable
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote.answers import Answer
from holon_actors.actors.remote.failures import describe
from holon_actors.actors.remote.names import NamesIn
from holon_actors.actors.remote.outbox import Outbox
from holon_actors.actors.remote.session import Phase, Session
from holon_actors.actors.remote.watches import Watches

if TYPE_CHECKING:
    from holon_actors.actors.remote.link import Link
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.remote.packets import Greeting
    from holon_actors.actors.remote.remote_ref import RemoteRef

__all__ = ["Conversation"]


class Conversation:
    """One session of a link."""

    __slots__ = (
        "_last_ask",
        "_risers",
        "answers",
        "asks",
        "blocked",
        "channel",
        "channel_heard_at",
        "clock",
        "decoder",
        "dialling",
        "link",
        "node",
        "outbox",
        "over",
        "reason",
        "session",
        "sources",
        "system",
        "targets",
        "tell",
        "was_up",
        "watches",
    )

    def __init__(self, node: Node, link: Link, session: Session) -> None:
        self.node = node
        self.system = node.system
        self.clock = node.system._dispatcher.clock
        self.link = link
        self.session = session
        self.channel: Channel | None = None
        self.channel_heard_at = 0.0
        self.blocked = False  # the channel has no room
        self.dialling = False  # this end has said hello
        self.was_up = False
        self.over = False
        self.reason = ""
        self.outbox = Outbox(node, session, self.wake, self._hurry)
        self.tell = self.outbox.tell
        self.decoder = Decoder(node.limits, resolve=node.addresses.resolve)
        # What the peer's numbers stand for: whom it sends to, all of them here, and who sends.
        self.targets: NamesIn[ActorRef[Any]] = NamesIn(node.settings.names_max)
        self.sources: NamesIn[ActorRef[Any]] = NamesIn(node.settings.names_max)
        self.watches = Watches(self)
        # What waits for the peer's answer, and on whose behalf; and what the peer waits for.
        self.asks: dict[int, tuple[asyncio.Future[Any], RemoteRef]] = {}
        self._last_ask = 0
        self.answers: dict[int, Answer] = {}
        self._risers: list[asyncio.Future[None]] = []  # who waits for the session to be up

    def wake(self) -> None:
        """Send what there is at the end of this turn of the loop."""
        self.outbox.awake = True
        self.node.flush_soon(self)

    def _hurry(self) -> None:
        """A packet is full. What becomes of the session is seen at the end of the turn."""
        if self.channel is not None and not self.blocked and self.session.phase is Phase.UP:
            self.pump(self.clock())

    # --- asks ---

    def ask(
        self,
        ref: RemoteRef,
        message: Any,
        sender: ActorRef[Any] | None,
        answer: asyncio.Future[Any],
        limit_s: float | None,
    ) -> int:
        """Send an ask; `answer` gets its end. Returns its number. Raises `CodecError` and
        `MailboxFull`.
        """
        outbox = self.outbox
        if outbox.room <= 0:
            outbox.check_room(ref)
        target = outbox.target(ref)
        source = 0 if sender is None else outbox.source(sender)
        number = self._last_ask = self._last_ask + 1
        self.asks[number] = (answer, ref)  # before it is sent, which may find the session over
        try:
            self._say_soon((envelopes.ASK, target, source, number, limit_s), message)
        except CodecError:
            del self.asks[number]
            raise
        return number

    def send(
        self,
        ref: RemoteRef,
        message: Any,
        sender: ActorRef[Any] | None,
        accepted: asyncio.Future[Any],
    ) -> int:
        """Send a message whose acceptance by the mailbox is answered. As `ask`."""
        outbox = self.outbox
        outbox.check_room(ref)
        target = outbox.target(ref)
        source = 0 if sender is None else outbox.source(sender)
        number = self._last_ask = self._last_ask + 1
        outbox.add((envelopes.SEND, target, source, number), message)
        self.asks[number] = (accepted, ref)
        return number

    def spawn(self, ref: RemoteRef, order: list[Any], answer: asyncio.Future[Any]) -> int:
        """Ask the peer's system itself to spawn an actor. As `ask`."""
        self.outbox.check_room(ref)
        number = self._last_ask = self._last_ask + 1
        self.outbox.add((envelopes.SPAWN, number), order)
        self.asks[number] = (answer, ref)
        return number

    def order(self, kind: int, ref: RemoteRef) -> None:
        """Send an envelope without a message: STOP or KILL. It is never refused."""
        self.outbox.add((kind, self.outbox.target(ref)))

    def _say_soon(self, header: tuple[Any, ...], message: Any) -> None:
        """Somebody waits for the answer: when nothing is under way, it does not wait for the end of
        the turn. What follows does wait, and goes in one packet (Nagle's rule).
        """
        outbox, session = self.outbox, self.session
        if outbox.awake or session.phase is not Phase.UP or session.flying or self.blocked:
            outbox.add(header, message)
            return
        outbox.awake = True
        try:
            outbox.add(header, message)
        finally:
            outbox.awake = False
        self.node.pump(self)

    # --- answers ---

    def answer(self, ask: int, value: Any) -> None:
        """The peer's ask has its answer."""
        if self.over:
            return
        if self.outbox.overfull:
            most = self.node.settings.buffer_messages
            self.fail(ask, MailboxFull(Address(self.system.name, "/"), most, "link"))
            return
        try:
            self.outbox.add((envelopes.ANSWER, ask), value)
        except CodecError as error:
            self.fail(ask, error)

    def fail(self, ask: int, error: BaseException) -> None:
        """The peer's ask has ended with an error."""
        if not self.over:
            self.outbox.add((envelopes.FAILURE, ask), describe(error))

    def served(self, answer: Answer) -> None:
        """Nobody waits for this answer any more."""
        self.answers.pop(answer.ask, None)

    def sweep(self) -> None:
        """Forget the peer's asks whose time is over."""
        for answer in list(self.answers.values()):
            answer.done()

    def terminated(self, watch: int, reason: str) -> None:
        """An actor that the peer watches has ended."""
        if self.watches.theirs.pop(watch, None) is not None and not self.over:
            self.outbox.add((envelopes.TERMINATED, watch, reason))

    # --- the channel ---

    def pump(self, now: float) -> None:
        """Send what may be sent."""
        channel, session = self.channel, self.session
        if self.outbox.filled:
            self.outbox.cut()
        if channel is None:
            return
        while not self.blocked:
            parcel = session.next_parcel()
            if parcel is None:
                break
            if not channel.send(session.frames(parcel)):
                self.blocked = True
                break
            session.sent(parcel, now)
        for packet in session.control(now):
            channel.send((packet,))

    def heard(self, channel: Channel, now: float) -> None:
        """A packet of this session has come by a `channel` that is not the one in use. Answers go
        the way that works: where the peer is heard. When each end prefers another one, the one with
        the smaller nonce gives way.
        """
        session = self.session
        beats = 0.5 if session.mine < session.theirs else 1.0
        if now - self.channel_heard_at >= beats * self.node.settings.heartbeat_s:
            self.channel, self.channel_heard_at = channel, now
            self.blocked = False

    def risen(self, channel: Channel, now: float) -> None:
        """The session is up; `channel` is where the peer is heard."""
        self.was_up = True
        self.channel, self.channel_heard_at = channel, now
        self.blocked = False
        self._wake_risers()

    def _wake_risers(self) -> None:
        risers, self._risers = self._risers, []
        for turn in risers:
            if not turn.done():
                turn.set_result(None)

    async def wait_up(self, address: Address) -> Greeting:
        """Wait for the peer's greeting. Raises `NodeUnreachable`."""
        while self.session.phase is Phase.OPENING and not self.over:
            turn: asyncio.Future[None] = self.system.loop.create_future()
            self._risers.append(turn)
            await turn
        peer = self.session.peer
        if self.over or peer is None:
            raise NodeUnreachable(address, self.reason)
        return peer

    # --- inspection ---

    @property
    def idle(self) -> bool:
        """Whether the peer has acknowledged everything."""
        return self.session.idle and not self.outbox.filled

    def status(self) -> tuple[int, str]:
        """Messages that are not acknowledged, and how the link is: for error messages."""
        session = self.session
        if self.over:
            return 0, f"link lost: {self.reason}"
        if session.phase is Phase.OPENING:
            return session.held[0], "link not up yet"
        return session.held[0], f"link up, heard {session.silent_s(self.clock()):.3g} s ago"

    # --- the end ---

    def end(self, reason: str, letter_reason: str) -> int:
        """The session is over: tell everybody. Returns how many messages are of unknown fate."""
        self.over = True
        self.reason = reason
        lost = self.outbox.close()
        asks, self.asks = self.asks, {}
        for future, ref in asks.values():
            reject(future, NodeUnreachable(ref.address, reason))
        self._wake_risers()
        for answer in list(self.answers.values()):
            answer.drop()
        self.watches.close()
        self.targets.meanings.clear()
        self.sources.meanings.clear()
        for parcel in lost:
            for messages, sender, ref in parcel.contents:
                for message in messages:
                    self.system.dead_letter(message, sender, ref, letter_reason)
        return sum(parcel.messages for parcel in lost)
