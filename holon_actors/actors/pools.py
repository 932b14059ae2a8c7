"""Pools: one reference, several workers of one class behind it.

A message goes from the sender straight to the worker's mailbox; the pool is no stop on the way. The
pool is the workers' parent: it restarts them by its supervision, and a worker that has ended for
good is no longer routed to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _spawn
from holon_actors.actors._cell import Cell
from holon_actors.actors.actor import Actor
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.mailbox import Mailbox
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.routing import make_router
from holon_actors.actors.signals import Terminated
from holon_actors.actors.supervision import Strategy
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["spawn_pool"]


class _Worker:
    """A worker as routing sees it."""

    __slots__ = ("cell", "name")

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.name = cell.name

    @property
    def load(self) -> int:
        return self.cell.load


class _PoolCell(Cell):
    """The pool's reference: hands each message to the workers that routing picks."""

    __slots__ = ("_route", "_workers")

    _route: Callable[[tuple[_Worker, ...], Any], tuple[_Worker, ...]]
    _workers: tuple[_Worker, ...]

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        workers = self._workers
        if not workers:
            self.system.dead_letter(message, sender, self, "stopped")
            return
        for worker in self._pick(workers, message):
            worker.cell.tell(message, sender)

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        workers = self._workers
        if not workers:
            raise ActorStopped(self.address)
        chosen = self._pick(workers, message)
        if len(chosen) == 1 and chosen is not workers:
            return await chosen[0].cell.ask(message, timeout, sender=sender)
        asks = [worker.cell.ask(message, timeout, sender=sender) for worker in chosen]
        return await asyncio.gather(*asks)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        workers = self._workers
        if not workers:
            raise ActorStopped(self.address)
        for worker in self._pick(workers, message):
            await worker.cell.send(message, sender)

    def _pick(self, workers: tuple[_Worker, ...], message: Any) -> tuple[_Worker, ...]:
        try:
            return self._route(workers, message)
        except Exception as error:  # noqa: BLE001  # the user's key; `tell` never raises
            self._key_failed(error, message)  # any worker will do
            return (workers[0],)


class _Pool(Actor):
    """Parent of the workers."""

    def __init__(
        self,
        cls: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        size: int,
        route: Any,
        options: _spawn.Options,
    ) -> None:
        cell = self._cell
        assert isinstance(cell, _PoolCell)
        self._pool = cell
        cell._route = route
        workers = []
        for n in range(1, size + 1):
            worker = self.spawn(
                cls,
                *args,
                name=f"worker-{n}",
                mailbox=options.mailbox,
                dispatcher=options.dispatcher,
                **kwargs,
            )
            assert isinstance(worker, Cell)
            self.watch(worker)
            workers.append(_Worker(worker))
        cell._workers = tuple(workers)

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        if isinstance(message, Terminated):
            remaining = (w for w in self._pool._workers if w.cell is not message.ref)
            self._pool._workers = tuple(remaining)

    def stopped(self) -> None:
        self._pool._workers = ()


def spawn_pool(
    system: ActorSystem,
    parent: Cell,
    cls: type[Actor],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    size: int,
    routing: str,
    key: Callable[[Any], Any] | None,
    name: str | None,
    mailbox: Mailbox | None,
    dispatcher: str,
    supervision: Strategy | None,
) -> ActorRef[Any]:
    """See `ActorSystem.spawn_pool`."""
    if size < 1:
        raise ConfigError(f"spawn_pool(size={size}): at least 1")
    route = make_router(routing, key, system.rng)
    workers = _spawn.Options(mailbox=mailbox, dispatcher=dispatcher)
    pool = _spawn.Options(name=name, supervision=supervision, cell=_PoolCell)
    return _spawn.spawn(parent, _Pool, (cls, args, kwargs, size, route, workers), None, pool)
