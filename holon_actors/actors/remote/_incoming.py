"""The receiving half of a session: what has come, in order and once, and what to acknowledge.

Pure: times are arguments.
"""

from __future__ import annotations

from holon_actors.actors.remote.packets import Packet
from holon_actors.actors.remote.settings import LinkSettings

__all__ = ["Incoming"]

_SACK_BITS = 64
# In-order packets after which an acknowledgement goes out at once.
_ACK_EVERY = 8


class Incoming:
    """Numbers and window of what is received."""

    __slots__ = (
        "_ack_delay_s",
        "_early_bytes",
        "_settings",
        "_unanswered",
        "due",
        "early",
        "expected",
    )

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._ack_delay_s = min(0.02, settings.heartbeat_s / 50)
        # Invariant: all keys are above `expected`, by less than the window.
        self.early: dict[int, Packet] = {}
        self._early_bytes = 0
        self._unanswered = 0
        self.expected = 1
        self.due: float | None = None  # when an acknowledgement goes out at the latest

    def take(self, packet: Packet, now: float) -> list[Packet]:
        """A DATA packet has come: those that are now next in order, none or some."""
        number = packet.number
        if number != self.expected:
            self._keep(packet)
            self.due = now  # the sender should know: of the gap, or that this came twice
            return []
        ready = [packet]
        self.expected += 1
        while self.early:
            follower = self.early.pop(self.expected, None)
            if follower is None:
                break
            self._early_bytes -= _size(follower)
            ready.append(follower)
            self.expected += 1
        self._unanswered += 1
        if self.early or self._unanswered >= _ACK_EVERY or len(ready) > 1:
            self.due = now
        elif self.due is None:
            self.due = now + self._ack_delay_s
        return ready

    def _keep(self, packet: Packet) -> None:
        number, size = packet.number, _size(packet)
        if number < self.expected or number in self.early:
            return
        # What does not fit is as good as lost, and comes again.
        if number >= self.expected + self._settings.window_packets:
            return
        if self.early and self._early_bytes + size > self._settings.window_bytes:
            return
        self.early[number] = packet
        self._early_bytes += size

    @property
    def sack(self) -> int:
        """Which of the numbers behind `expected` are here already, as bits."""
        bits = 0
        for number in self.early:
            place = number - self.expected - 1
            if place < _SACK_BITS:
                bits |= 1 << place
        return bits

    def answered(self) -> None:
        """An acknowledgement is on its way."""
        self.due = None
        self._unanswered = 0


def _size(packet: Packet) -> int:
    return len(packet.body) + sum(len(buffer) for buffer in packet.buffers)
