"""References across a pipe: to actors that live, or are reached, on its other side."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors.address import Address
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.process import _say
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Terminated

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.process.exchange import Exchange
    from holon_actors.actors.system import ActorSystem

__all__ = ["FarRef"]


class FarRef(ActorRef[Any]):
    """A handle on an actor beyond a pipe.

    `way` gives the exchange that leads there now, or None while there is none: an actor's process
    may be replaced. `is_alive` says whether there is one.
    """

    __slots__ = ("_address", "_way", "system")

    def __init__(
        self, system: ActorSystem, address: Address, way: Callable[[], Exchange | None]
    ) -> None:
        self.system = system
        self._address = address
        self._way = way

    @property
    def address(self) -> Address:
        return self._address

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        system = self.system
        if not system._dispatcher.on_loop:
            system._on_loop(self.tell, message, sender)
            return
        exchange = self._way()
        if exchange is None:
            system.dead_letter(message, sender, self, "not-found")
        else:
            exchange.tell(self, message, sender)

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        system = self.system
        if asyncio.get_running_loop() is not system.loop:
            asking = self.ask(message, timeout, sender=sender)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asking, system.loop))
        limit = system.ask_timeout if timeout is None else timeout
        endless = limit == math.inf
        return await self._request(_say.ASK, message, sender, limit, None if endless else limit)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        system = self.system
        if asyncio.get_running_loop() is not system.loop:
            sending = self.send(message, sender)
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(sending, system.loop))
            return
        await self._request(_say.SEND, message, sender, math.inf)

    async def _request(
        self, kind: int, message: Any, sender: ActorRef[Any] | None, limit_s: float, *more: Any
    ) -> Any:
        exchange = self._way()
        if exchange is None:
            raise ActorStopped(self._address)
        number = exchange.request(kind, self, sender, message, *more)
        answer: asyncio.Future[Any] = self.system.loop.create_future()
        exchange.requests[number] = answer
        bucket = None if limit_s == math.inf else self.system._asks.bucket(limit_s)
        if bucket is not None:
            bucket.add(answer, self, message)
        try:
            return await answer
        finally:
            exchange.requests.pop(number, None)
            if bucket is not None:
                bucket.discard(answer)

    def stop(self) -> None:
        self.system._on_loop(self._order, _say.STOP)

    def kill(self) -> None:
        self.system._on_loop(self._order, _say.KILL)

    def _order(self, kind: int) -> None:
        exchange = self._way()
        if exchange is not None:
            exchange.say((kind, str(self._address)))

    @property
    def is_alive(self) -> bool:
        return self._way() is not None

    def _add_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching[self] = None
        exchange = self._way()
        if exchange is None:
            watcher._signal(Terminated(self, "not-found"), self)
        else:
            exchange.watches.add(self, watcher)

    def _remove_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching.pop(self, None)
        exchange = self._way()
        if exchange is not None:
            exchange.watches.remove(self, watcher)

    def _status(self) -> tuple[int, str]:
        return 0, "in another process" if self.is_alive else "its process is gone"
