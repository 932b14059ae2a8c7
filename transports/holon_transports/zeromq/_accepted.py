"""The channel to a peer that called us: its identity at our ROUTER."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
        "descriptor",
        "heard",
        "heard_at",
        "identity",
        "kept",
        "name",
        "refused",
        "user",
    )

    def __init__(
        self, listener: Listener, identity: bytes, name: str, user: str | None, now: float
    ) -> None:
        self.name = name
        self.user = user
        self.identity = identity
        self.descriptor = 0  # of the connection over which it was last heard, ended or not
        self.connected = True  # as far as we know
        self.heard = True  # since `heard_at`, which the listener's housekeeping brings up to date
        self.heard_at = now  # on the clock of the loop
        self.kept: Frames | None = None
        self.refused = False
        self._listener: Listener | None = listener

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
