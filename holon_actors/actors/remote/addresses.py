"""Addresses as nodes exchange them, and the references that they stand for here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors.address import Address
from holon_actors.actors.ref import ActorRef, DeadRef
from holon_actors.actors.remote.endpoints import CLIENT
from holon_actors.actors.remote.local import own_ref
from holon_actors.actors.remote.remote_ref import RemoteRef

if TYPE_CHECKING:
    from holon_actors.actors.remote.node import Node

__all__ = ["Addresses"]


class Addresses:
    """What one node knows of addresses."""

    __slots__ = ("_client", "_node", "_system", "bound")

    def __init__(self, node: Node) -> None:
        self._node = node
        self.bound: str | None = None  # where it listens, when that is not what it advertises
        self._system = node.system
        # What addresses of a system that does not listen carry, for its peers only.
        self._client = f"{CLIENT}:{node.system.rng.getrandbits(64):016x}"

    @property
    def endpoint(self) -> str:
        """What the addresses of this node's actors carry among nodes."""
        return self._system.endpoint or self._client

    def text_of(self, ref: ActorRef[Any]) -> str:
        """A reference as other nodes know it."""
        address = ref.address
        if address.endpoint is None and ref.system is self._system:
            address = Address(address.system, address.path, address.uid, self._client)
        return str(address)

    def resolve(self, text: str) -> ActorRef[Any]:
        """The reference that `text_of` somewhere has written. Raises `InvalidAddress`."""
        return self.ref(Address.parse(text))

    def ref(self, address: Address) -> ActorRef[Any]:
        """The reference for an address, near or far."""
        if address.endpoint is None:
            return DeadRef(self._system, address)
        if address.endpoint not in (self._system.endpoint, self._client, self.bound):
            return RemoteRef(self._node, address)
        if address.system != self._system.name:
            return DeadRef(self._system, address)
        return self._system.ref(Address(address.system, address.path, address.uid))

    def here(self, path: str) -> ActorRef[Any]:
        """The reference for a path, with or without uid, that a peer sends something to. Raises
        `InvalidAddress`.
        """
        address = Address.parse(f"holon://{self._system.name}{path}")
        where = Address(address.system, address.path, address.uid, self._system.endpoint)
        return own_ref(self._system, where)
