"""Another system, as whoever connects to it gets to know it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Peer"]


@dataclass(frozen=True, slots=True)
class Peer:
    """The system at an endpoint: its name, the endpoint that its addresses carry, and its
    incarnation, which grows with every start.
    """

    name: str
    endpoint: str
    incarnation: int
