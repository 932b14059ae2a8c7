"""The shell around a link: a timer for what arrives next, and the hand-over at its end.

One step of the loop hands over one send, so that the scheduler may put anything else in between.
The timer runs in the context of the node that receives, so that a paused node gets nothing and a
crashed one never does; the room on the link bounds what waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context

from holon_actors.testing._loop.timing import Timing
from holon_actors.testing._network.links import Link
from holon_actors.testing._network.transport import Packet, SimChannel, SimTransport

Report = Callable[[str, str, str, str], None]


class Route:
    """From one node to another."""

    def __init__(
        self,
        link: Link[Packet],
        timing: Timing,
        blocked: Callable[[str, str], bool],
        receiver: Callable[[Packet], SimTransport | None],
        report: Report,
    ) -> None:
        self.link = link
        self._timing = timing
        self._blocked = blocked
        self._receiver = receiver
        self._report = report
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        self._refused: dict[SimChannel, None] = {}  # channels to tell of room, in order

    def send(self, channel: SimChannel, packet: Packet) -> bool:
        link = self.link
        if self._blocked(link.from_, link.to):
            link.refuse_way()
            self._lost("cut off")
            return True
        size = sum(map(len, packet.frames))
        dropped = link.dropped
        if not link.offer(self._timing.now_ns, size, packet):
            self._refused[channel] = None
            return False
        if link.dropped > dropped:
            self._lost("loss")
        else:
            self.arm()
        return True

    def arm(self) -> None:
        """See that the next arrival has its timer, at the right time."""
        due_ns = self.link.due_ns
        if self._timer is not None:
            if due_ns == self._timer_ns:
                return
            self._disarm()
        if due_ns is not None:
            context = self._context(self._receiver(self.link.next))
            self._timer = self._timing.call_at_ns(due_ns, self._arrive, context, context=context)
            self._timer_ns = due_ns

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _context(self, transport: SimTransport | None) -> Context:
        return self._timing.neutral if transport is None else transport.context

    def _arrive(self, context: Context) -> None:
        self._timer = None
        link = self.link
        if not link.arriving(self._timing.now_ns):
            self.arm()
            return
        transport = self._receiver(link.next)
        if self._context(transport) is not context:
            self.arm()  # another start of the node listens now: in its own context
            return
        cut_off = self._blocked(link.from_, link.to)
        packet = link.take(delivered=not cut_off and transport is not None)
        self.arm()
        self._tell_room()
        if cut_off or transport is None:
            self._lost("cut off" if cut_off else "nobody listens")
        else:
            _hand_over(transport, packet)

    def lose(self, reason: str, receiver: SimTransport | None = None) -> None:
        """What is on the way is lost: all, or what this receiver would have got."""
        lost = self.link.lose(lambda packet: receiver is None or self._receiver(packet) is receiver)
        self._disarm()  # its context may be that of a node that has just crashed
        self.arm()
        self._tell_room()
        for _ in range(lost):
            self._lost(reason)

    def _tell_room(self) -> None:
        if self._refused and self.link.roomy:
            refused, self._refused = self._refused, {}
            for channel in refused:
                self._timing.soon(_drained, channel, context=channel.transport.context)

    def _lost(self, reason: str) -> None:
        self._report("dropped", self.link.from_, self.link.to, reason)


def _hand_over(transport: SimTransport, packet: Packet) -> None:
    conversation = packet.conversation
    channel = transport.answering(conversation) if packet.forth else conversation.dialled
    transport.receiver.received(channel, list(packet.frames))


def _drained(channel: SimChannel) -> None:
    if not channel.closed and channel.transport.alive:
        channel.transport.receiver.drained(channel)
