"""The other members: where each is, and whose an endpoint is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.endpoints import scheme_of
from holon_actors.distributed.consensus.client.courier import member_address, member_path
from holon_actors.distributed.consensus.core.configuration import Configuration

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Peers"]


class Peers:
    """References by member, from the addresses in the configuration. Of a member that is not in it,
    as this one's may be old, whence it was last heard.
    """

    def __init__(self, system: ActorSystem, group: str, node: str) -> None:
        self._system = system
        self._group = group
        self._node = node
        self._path = member_path(group)
        self._refs: dict[str, ActorRef[Any]] = {}
        self._heard: dict[str, ActorRef[Any]] = {}
        self._by_endpoint: dict[str, str] = {}

    def configure(self, configuration: Configuration) -> None:
        """This is who takes part now."""
        for name, url in configuration.addresses:
            if name != self._node:
                address = member_address(self._group, name, url)
                self._refs[name] = self._system.ref(address)
                self._by_endpoint[address.endpoint or ""] = name
        known = {name for name, _ in configuration.addresses}
        for name in [name for name in self._refs if name not in known]:
            # It may still have to hear that it is out.
            self._heard.setdefault(name, self._refs.pop(name))
        for name in known:
            self._heard.pop(name, None)

    def ref(self, name: str) -> ActorRef[Any] | None:
        """Where to tell a member something."""
        return self._refs.get(name) or self._heard.get(name)

    def objection(self, name: str, sender: ActorRef[Any] | None) -> str | None:
        """Why a message that says to be of a member is not; None: it may be."""
        if sender is None:
            return "it has no sender"
        if sender.path != self._path:
            return f"it comes from {sender.path}"
        known = self._refs.get(name)
        if known is not None:
            if _elsewhere(known.address.endpoint, sender.address.endpoint):
                return f"{name} is at {known.address.endpoint}, not at {sender.address.endpoint}"
        else:
            self._heard[name] = sender
            while len(self._heard) > _HEARD_MAX:
                del self._heard[next(iter(self._heard))]
        return None

    def at(self, node: str) -> str | None:
        """The member at a node, given as `name@endpoint`."""
        return self._by_endpoint.get(node.partition("@")[2])


def _elsewhere(expected: str | None, actual: str | None) -> bool:
    """Whether two endpoints are certainly not the same. A host may have many names, but one with
    different numbers is another one.
    """
    if expected is None or actual is None or expected == actual:
        return False
    literal = _NUMBERS.fullmatch(expected) and _NUMBERS.fullmatch(actual)
    return bool(literal) or scheme_of(expected) == scheme_of(actual) != "tcp"


_NUMBERS = re.compile(r"[0-9.]+:[0-9]+")

# Strangers that are remembered: members of a configuration that this one has yet to learn of.
_HEARD_MAX = 64
