"""The seam between nodes and what carries their frames.

A transport promises little, and each of them the same: frames sent together arrive together and
unaltered or not at all, and none of its verbs waits. Frames may be lost (a connection breaks);
below the link layer a simulated network also repeats and reorders them. Order, loss and silence are
the business of the link layer above, which knows whom it talks to.

All calls, in both directions, are made on the event loop's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

__all__ = ["Buffer", "Channel", "Frames", "Receiver", "Transport"]

Buffer: TypeAlias = bytes | bytearray | memoryview

# What is sent at once: a head, and buffers that are not copied.
Frames: TypeAlias = Sequence[Buffer]


class Channel(Protocol):
    """A conversation with one peer. It outlives reconnections, in which frames get lost."""

    @property
    def name(self) -> str:
        """The endpoint that was dialled, or a name for who called: for messages to people."""
        ...

    @property
    def user(self) -> str | None:
        """The name that belongs to the peer's key; None where keys are not in use."""
        ...

    def send(self, frames: Frames) -> bool:
        """Hand over frames, at least one. False: there is no room, nothing was taken, and
        `Receiver.drained` will tell when there is. The buffers may not change afterwards. On a
        closed channel it takes the frames and forgets them, as a broken connection would.
        """
        ...

    def close(self) -> None:
        """Forget the peer. What was handed over is still sent if that takes no waiting."""
        ...


class Receiver(Protocol):
    """What a transport calls: the node above it."""

    def received(self, channel: Channel, frames: list[Buffer]) -> None:
        """Frames have come. A channel that was not dialled is seen here for the first time."""
        ...

    def drained(self, channel: Channel) -> None:
        """A channel that had no room has some again."""
        ...

    def broken(self, channel: Channel, reason: str) -> None:
        """The channel is of no use for now, or its peer breaks the rules of the transport: keys
        refused, frames too large. Never called for mere silence.

        A dialled channel goes on trying to connect, and works once the reason is gone; the same
        reason is told once. An accepted channel is over: its peer, if it speaks again, is seen as
        another channel.
        """
        ...


class Transport(Protocol):
    """Carries frames between this node and others."""

    def start(self, receiver: Receiver) -> None:
        """Begin to deliver. Called once, on the running event loop, before all other verbs."""
        ...

    def bind(self, endpoint: str) -> str:
        """Listen at an endpoint and return it with the port that was chosen for port 0.

        Raises `EndpointInUse`, `EndpointRefused` (beyond loopback without keys) or
        `InvalidEndpoint`.
        """
        ...

    def dial(self, endpoint: str, *, peer: str | None = None) -> Channel:
        """A channel to whoever listens at an endpoint, now or later; it is connected in the
        background, again and again.

        `peer` is the system name of who is expected there. With keys it says whose key the other
        side must have, unless the endpoint itself does (`?peer=NAME`); without keys it is not
        looked at. Raises `EndpointRefused`, `InvalidEndpoint` or `KeyFileError`.
        """
        ...

    def close(self) -> None:
        """Stop listening and close all channels. Nothing is delivered after it."""
        ...
