"""The links of a node: who is at the other end of which name.

A peer may be called by more names than the one that its own addresses carry ("localhost"). Each
name that somebody calls has a session of its own, so that one cannot end the other: the listener
files a caller under its endpoint and the name that it has called, unless that is the proper one.
Whoever has only such a session with a peer uses it for the proper name as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holon_actors.actors.remote.link import Link

if TYPE_CHECKING:
    from holon_transports import Channel

    from holon_actors.actors.remote.packets import Greeting

__all__ = ["Links"]


class Links:
    """See the module."""

    __slots__ = ("_links",)

    def __init__(self) -> None:
        # Invariant: each link is filed under its key, and maybe under its peer's proper endpoint.
        self._links: dict[str, Link] = {}

    def __len__(self) -> int:
        return len(self._links)

    def get(self, endpoint: str) -> Link | None:
        """The link that what is for `endpoint` goes by."""
        return self._links.get(endpoint)

    def outgoing(self, endpoint: str) -> Link:
        """The link that what is for `endpoint` goes by, made if need be."""
        return self._links.get(endpoint) or self._new(Link(endpoint, endpoint))

    def incoming(self, greeting: Greeting, own: str) -> Link:
        """The link of a caller, made if need be; `own` is the endpoint of this node."""
        key = _key(greeting, own)
        link = self._links.get(key)
        if link is None or link.key != key:
            link = self._new(Link(key, greeting.endpoint))
        return link

    def knows(self, greeting: Greeting, own: str) -> bool:
        """Whether a caller has a link already."""
        return _key(greeting, own) in self._links

    def risen(self, link: Link, endpoint: str) -> None:
        """The peer of a link says what its proper endpoint is."""
        other = self._links.get(endpoint)
        if other is None or other.empty:
            self._links[endpoint] = link

    def forget(self, link: Link) -> None:
        """A link is not needed any more."""
        for key in [key for key, other in self._links.items() if other is link]:
            del self._links[key]
        for other in list(self._links.values()):
            peer = other.peer
            if peer is not None and peer.endpoint == link.endpoint:
                self._links.setdefault(peer.endpoint, other)

    def dials(self, channel: Channel) -> bool:
        """Whether a channel is one that this node has dialled."""
        return any(link.dialled is channel for link in self._links.values())

    def clear(self) -> None:
        """Forget them all."""
        self._links.clear()

    def _new(self, link: Link) -> Link:
        self._links[link.key] = link
        return link


def _key(greeting: Greeting, own: str) -> str:
    called = greeting.called
    return greeting.endpoint if called in ("", own) else f"{greeting.endpoint} at {called}"
