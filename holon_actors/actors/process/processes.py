"""The processes of one system's actors, and who starts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors.address import Address
from holon_actors.actors.process.cell import ProcessCell
from holon_actors.actors.process.starter import Starter
from holon_actors.actors.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Processes"]


class Processes:
    """What a system has of processes; made when the first one is wanted."""

    def __init__(self, system: ActorSystem) -> None:
        self._system = system
        self._starter: Starter | None = None

    def starter(self) -> Starter:
        """The starter, begun if there is none. Raises `OSError`."""
        if self._starter is None:
            make = self._system._context.copy().run
            self._starter = make(Starter, self._system.loop, self._lost)
        return self._starter

    def _lost(self, starter: Starter) -> None:
        if self._starter is starter:
            self._starter = None

    def find(self, address: Address) -> ActorRef[Any] | None:
        """An actor that lives below one of ours, in its process; None if nobody does."""
        path = address.path
        while path := path.rpartition("/")[0]:
            cell = self._system.lookup(path)
            if isinstance(cell, ProcessCell):
                return cell.beyond(address)
        return None

    async def close(self) -> None:
        """End all processes that are left, and the starter."""
        if self._starter is not None:
            await self._starter.close()
            self._starter = None
