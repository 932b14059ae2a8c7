"""What is told to a peer and not yet acknowledged: packing, packets, and how much room is left.

What is told is a copy from then on: taken apart into a run, which later messages of the class join,
or packed at once. What one turn of the event loop tells goes in one packet, in order, unless it
grows too large for that.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from holon_transports import CodecError
from holon_transports.codec import Encoder

from holon_actors.actors._cell import Cell
from holon_actors.actors.errors import MailboxFull
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote._outgoing import Parcel
from holon_actors.actors.remote.names import NamesOut
from holon_actors.actors.remote.told import CLOSED, Told

if TYPE_CHECKING:
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.remote.remote_ref import RemoteRef
    from holon_actors.actors.remote.session import Session

__all__ = ["Outbox"]

_TELL, _RUN = envelopes.TELL, envelopes.RUN
# Messages, who has told them, and whom.
Letters: TypeAlias = tuple[list[Any], ActorRef[Any] | None, "RemoteRef"]
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
        "_count",
        "_counted",
        "_encoder",
        "_hurry",
        "_last_cls",
        "_last_ref",
        "_last_sender",
        "_letters",
        "_names",
        "_node",
        "_numbers",
        "_pack",
        "_packet_bytes",
        "_parts",
        "_run",
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
        # The packet that is being filled; `_letters` says for dead letters what is in it: messages,
        # their sender, and whom they are for.
        self._buffers = self._encoder.buffers
        self._parts: list[bytes] = []
        self._letters: list[Letters] = []
        self._bytes = 0
        self._count = 0  # envelopes
        # What comes next in the packet, if it is not CLOSED: nothing may overtake it.
        self._run = CLOSED
        # The packet's last message that went by itself: whom it was told, what it was, by whom.
        self._last_ref: RemoteRef | None = None
        self._last_cls: type | None = None
        self._last_sender: ActorRef[Any] | None = None
        self._counted = 0  # buffers whose bytes are counted
        self.overfull = False  # answers, which are never refused, take too much as well
        self.room = node.settings.buffer_messages  # how many more may be unacknowledged
        self._waiters: deque[asyncio.Future[None]] = deque()

    # --- envelopes ---

    def tell(self, ref: RemoteRef, message: Any, sender: ActorRef[Any] | None) -> None:
        """See `ActorRef.tell`. What belongs to the run that there is has been put there already.

        A hot path, for what comes alone or fits into no run: the calls of `add` are written out.
        """
        if self._run is not CLOSED:
            self.settle()
        if self.room <= 0:
            self._system.dead_letter(message, sender, ref, "link-full")
            return
        cls = type(message)
        try:
            if (
                ref is not self._last_ref
                or cls is not self._last_cls
                or sender is not self._last_sender
                or not self._begin(ref, message, sender)
            ):
                self._last_ref, self._last_cls, self._last_sender = ref, cls, sender
                target = self._numbers.get(ref.wire) or self._name(ref.wire, ref.wire)
                source = 0 if sender is None else self.source(sender)
                part = self._pack((_TELL, target, source), message)
                self._parts.append(part)
                self._letters.append(([message], sender, ref))
                self._bytes += len(part)
                self._count += 1
                self.room -= 1
        except CodecError as error:
            self._unsent(ref, sender, [(message, error)])
            return
        if self._bytes >= self._packet_bytes or self._buffers:
            self._after_large()
        if not self.awake:
            self._wake()

    def _begin(self, ref: RemoteRef, message: Any, sender: ActorRef[Any] | None) -> bool:
        """Begin a run with a message that is like the one before (what is told once is not worth a
        run), if it fits into one.
        """
        kind = self._encoder.run_kind(type(message))
        fields = None if kind is None else kind.take(message)
        if kind is None or fields is None:
            return False
        run = Told(kind, self.room, type(message), ref, sender)
        run.fields, run.messages = fields or [None], [message]
        run.target = self.target(ref)
        run.source = 0 if sender is None else self.source(sender)
        self.settle()  # to read the fields may have run anything, which has told something
        self._run = ref.run = run
        return True

    def settle(self) -> None:
        """Close the run that is under way, if there is one, and put it in the packet."""
        run = self._run
        if run is CLOSED:
            return
        self._run = run.ref.run = CLOSED
        run.most = 0  # who is about to put a message into it has found it open
        try:
            self._append_run(run, run.fields, run.messages)
        except CodecError:
            self._append_each(run)
        if self._bytes >= self._packet_bytes:
            self._after_large()

    def _append_run(self, run: Told, fields: list[Any], messages: list[Any]) -> None:
        assert run.cls is not None
        header = (_RUN, run.target, run.source)
        self._append(self._encoder.pack_run(header, run.cls, fields), len(messages))
        self._letters.append((messages, run.sender, run.ref))

    def _append_each(self, run: Told) -> None:
        """A run that cannot be packed goes message by message, without those that are why."""
        width = len(run.fields) // len(run.messages)
        unsent = []
        for index, message in enumerate(run.messages):
            try:
                fields = run.fields[index * width : (index + 1) * width]
                self._append_run(run, fields, [message])
            except CodecError as error:
                unsent.append((message, error))
        # Not now: who hears of it may tell something in turn, and that belongs behind what is about
        # to be put in the packet.
        later = self._system.loop.call_soon
        later(self._unsent, run.ref, run.sender, unsent, context=self._system._context)

    def _unsent(
        self,
        ref: RemoteRef,
        sender: ActorRef[Any] | None,
        messages: list[tuple[Any, CodecError]],
    ) -> None:
        for message, error in messages:
            self._node.log.unsent(ref, message, error)
            self._system.dead_letter(message, sender, ref, "codec")

    def add(self, header: tuple[Any, ...], value: Any = None) -> None:
        """Put an envelope in the packet; never refused for want of room. Raises `CodecError`."""
        if self._run is not CLOSED:
            self.settle()
        self._append(self._pack(header, value))
        if self._bytes >= self._packet_bytes or self._buffers:
            self._after_large()
        if not self.awake:
            self._wake()

    def _append(self, part: bytes, messages: int = 1) -> None:
        self._parts.append(part)
        self._bytes += len(part)
        self._count += messages
        self.room -= messages

    def check_room(self, ref: RemoteRef) -> None:
        """Raise `MailboxFull` when there is no room for what may be refused."""
        self.settle()
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
        self.settle()
        if not self._parts:
            return
        buffers = self._encoder.take()
        self._buffers = self._encoder.buffers
        parcel = Parcel(self._parts, buffers, self._bytes, self._count, self._letters)
        self._parts, self._letters = [], []
        self._bytes = self._count = self._counted = 0
        self._last_ref = self._last_cls = self._last_sender = None
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
        return bool(self._parts) or self._run is not CLOSED

    # --- room ---

    def refresh_room(self) -> None:
        """The peer may have acknowledged something."""
        messages, size = self._session.held
        settings = self._settings
        full = size >= settings.buffer_bytes
        self.overfull = size >= _ANSWERS * settings.buffer_bytes
        self.room = 0 if full else settings.buffer_messages - messages - self._count
        if self._waiters and self.room > 0:
            self._admit(self.room)

    async def wait_room(self) -> None:
        """Wait until there is room, or the session is over. Who came first goes first."""
        self.settle()
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
