"""One peer: the session with it, and the next one when the peer begins anew.

A living session is not ended by a HELLO, which may be an old one that was delayed. The one who says
it gets an answer, as a candidate; only when the candidate's session is up, which takes a peer that
really means it, the old one is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holon_transports import Channel

from holon_actors.actors.remote.session import Phase

if TYPE_CHECKING:
    from holon_actors.actors.remote.conversation import Conversation
    from holon_actors.actors.remote.packets import Greeting, Packet

__all__ = ["Link"]


class Link:
    """What a node knows of the peer at `endpoint`."""

    __slots__ = ("candidate", "current", "dialled", "endpoint", "expected", "key")

    def __init__(self, key: str, endpoint: str) -> None:
        self.key = key  # where `Links` files it
        self.endpoint = endpoint
        self.expected = ""  # the name of the system that should be there
        self.dialled: Channel | None = None
        self.current: Conversation | None = None
        self.candidate: Conversation | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is left of it."""
        return self.current is None and self.candidate is None

    @property
    def peer(self) -> Greeting | None:
        """Who is at the other end, while there is a session."""
        current = self.current
        up = current is not None and current.session.phase is Phase.UP
        return current.session.peer if current is not None and up else None

    def listener(self, packet: Packet) -> Conversation | None:
        """Whose business a HELLO is; None when a new conversation has to be begun for it."""
        current = self.current
        if current is None:
            return None
        session = current.session
        if session.phase is Phase.OPENING or session.theirs == packet.source:
            return current
        return self.candidate

    def objection(self, name: str) -> str | None:
        """Why nobody called `name` can be reached here, if that is known."""
        peer: Greeting | None = self.current.session.peer if self.current is not None else None
        if peer is not None and name not in ("", peer.name):
            return f"{self.endpoint} is the system {peer.name}, not {name}"
        if peer is None and self.dialled is not None and name and self.expected not in ("", name):
            return f"{self.endpoint} is being called as the system {self.expected}, not {name}"
        return None
