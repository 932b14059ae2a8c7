"""The simulated `Transport` of one node, and its channels.

A conversation has two ends: the channel that was dialled, and the one that the dialled node answers
on, which comes to be with the first frames that arrive there. The dialled end outlives restarts of
the other node; the answering end belongs to one start of its node. An end whose node has crashed
or closed is gone, and what is sent to it is lost in silence: the link layer above has to notice.
"""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import TYPE_CHECKING

from holon_transports import Frames, Receiver, TransportClosed

if TYPE_CHECKING:
    from holon_actors.testing.network import SimNetwork


class Conversation:
    """What the two ends share."""

    __slots__ = ("answering", "dialled", "endpoint")

    def __init__(self, endpoint: str, dialled: SimChannel) -> None:
        self.endpoint = endpoint
        self.dialled = dialled
        self.answering: SimChannel | None = None


class SimChannel:
    """One end of a conversation."""

    __slots__ = ("closed", "conversation", "name", "transport", "user")

    def __init__(self, name: str, transport: SimTransport) -> None:
        self.name = name
        self.user: str | None = None
        self.transport = transport
        self.closed = False
        self.conversation: Conversation

    def send(self, frames: Frames) -> bool:
        if self.closed or not self.transport.alive:
            return True  # lost, as with any peer that is gone
        return self.transport.network.send(self, frames)

    def close(self) -> None:
        self.closed = True

    def __repr__(self) -> str:
        return f"<SimChannel {self.transport.node} to {self.name}>"


class Packet:
    """Frames of one send on their way."""

    __slots__ = ("conversation", "forth", "frames")

    def __init__(self, conversation: Conversation, forth: bool, frames: tuple[bytes, ...]) -> None:
        self.conversation = conversation
        self.forth = forth  # from the dialling end to the answering one
        self.frames = frames


class SimTransport:
    """What a node holds; made by `SimNetwork.transport`."""

    def __init__(self, network: SimNetwork, node: str) -> None:
        self.network = network
        self.node = node
        self.alive = False  # between start and the end
        self.receiver: Receiver
        self.context: Context  # of the node: in it, crashes and pauses apply

    def start(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.context = copy_context()
        self.alive = True

    def bind(self, endpoint: str) -> str:
        self._must_be_alive()
        return self.network.bind(self, endpoint)

    def dial(self, endpoint: str, *, peer: str | None = None) -> SimChannel:
        self._must_be_alive()
        channel = SimChannel(endpoint, self)
        channel.conversation = Conversation(self.network.checked(endpoint), channel)
        return channel

    def close(self) -> None:
        self.network.end(self)

    def _must_be_alive(self) -> None:
        if not self.alive:
            raise TransportClosed("the transport is not started, or closed")

    def answering(self, conversation: Conversation) -> SimChannel:
        """The end of a conversation that is with this node."""
        channel = conversation.answering
        if channel is None or channel.closed or channel.transport is not self:
            caller = conversation.dialled.transport.node
            channel = conversation.answering = SimChannel(f"sim://{caller}", self)
            channel.conversation = conversation
        return channel

    def __repr__(self) -> str:
        return f"<SimTransport of {self.node}>"
