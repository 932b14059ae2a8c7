"""The channel to a peer that called us: its identity at our ROUTER."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from holon_transports.transport import Frames

if TYPE_CHECKING:
    from holon_transports.zeromq._listener import Listener

__all__ = ["AcceptedChannel"]


class AcceptedChannel:
    """A conversation that the other side began.

    A ROUTER does not tell when one of its peers has room again. So the send that found none is kept
    here, and as long as it is, there is no room.
    """

    __slots__ = (
        "_listener",
        "connected",
        "heard_at",
        "identity",
        "kept",
        "latest",
        "name",
        "refused",
        "user",
    )

    def __init__(self, listener: Listener, latest: zmq.Frame, name: str, user: str | None) -> None:
        self.name = name
        self.user = user
        self.identity = latest.bytes
        self.latest = latest  # knows the connection that it came over
        self.connected = True  # as far as we know
        self.heard_at = 0.0  # on the clock of the loop
        self.kept: Frames | None = None
        self.refused = False
        self._listener: Listener | None = listener

    @property
    def descriptor(self) -> int:
        """Of the connection over which it was last heard, even when that has ended."""
        return int(self.latest.get(zmq.SRCFD))

    def send(self, frames: Frames) -> bool:
        if self._listener is None:
            return True
        if self.kept is not None:
            self.refused = True
            return False
        if not self._listener.send(self.identity, frames):
            self.kept = frames
            self._listener.wait_room(self)
        return True

    def close(self) -> None:
        listener, self._listener = self._listener, None
        self.kept = None
        if listener is not None:
            listener.forget(self)
