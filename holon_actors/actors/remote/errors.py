"""What can be wrong with what a peer sends: the link is dropped, and the reason told."""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = ["PacketError", "RemoteProtocolError"]


class RemoteProtocolError(HolonError):
    """The peer breaks the rules of the protocol: its link is dropped."""


class PacketError(RemoteProtocolError, ValueError):
    """Bytes that are no packet of this protocol."""
