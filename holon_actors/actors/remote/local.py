"""Actors of this system as other nodes see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors._cell import Cell
from holon_actors.actors.address import Address
from holon_actors.actors.ref import ActorRef, DeadRef

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["PathRef", "is_protected", "own_ref"]


class PathRef(ActorRef[Any]):
    """Whoever lives at a path of this system when it is used. For what a peer sends to a path;
    users never see it.
    """

    __slots__ = ("_address", "_latest", "system")

    def __init__(self, system: ActorSystem, address: Address) -> None:
        self.system = system
        self._address = address
        self._latest: ActorRef[Any] | None = None

    @property
    def address(self) -> Address:
        return self._address

    def now(self) -> ActorRef[Any]:
        """Who lives there now."""
        latest = self._latest
        if latest is None or not latest.is_alive:
            latest = self._latest = self.system.lookup(self._address.path)
        return latest or DeadRef(self.system, self._address)

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        self.now().tell(message, sender)

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        return await self.now().ask(message, timeout, sender=sender)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        await self.now().send(message, sender)

    def stop(self) -> None:
        self.now().stop()

    def kill(self) -> None:
        self.now().kill()

    @property
    def is_alive(self) -> bool:
        return self.now().is_alive


def own_ref(system: ActorSystem, address: Address) -> ActorRef[Any]:
    """The reference for an address of this system."""
    if address.uid is None:
        return PathRef(system, address)
    found = system.lookup(address.path)
    if isinstance(found, Cell) and found._uid == address.uid:
        return found
    processes = system._process_table
    inside = None if processes is None else processes.find(address)
    return inside or DeadRef(system, address)


def is_protected(ref: ActorRef[Any]) -> bool:
    """Whether other nodes may not stop it: the roots of the tree, and the system's own actors."""
    cell = ref.now() if isinstance(ref, PathRef) else ref
    return isinstance(cell, Cell) and (cell._parent is None or cell.path.startswith("/system/"))
