"""One session between two nodes: from the first word to the last.

Packets may be lost, repeated and reordered on their way; what is delivered is every DATA packet
once and in order, or the session is over for both ends. It never goes on with a gap.

    OPENING --(a packet that knows both nonces)--> UP --> OVER
       +-----------------------------------------------> OVER

Rules:
- Each end picks a nonce for itself. A packet counts only when it carries the nonces of both ends,
  so what an old session has left in the network cannot touch a new one. HELLO, which cannot know
  the receiver's nonce, makes nobody believe anything: only an answer to one's own nonce does. Both
  ends may begin at the same time; they end up with the same pair.
- Any packet is a sign of life. A peer from which none came for `silence_beats` heartbeats is lost.
  So is one that begins anew or says that it knows nothing of the session (GONE).
- OVER is final. A new session has new nonces and begins at number 1.

Pure: it is told what came and when, and asked what to send. The clock and the dice are arguments.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable

from holon_transports.transport import Buffer

from holon_actors.actors.remote import packets
from holon_actors.actors.remote._incoming import Incoming
from holon_actors.actors.remote._outgoing import Outgoing, Parcel
from holon_actors.actors.remote.errors import RemoteProtocolError
from holon_actors.actors.remote.packets import Greeting, Packet
from holon_actors.actors.remote.settings import LinkSettings

__all__ = ["Phase", "Session"]


class Phase(enum.Enum):
    """How far a session has come."""

    OPENING = "opening"
    UP = "up"
    OVER = "over"


# The first repetition of a HELLO, as a part of the heartbeat, and what each one multiplies it by.
_HELLO_PART = 0.05
_HELLO_GROWTH = 1.6
_PINGS_PER_BEAT = 4
# The quickest heartbeat that a peer may wish for.
_BEAT_MIN_S = 0.02
# First words that wait for their second: delayed ones of sessions past, and the one that counts.
_CALLERS_MAX = 8
# A tick that comes later than this part of a heartbeat was kept from running: our own process has
# slept, and may have the peer's packets unread.
_LATE_PART = 0.25
# How long an opening session is then given at least, as a part of the heartbeat.
_GRACE_PART = 0.5


class Session:
    """See the module. `mine` is this end's nonce, `chance` gives numbers from 0 to 1."""

    __slots__ = (
        "_callers",
        "_chance",
        "_control",
        "_heard_at",
        "_hello_at",
        "_hello_s",
        "_incoming",
        "_opened_at",
        "_outgoing",
        "_own",
        "_ping_s",
        "_settings",
        "_silence_s",
        "_spoke_at",
        "mine",
        "orderly",
        "peer",
        "phase",
        "post",
        "reason",
        "theirs",
        "wake_at",
    )

    def __init__(
        self,
        mine: int,
        greeting: Greeting,
        settings: LinkSettings,
        chance: Callable[[], float],
        now: float,
    ) -> None:
        self.mine = mine
        self.theirs = 0
        self.phase = Phase.OPENING
        self.peer: Greeting | None = None
        self.reason = ""  # why it is over
        self.orderly = False  # it ended by a goodbye
        self.wake_at = now + settings.opening_s  # when `tick` is wanted, at the latest
        self._own = greeting
        self._callers: dict[int, Greeting] = {}  # who has said HELLO, by nonce; oldest first
        self._settings = settings
        self._chance = chance
        self._outgoing = Outgoing(settings)
        # Accepts a packet for sending, also before the session is up.
        self.post: Callable[[Parcel], None] = self._outgoing.add
        self._incoming = Incoming(settings)
        self._control: list[bytes] = []
        self._opened_at = now
        self._heard_at = now
        self._spoke_at = now
        self._hello_at = math.inf  # when the next HELLO is due
        self._hello_s = settings.heartbeat_s * _HELLO_PART
        self._ping_s = settings.heartbeat_s / _PINGS_PER_BEAT
        self._silence_s = settings.heartbeat_s * settings.silence_beats

    # --- what this end does ---

    def dial(self, now: float) -> None:
        """Say the first word, and repeat it until there is an answer."""
        if self.phase is Phase.OPENING and self._hello_at == math.inf:
            self._say_hello(now)

    def leave(self, reason: str) -> None:
        """End it in an orderly way."""
        if self.phase is not Phase.OVER:
            if self.theirs:
                self._control.append(packets.note(packets.BYE, self.theirs, self.mine, reason))
            self._end(reason, orderly=True)

    def abort(self, reason: str) -> None:
        """End it because it cannot go on; the peer is told by GONE."""
        if self.phase is not Phase.OVER:
            if self.theirs:
                self._control.append(packets.note(packets.GONE, self.theirs, self.mine, reason))
            self._end(reason)

    # --- what has come ---

    def greeted(self, source: int, peer: Greeting, now: float) -> None:
        """A HELLO has come, for this session as far as one can tell: answer it."""
        if self.phase is Phase.OVER or (self.phase is Phase.UP and source != self.theirs):
            return
        if self.phase is Phase.OPENING:
            self._callers[source] = peer
            if len(self._callers) > _CALLERS_MAX:
                del self._callers[next(iter(self._callers))]
        head = packets.head(packets.WELCOME, source, self.mine)
        self._control.append(head + self._own.pack())
        self._spoke_at = now

    def received(self, packet: Packet, now: float) -> list[Packet]:
        """A packet for this session has come. Returns the DATA packets that are next in order.

        Raises `RemoteProtocolError` for what no peer may say.
        """
        kind = packet.kind
        if kind == packets.DATA and packet.source == self.theirs and self.phase is Phase.UP:
            if packet.to != self.mine:
                return []
            self._heard_at = now
            return self._data(packet, now)
        if self.phase is Phase.OVER or packet.to != self.mine:
            return []
        if kind == packets.REFUSE:
            if self.phase is Phase.OPENING:
                self._end(f"refused: {packet.text}")
            return []
        if self.phase is Phase.OPENING and not self._accept(packet, now):
            return []
        if packet.source != self.theirs:
            # Two sessions of the same two nodes have crossed, and the peer holds the other end of
            # one that this end has not got.
            if kind != packets.GONE:
                self._control.append(packets.note(packets.GONE, packet.source, self.mine))
            return []
        if kind == packets.BYE:
            self._end(packet.text or "the peer has left", orderly=True)
            return []
        if kind == packets.GONE:
            self._end(packet.text or "the peer has no session with us any more")
            return []
        self._heard_at = now
        return self._carried(packet, now)

    def _accept(self, packet: Packet, now: float) -> bool:
        """Whether a packet to our nonce makes the session."""
        if packet.kind == packets.GONE:
            self._callers.pop(packet.source, None)  # it was of the past, or has given up
            return False
        if packet.kind == packets.WELCOME:
            peer: Greeting | None = Greeting.parse(packet.body)
        else:
            peer = self._callers.get(packet.source)
        if peer is None:
            return False  # the WELCOME was lost, or is on its way; the packet will be repeated
        self.theirs = packet.source
        self.peer = peer
        objection = peer.objection(self._own)
        if objection is not None:
            self._control.append(packets.note(packets.REFUSE, self.theirs, 0, objection))
            self._end(f"refused: {objection}")
            return False
        self._become_up(now)
        if packet.kind == packets.WELCOME:
            self._ack(now)  # so that the peer is up as well
        return True

    def _become_up(self, now: float) -> None:
        assert self.peer is not None
        self.phase = Phase.UP
        self._hello_at = math.inf
        self._callers.clear()
        self._heard_at = now
        beat_s = self._settings.heartbeat_s
        if self.peer.heartbeat_ms:
            beat_s = min(beat_s, max(self.peer.heartbeat_ms / 1000, _BEAT_MIN_S))
        self._ping_s = beat_s / _PINGS_PER_BEAT
        self.wake_at = min(self.wake_at, now + self._ping_s)

    def _carried(self, packet: Packet, now: float) -> list[Packet]:
        if packet.kind == packets.DATA:
            return self._data(packet, now)
        outgoing = self._outgoing
        if packet.ack > outgoing.following:
            raise _impossible(packet)
        if packet.kind == packets.WELCOME:
            # Ours has crossed the peer's, or the peer has not heard that we are up.
            self._ack(now)
        else:
            outgoing.acknowledged(packet.ack, packet.sack, now)
        return []

    def _data(self, packet: Packet, now: float) -> list[Packet]:
        outgoing, incoming = self._outgoing, self._incoming
        if packet.ack > outgoing.following:
            raise _impossible(packet)
        if outgoing.flying:
            outgoing.acknowledged(packet.ack, packet.sack, now)
        ready = incoming.take(packet, now)
        due = incoming.due
        if due is not None and due < self.wake_at:
            self.wake_at = due
        return ready

    # --- what to send ---

    def control(self, now: float) -> list[bytes]:
        """Packets without numbers that are to be sent; those that get lost are made again. An
        acknowledgement is among them when one is due and no DATA packet has carried it.
        """
        due = self._incoming.due
        if due is not None and due <= now and self.phase is Phase.UP:
            self._ack(now)
        if not self._control:
            return []
        control, self._control = self._control, []
        return control

    def next_parcel(self) -> Parcel | None:
        """The next DATA packet that may be sent; `frames` makes it ready, `sent` says it was."""
        outgoing = self._outgoing
        if not (outgoing.waiting or outgoing.again) or self.phase is not Phase.UP:
            return None
        return outgoing.next()

    def frames(self, parcel: Parcel) -> list[Buffer]:
        """A packet as the transport takes it."""
        if parcel.frames is None:
            incoming = self._incoming
            number = parcel.number or self._outgoing.number(parcel)
            ack, sack = incoming.expected, incoming.sack if incoming.early else 0
            head = packets.head(packets.DATA, self.theirs, self.mine, number, ack, sack)
            parcel.frames = [b"".join((head, *parcel.parts)), *parcel.buffers]
            parcel.parts = ()
        return parcel.frames

    def sent(self, parcel: Parcel, now: float) -> None:
        """The transport has taken what `frames` gave."""
        if not parcel.sends:
            self._incoming.answered()
        self._outgoing.sent(parcel, now)
        self._spoke_at = now
        due = self._outgoing.due
        if due is not None and due < self.wake_at:
            self.wake_at = due

    # --- time ---

    def tick(self, now: float) -> None:
        """Do what is due, and set `wake_at` anew."""
        if self.phase is Phase.OVER:
            self.wake_at = math.inf
            return
        late = now - self.wake_at > _LATE_PART * self._settings.heartbeat_s
        if self.phase is Phase.OPENING:
            self._tick_opening(now, late)
        else:
            self._tick_up(now, late)
        self.wake_at = self._next_wake()

    def _tick_opening(self, now: float, late: bool) -> None:
        opening_s = self._settings.opening_s
        if late:  # what the peer has answered meanwhile is about to be read
            grace_s = _GRACE_PART * self._settings.heartbeat_s
            self._opened_at = max(self._opened_at, now + grace_s - opening_s)
        if now >= self._opened_at + opening_s:
            self._end("no answer" if self._hello_at < math.inf else "not heard of again")
        elif now >= self._hello_at:
            self._say_hello(now)

    def _tick_up(self, now: float, late: bool) -> None:
        if late:
            self._heard_at = max(self._heard_at, now - self._settings.heartbeat_s)
        if now >= self._heard_at + self._silence_s:
            self._end(f"silent for {now - self._heard_at:.3g} s")
            return
        self._outgoing.tick(now)
        if now >= self._spoke_at + self._ping_s:
            self._ack(now)

    def _next_wake(self) -> float:
        if self.phase is Phase.OVER:
            return math.inf
        if self.phase is Phase.OPENING:
            return min(self._opened_at + self._settings.opening_s, self._hello_at)
        times = [self._heard_at + self._silence_s, self._spoke_at + self._ping_s]
        times.extend(t for t in (self._outgoing.due, self._incoming.due) if t is not None)
        return min(times)

    # --- inspection ---

    @property
    def idle(self) -> bool:
        """Whether all that was posted is acknowledged."""
        return self._outgoing.idle

    @property
    def held(self) -> tuple[int, int]:
        """Messages and bytes that are not acknowledged."""
        return self._outgoing.held_messages, self._outgoing.held_bytes

    @property
    def flying(self) -> int:
        """DATA packets on their way."""
        return len(self._outgoing.flying)

    def silent_s(self, now: float) -> float:
        """How long nothing was heard."""
        return now - self._heard_at

    def unacknowledged(self) -> list[Parcel]:
        """What nobody knows to have arrived, oldest first."""
        return self._outgoing.parcels()

    # --- helpers ---

    def _say_hello(self, now: float) -> None:
        self._control.append(packets.head(packets.HELLO, 0, self.mine) + self._own.pack())
        self._hello_at = now + self._hello_s * (0.5 + self._chance())
        # Beyond half a heartbeat it would find a peer that comes up late too late.
        self._hello_s = min(self._hello_s * _HELLO_GROWTH, self._settings.heartbeat_s / 2)
        self.wake_at = min(self.wake_at, self._hello_at)

    def _ack(self, now: float) -> None:
        head = packets.head(
            packets.ACK, self.theirs, self.mine, 0, self._incoming.expected, self._incoming.sack
        )
        self._control.append(head)
        self._incoming.answered()
        self._spoke_at = now

    def _end(self, reason: str, *, orderly: bool = False) -> None:
        self.phase = Phase.OVER
        self.reason = reason
        self.orderly = orderly
        self.wake_at = -math.inf  # to be noticed at once


def _impossible(packet: Packet) -> RemoteProtocolError:
    return RemoteProtocolError(f"acknowledged packet {packet.ack}, which was never sent")
