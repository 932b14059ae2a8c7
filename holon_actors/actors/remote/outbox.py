"""What is told to a peer and not yet acknowledged: packing, packets, and how much room is left.

Messages are packed when they are told. What one turn of the event loop tells goes in one packet, in
order, unless it grows too large for that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_transports import CodecError
from holon_transports.codec import Encoder

from holon_actors.actors._cell import Cell
from holon_actors.actors.errors import MailboxFull
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote._outgoing import Parcel
from holon_actors.actors.remote.names import NamesOut

if TYPE_CHECKING:
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.remote.remote_ref import RemoteRef
    from holon_actors.actors.remote.session import Session

__all__ = ["Outbox"]

_TELL = envelopes.TELL
# How many times a full buffer there may be of what is not refused for want of room: until answers
# are replaced by errors, and until the session ends. Honest peers acknowledge what they receive.
_ANSWERS = 4
_MOST = 8


class Outbox:
    """The envelopes of one session, up to their packets. `wake` asks for a flush at the end of the
    turn; it sets `awake`. `hurry` sends a packet that is full, so that the peer works on it while
    this turn goes on.
    """

    __slots__ = (
        "_buffers",
        "_bytes",
        "_counted",
        "_encoder",
        "_hurry",
        "_letters",
        "_names",
        "_node",
        "_numbers",
        "_pack",
        "_packet_bytes",
        "_parts",
        "_session",
        "_settings",
        "_system",
        "_waiters",
        "_wake",
        "awake",
        "closed",
        "overfull",
        "room",
    )

    def __init__(
        self,
        node: Node,
        session: Session,
        wake: Callable[[], None],
        hurry: Callable[[], None],
    ) -> None:
        self._node = node
        self._system = node.system
        self._session = session
        self._settings = node.settings
        self._packet_bytes = node.settings.packet_bytes
        self._wake = wake
        self._hurry = hurry
        self.awake = False  # a flush is coming
        self.closed = False
        self._encoder = Encoder(node.limits, reference=(ActorRef, node.addresses.text_of))
        self._pack = self._encoder.pack
        self._names = NamesOut(node.settings.names_max)
        self._numbers = self._names.numbers
        # The packet that is being filled; `_letters` says for dead letters what is in it.
        self._buffers = self._encoder.buffers
        self._parts: list[bytes] = []
        self._letters: list[Any] = []
        self._bytes = 0
        self._counted = 0  # buffers whose bytes are counted
        self.overfull = False  # answers, which are never refused, take too much as well
        self.room = node.settings.buffer_messages  # how many more may be unacknowledged
        self._waiters: deque[asyncio.Future[None]] = deque()

    # --- envelopes ---

    def tell(self, ref: RemoteRef, message: Any, sender: ActorRef[Any] | None) -> None:
        """See `ActorRef.tell`. The hot path: the calls of `add` are written out."""
        if self.room <= 0:
            self._system.dead_letter(message, sender, ref, "link-full")
            return
        try:
            target = self._numbers.get(ref.wire) or self._name(ref.wire, ref.wire)
            source = 0 if sender is None else self.source(sender)
            part = self._pack((_TELL, target, source), message)
        except CodecError as error:
            self._node.log.unsent(ref, message, error)
            self._system.dead_letter(message, sender, ref, "codec")
            return
        self._letters.append((message, sender, ref))
        self._parts.append(part)
        self._bytes += len(part)
        self.room -= 1
        if self._bytes >= self._packet_bytes or self._buffers:
            self._after_large()
        if not self.awake:
            self._wake()

    def add(self, header: tuple[Any, ...], value: Any = None) -> None:
        """Put an envelope in the packet; never refused for want of room. Raises `CodecError`."""
        part = self._pack(header, value)
        self._parts.append(part)
        self._bytes += len(part)
        self.room -= 1
        if self._bytes >= self._packet_bytes or self._buffers:
            self._after_large()
        if not self.awake:
            self._wake()

    def check_room(self, ref: RemoteRef) -> None:
        """Raise `MailboxFull` when there is no room for what may be refused."""
        if self.room <= 0:
            raise MailboxFull(ref.address, self._settings.buffer_messages, "link")

    # --- numbers of addresses ---

    def target(self, ref: RemoteRef) -> int:
        """The number of a peer's actor."""
        return self._numbers.get(ref.wire) or self._name(ref.wire, ref.wire)

    def source(self, sender: ActorRef[Any]) -> int:
        """The number of any actor, as the peer may reach it."""
        text_of = self._node.addresses.text_of
        key: Any
        if isinstance(sender, Cell) and sender.system is self._system:
            # The table should not keep the actor itself.
            key = sender._uid
        else:
            key = text_of(sender)
        return self._numbers.get(key) or self._name(key, text_of(sender))

    def _name(self, key: Any, text: str) -> int:
        number = self._names.give(key)
        self.add((envelopes.NAME, number, text))
        return number

    # --- packets ---

    def _after_large(self) -> None:
        """The packet may be full, or has buffers that are not counted yet."""
        for buffer in self._buffers[self._counted :]:
            self._bytes += memoryview(buffer).nbytes
        self._counted = len(self._buffers)
        if self._bytes >= self._packet_bytes or self._counted >= self._settings.packet_buffers:
            self.cut()
            self._hurry()

    def cut(self) -> None:
        """Close the packet that is being filled, and hand it to the session."""
        if not self._parts:
            return
        buffers = self._encoder.take()
        self._buffers = self._encoder.buffers
        parcel = Parcel(self._parts, buffers, self._bytes, len(self._parts), self._letters)
        self._parts, self._letters, self._bytes, self._counted = [], [], 0, 0
        self._session.post(parcel)
        messages, size = self._session.held
        settings = self._settings
        if size >= settings.buffer_bytes:
            self.room = 0  # until some of it is acknowledged
            self.overfull = size >= _ANSWERS * settings.buffer_bytes
        if messages > _MOST * settings.buffer_messages or size > _MOST * settings.buffer_bytes:
            self._session.abort("the peer acknowledges too little of what it is sent")

    @property
    def filled(self) -> bool:
        """Whether there are envelopes that are in no packet yet."""
        return bool(self._parts)

    # --- room ---

    def refresh_room(self) -> None:
        """The peer may have acknowledged something."""
        messages, size = self._session.held
        settings = self._settings
        full = size >= settings.buffer_bytes
        self.overfull = size >= _ANSWERS * settings.buffer_bytes
        self.room = 0 if full else settings.buffer_messages - messages - len(self._parts)
        if self._waiters and self.room > 0:
            self._admit(self.room)

    async def wait_room(self) -> None:
        """Wait until there is room, or the session is over. Who came first goes first."""
        newcomer = True
        while not self.closed and (self.room <= 0 or (newcomer and self._waiters)):
            turn: asyncio.Future[None] = self._system.loop.create_future()
            if newcomer:
                self._waiters.append(turn)
            else:
                self._waiters.appendleft(turn)
            newcomer = False
            try:
                await turn
            except asyncio.CancelledError:
                self._admit(1)  # the room that may have been given to us goes to the next
                raise

    def _admit(self, most: int) -> None:
        waiters = self._waiters
        while waiters and most > 0:
            turn = waiters.popleft()
            if not turn.done():
                turn.set_result(None)
                most -= 1

    def close(self) -> list[Parcel]:
        """The session is over: what is not acknowledged."""
        self.cut()
        self.closed = True
        self.room = 0
        self._admit(len(self._waiters))
        return self._session.unacknowledged()
