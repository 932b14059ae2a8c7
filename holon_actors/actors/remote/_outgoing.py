"""The sending half of a session: what is numbered, on its way, and not acknowledged yet.

Resending follows TCP's: at once when the peer says that it has later packets (RFC 5681, 6675, with
a reordering tolerance), else when a timer runs out (RFC 6298). A packet keeps its number, and a
repetition is the same bytes, so that the receiver can drop it.

Pure: times are arguments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from holon_transports.transport import Buffer

from holon_actors.actors.remote.settings import LinkSettings

__all__ = ["Outgoing", "Parcel"]

# Packets that may overtake one before that counts as lost.
_REORDER = 3
_BACKOFF_MAX = 16


class Parcel:
    """The body of a packet, until it is acknowledged. `messages` is how many it counts for,
    `contents` the sender's own business.
    """

    __slots__ = (
        "arrived",
        "buffers",
        "contents",
        "frames",
        "messages",
        "number",
        "parts",
        "sends",
        "sent_at",
        "size",
    )

    def __init__(
        self,
        parts: Sequence[bytes],
        buffers: Sequence[Buffer],
        size: int,
        messages: int,
        contents: Sequence[Any],
    ) -> None:
        self.parts = parts
        self.buffers = buffers
        self.size = size  # bytes, buffers included
        self.messages = messages
        self.contents = contents
        self.number = 0
        self.frames: list[Buffer] | None = None  # as first sent
        self.sends = 0
        self.sent_at = 0.0
        self.arrived = False  # the peer has it, though not all before it


class Outgoing:
    """Numbers, window and timer of what is sent."""

    __slots__ = (
        "_backoff",
        "_flying_bytes",
        "_probe_until",
        "_rto_min_s",
        "_rttvar_s",
        "_settings",
        "_srtt_s",
        "again",
        "due",
        "flying",
        "following",
        "held_bytes",
        "held_messages",
        "waiting",
    )

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self.waiting: deque[Parcel] = deque()
        self.flying: deque[Parcel] = deque()  # sent, in the order of their numbers
        self.again: deque[Parcel] = deque()  # to be sent again
        self._flying_bytes = 0
        # Invariant: the sums over all that is not acknowledged.
        self.held_messages = 0
        self.held_bytes = 0
        self.following = 1  # the next number; nobody has it, or one above it
        self._srtt_s: float | None = None
        self._rttvar_s = 0.0
        self._rto_min_s = min(0.1, settings.heartbeat_s / 10)
        self._backoff = 1
        # Up to this number, what was sent before the last repetition counts as lost with it.
        self._probe_until = 0
        self.due: float | None = None  # when the oldest is repeated

    @property
    def idle(self) -> bool:
        """Whether everything is acknowledged."""
        return not (self.waiting or self.flying)

    def parcels(self) -> list[Parcel]:
        """All that is not acknowledged, oldest first."""
        return [*self.flying, *self.waiting]

    def add(self, parcel: Parcel) -> None:
        """Accept a packet for sending."""
        self.held_messages += parcel.messages
        self.held_bytes += parcel.size
        self.waiting.append(parcel)

    def next(self) -> Parcel | None:
        """What to send now, if anything; `sent` says that it was."""
        while self.again:
            parcel = self.again[0]
            if not parcel.arrived:
                return parcel
            self.again.popleft()
        if not self.waiting:
            return None
        settings, parcel = self._settings, self.waiting[0]
        if self.flying and (
            len(self.flying) >= settings.window_packets
            or self._flying_bytes + parcel.size > settings.window_bytes
        ):
            return None
        return parcel

    def sent(self, parcel: Parcel, now: float) -> None:
        """`parcel`, the latest answer of `next`, is on its way."""
        if self.again and self.again[0] is parcel:
            self.again.popleft()
        else:
            self.waiting.popleft()
            self.flying.append(parcel)
            self._flying_bytes += parcel.size
        parcel.sends += 1
        parcel.sent_at = now
        if self.due is None:
            self.due = now + self._rto_s()

    def number(self, parcel: Parcel) -> int:
        """The number of a packet, given when it is first sent."""
        if not parcel.number:
            parcel.number = self.following
            self.following += 1
        return parcel.number

    def acknowledged(self, ack: int, sack: int, now: float) -> None:
        """The peer waits for number `ack`, and has those that `sack` says."""
        flying = self.flying
        progress = False
        while flying and flying[0].number < ack:
            progress = True
            parcel = flying.popleft()
            parcel.arrived = True
            self._flying_bytes -= parcel.size
            self.held_messages -= parcel.messages
            self.held_bytes -= parcel.size
            if parcel.sends == 1:  # of a repeated one nobody knows which was answered (Karn)
                self._measure(now - parcel.sent_at)
        if progress:
            self._backoff = 1
            self.due = now + self._rto_s() if flying else None
            if flying and ack < self._probe_until:
                self._repeat_older(self._probe_until)
        if sack and flying:
            self._mark(ack, sack, now)

    def _mark(self, ack: int, sack: int, now: float) -> None:
        highest = ack + sack.bit_length()
        first = self.flying[0].number
        for parcel in self.flying:
            n = parcel.number
            if n > highest:
                break
            if n > ack and sack >> (n - ack - 1) & 1:
                parcel.arrived = True
        # Once per round trip, or one gap would be filled by every acknowledgement that sees it.
        patience_s = self._srtt_s or self._rto_min_s
        for parcel in self.flying:
            if parcel.number > highest - _REORDER or parcel.number - first > 64:
                break
            if not parcel.arrived and now - parcel.sent_at >= patience_s:
                self._repeat(parcel)

    def tick(self, now: float) -> None:
        """The timer may have run out: the oldest is sent again, and what follows when the answer
        shows that it was lost as well.
        """
        if self.due is None or now < self.due or not self.flying:
            return
        self._backoff = min(self._backoff * 2, _BACKOFF_MAX)
        self._repeat(self.flying[0])
        self._probe_until = self.following
        self.due = now + self._rto_s()

    def _repeat_older(self, until: int) -> None:
        self._probe_until = 0
        for parcel in self.flying:
            if parcel.number < until and not parcel.arrived:
                self._repeat(parcel)

    def _repeat(self, parcel: Parcel) -> None:
        if parcel not in self.again:
            self.again.append(parcel)

    def _measure(self, rtt_s: float) -> None:
        if self._srtt_s is None:
            self._srtt_s, self._rttvar_s = rtt_s, rtt_s / 2
            return
        self._rttvar_s += (abs(self._srtt_s - rtt_s) - self._rttvar_s) / 4
        self._srtt_s += (rtt_s - self._srtt_s) / 8

    def _rto_s(self) -> float:
        heartbeat_s = self._settings.heartbeat_s
        if self._srtt_s is None:
            first_s = min(0.25, heartbeat_s / 4)
        else:
            first_s = max(self._rto_min_s, self._srtt_s + 4 * self._rttvar_s)
        return min(first_s * self._backoff, max(heartbeat_s / 2, self._rto_min_s))
