"""What transports bring: each packet to the conversation that it is for.

A HELLO is for the door, and begins a conversation if it may. A packet for a conversation that there
is not is answered by GONE, so that the peer does not wait for its end to be noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holon_transports import Buffer, Channel, CodecError

from holon_actors.actors.remote import packets
from holon_actors.actors.remote._reply import deliver
from holon_actors.actors.remote.door import Door
from holon_actors.actors.remote.errors import PacketError, RemoteProtocolError
from holon_actors.actors.remote.packets import Greeting, Packet
from holon_actors.actors.remote.session import Phase

if TYPE_CHECKING:
    from holon_actors.actors.remote.conversation import Conversation
    from holon_actors.actors.remote.node import Node

__all__ = ["Intake"]


class Intake:
    """The `Receiver` of a node's transports."""

    __slots__ = ("_by_nonce", "_clock", "_door", "_inbound", "_links", "_node")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._clock = node._clock
        self._links = node._links
        self._door = Door(node, node._links)
        self._by_nonce = node._by_nonce
        self._inbound = node._inbound

    def received(self, channel: Channel, frames: list[Buffer]) -> None:
        """See `Receiver`."""
        if self._node._closed:
            return
        try:
            packet = packets.parse(frames)
            if packet.kind == packets.HELLO:
                self._hello(channel, packet)
                return
        except PacketError as error:
            self._bad(channel, str(error))
            return
        conversation = self._by_nonce.get(packet.to)
        if conversation is None:
            if packet.kind not in (packets.GONE, packets.REFUSE):
                channel.send((packets.note(packets.GONE, packet.source, packet.to),))
            return
        self._take(conversation, channel, packet)

    def drained(self, channel: Channel) -> None:
        """See `Receiver`."""
        for conversation in self._of(channel):
            conversation.blocked = False
            self._node.pump(conversation)

    def broken(self, channel: Channel, reason: str) -> None:
        """See `Receiver`."""
        self._abort(channel, reason)

    def _bad(self, channel: Channel, reason: str) -> None:
        if not self._links.dials(channel):
            channel.close()
        self._abort(channel, reason)

    def _abort(self, channel: Channel, reason: str) -> None:
        log = self._node.log
        lost = log.lost
        for conversation in self._of(channel):
            conversation.session.abort(reason)
            self._node.pump(conversation)
        if log.lost == lost:  # else the line about the link says it
            log.broken(channel.name, reason)

    def _of(self, channel: Channel) -> list[Conversation]:
        return [talk for talk in self._by_nonce.values() if talk.channel is channel]

    def _hello(self, channel: Channel, packet: Packet) -> None:
        node = self._node
        greeting = Greeting.parse(packet.body)
        objection = self._door.objection(channel, greeting)
        if objection is not None:
            node.log.refused(channel.name, objection)
            channel.send((packets.note(packets.REFUSE, packet.source, 0, objection),))
            return
        link = self._links.incoming(greeting, node.addresses.endpoint)
        conversation = link.listener(packet)
        if conversation is None:
            conversation = node.begin(link, greeting.name)
            if link.current is None:
                link.current = conversation
            else:
                link.candidate = conversation
        if conversation.channel is None:
            conversation.channel = channel
        now = self._clock()
        conversation.session.greeted(packet.source, greeting, now)
        # Along the way that is known to work: our own dialling may not reach the peer.
        for answer in conversation.session.control(now):
            channel.send((answer,))
        node.want(conversation.session.wake_at)

    def _take(self, conversation: Conversation, channel: Channel, packet: Packet) -> None:
        session, now = conversation.session, self._clock()
        before = session.phase
        outbox = conversation.outbox
        inbound = self._inbound.get(session.mine)
        outbox.awake = True  # what is said in answer goes out below, together
        try:
            ready = session.received(packet, now)
            if session.phase is Phase.UP:
                if channel is conversation.channel:
                    conversation.channel_heard_at = now
                else:
                    conversation.heard(channel, now)
                if before is not Phase.UP:
                    self._node.rise(conversation, channel, now)
            for delivered in ready:
                if inbound is None or conversation.over:
                    break
                inbound.packet(delivered)
        except (RemoteProtocolError, CodecError) as error:
            session.abort(f"broke the rules: {error}")
        finally:
            if inbound is not None and inbound.answered:
                # Before the sending below, which takes along what they say next.
                answered, inbound.answered = inbound.answered, []
                deliver(answered, self._node.system._dispatcher.askers)
            outbox.awake = False
        self._node.pump(conversation)
