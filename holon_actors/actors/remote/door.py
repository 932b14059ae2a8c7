"""Who may have a link: what is looked at when a stranger says hello."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holon_transports import Channel

from holon_actors.actors.address import Address, check_name
from holon_actors.actors.errors import InvalidAddress
from holon_actors.actors.remote.links import Links
from holon_actors.actors.remote.packets import Greeting
from holon_actors.actors.remote.session import Phase

if TYPE_CHECKING:
    from holon_actors.actors.remote.node import Node

__all__ = ["Door"]


class Door:
    """See the module."""

    __slots__ = ("_links", "_node")

    def __init__(self, node: Node, links: Links) -> None:
        self._node = node
        self._links = links

    def objection(self, channel: Channel, greeting: Greeting) -> str | None:
        """Why a node that says hello may not have a link, if so."""
        name, endpoint = self._node.system.name, self._node.addresses.endpoint
        own = Greeting(name=name, endpoint=endpoint, incarnation=0, heartbeat_ms=0)
        doubt = (
            greeting.objection(own)
            or _contradiction(greeting, channel.user)
            or self._doubt(greeting, channel.user)
        )
        if doubt is not None or self._links.knows(greeting, endpoint):
            return doubt
        settings = self._node.settings
        if len(self._links) >= settings.links_max:
            return "as many links as there may be"
        talks = self._node.conversations()
        opening = sum(c.session.phase is Phase.OPENING and not c.dialling for c in talks)
        return "too many first words at a time" if opening >= settings.openings_max else None

    def _doubt(self, greeting: Greeting, user: str | None) -> str | None:
        """What this node, of all, knows better."""
        addresses, endpoint = self._node.addresses, greeting.endpoint
        is_ours = endpoint in (addresses.endpoint, addresses.bound)
        if is_ours and greeting.incarnation != self._node.incarnation:
            return f"{endpoint} is the endpoint of this node, not of the caller"
        link = self._links.get(endpoint)
        peer = None if link is None else link.peer
        # Where there are keys, nobody can push another one's node out by claiming its endpoint.
        if user is not None and peer is not None and peer.name != greeting.name:
            return f"{endpoint} is the system {peer.name}, which is connected"
        return None


def _contradiction(greeting: Greeting, user: str | None) -> str | None:
    """Why nobody can be who a peer says it is. `user` is whose key it has."""
    if user is not None and user != greeting.name:
        return f"the key is that of {user}, the name is {greeting.name}"
    try:
        check_name(greeting.name)
        address = Address.parse(f"holon://{greeting.name}@{greeting.endpoint}/user")
    except InvalidAddress as error:
        return str(error)
    same = address.endpoint == greeting.endpoint
    return None if same else f"{greeting.endpoint!r} is no endpoint"
