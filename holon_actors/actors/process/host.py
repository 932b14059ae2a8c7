"""The actor in its own process: a system with one top-level actor, whose mailbox is elsewhere.

The system here looks like the one that has spawned the actor: same name, same addresses. The actor
is a cell as any other, with two exceptions. What is sent to its reference goes to its mailbox, on
the other side of the pipe; and its failures are judged there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._log import KernelLog
from holon_actors.actors._machine import RealMachine
from holon_actors.actors._state import State
from holon_actors.actors.actor import Actor
from holon_actors.actors.address import Address
from holon_actors.actors.events import ActorFailed
from holon_actors.actors.mailbox import Unbounded
from holon_actors.actors.process.exchange import Exchange
from holon_actors.actors.process.far_ref import FarRef
from holon_actors.actors.ref import ActorRef, DeadRef
from holon_actors.actors.supervision import Strategy
from holon_actors.actors.system import ActorSystem

__all__ = ["Bridge", "HostCell", "HostMachine", "HostSystem", "ParentCell", "Upstream"]

C = TypeVar("C")


class Bridge(Protocol):
    """What tells the other side how the actor is."""

    exchange: Exchange

    def settled(self) -> None:
        """A message may have been handled."""
        ...

    def unstash(self) -> None: ...

    def ending(self) -> None:
        """The actor has begun to end."""
        ...

    def reported(self, error: BaseException) -> None:
        """A hook has raised, or a handler of an actor on its way out."""
        ...

    def dead_letter(
        self, message: Any, sender: ActorRef[Any] | None, recipient: ActorRef[Any], reason: str
    ) -> None: ...


@dataclass(frozen=True)
class Upstream(Strategy):
    """Leaves every verdict to the supervisor on the other side, which `decide` tells."""

    max_restarts: int = 2**31
    window: float = 1e-9  # so that nothing is counted here

    @property
    def counts_per_child(self) -> bool:
        return True

    def affected(self, children: Sequence[C], failed: C) -> Sequence[C]:
        return ()


class _NoWatchdog:
    """A handler may block the loop of its own process for as long as it likes."""

    parked = False

    def stop(self) -> None:
        """Nothing runs."""


class HostMachine(RealMachine):
    """This machine, for a process that lives for one actor."""

    def dispatcher(
        self,
        system: ActorSystem,
        context: Context,
        report_slow: Callable[[Cell, float, int], None],
        log: KernelLog,
    ) -> Dispatcher:
        watchdog: Any = _NoWatchdog()
        return Dispatcher(system.loop, context, math.inf, report_slow, watchdog)


class HostSystem(ActorSystem):
    """The system of the actor at `address`, whose parent is at `parent`."""

    def __init__(
        self, bridge: Bridge, address: Address, parent: Address, ask_timeout: float, uid_base: int
    ) -> None:
        super().__init__(address.system, ask_timeout=ask_timeout, attach=False)
        self.endpoint = address.endpoint
        self.bridge = bridge
        self.host: HostCell | None = None
        self._host_address = address
        self._parent_address = parent
        self._below = f"{address.path}/"
        self._uid = self._uid_base = uid_base

    def way(self) -> Exchange:
        """What leads to all other actors."""
        return self.bridge.exchange

    def ref(self, address: Address | str) -> ActorRef[Any]:
        where = Address.parse(address) if isinstance(address, str) else address
        if where.system == self.name and where.endpoint == self.endpoint:
            if where == self._host_address and self.host is not None:
                return self.host
            if where.path.startswith(self._below):
                found = self.lookup(where.path)
                if isinstance(found, Cell) and where.uid in (None, found._uid):
                    return found
                return DeadRef(self, where)
        return FarRef(self, where, self.way)

    def lookup(self, path: str) -> ActorRef[Any] | None:
        """The living actor at a path, if it is in this process."""
        if self.host is None or not f"{path}/".startswith(self._below):
            return None
        cell: Cell | None = self.host
        for name in path[len(self._below) :].split("/"):
            cell = cell if not name or cell is None else cell._child(name)
        return cell

    def dead_letter(
        self, message: Any, sender: ActorRef[Any] | None, recipient: ActorRef[Any], reason: str
    ) -> None:
        self._counts["dead_letters"] += 1
        self.bridge.dead_letter(message, sender, recipient, reason)

    def _publish_failure(self, failed: ActorFailed) -> None:
        if failed.ref is self.host:
            self.bridge.reported(failed.error)
        else:
            super()._publish_failure(failed)

    def _root(self, name: str) -> Cell:
        if name != "user":
            return super()._root(name)
        # Named by its whole path, so that the paths of those below come out as they are.
        path = self._parent_address.path[1:]
        root = ParentCell(self, None, path, Actor, (), None, Unbounded(), self._policy)
        _lifecycle.build(root)
        return root


class _Elsewhere(Cell):
    """A cell that is here for the kernel's sake: what is sent to it goes to the other side."""

    __slots__ = ()

    @property
    def far(self) -> FarRef:
        """The one that is meant."""
        system = self.system
        assert isinstance(system, HostSystem)
        return FarRef(system, self.address, system.way)

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        self.far.tell(message, sender)

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        return await self.far.ask(message, timeout, sender=sender)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        await self.far.send(message, sender)

    def stop(self) -> None:
        self.far.stop()

    def kill(self) -> None:
        self.far.kill()


class ParentCell(_Elsewhere):
    """The actor's parent."""

    __slots__ = ()

    @property
    def address(self) -> Address:
        system = self.system
        assert isinstance(system, HostSystem)
        return system._parent_address

    def _add_watcher(self, watcher: Cell) -> None:
        self.far._add_watcher(watcher)

    def _remove_watcher(self, watcher: Cell) -> None:
        self.far._remove_watcher(watcher)


class HostCell(_Elsewhere):
    """The actor itself."""

    __slots__ = ()

    @property
    def bridge(self) -> Bridge:
        """To the other side."""
        system = self.system
        assert isinstance(system, HostSystem)
        return system.bridge

    @property
    def address(self) -> Address:
        system = self.system
        assert isinstance(system, HostSystem)
        return system._host_address

    def _after_messages(self) -> None:
        super()._after_messages()
        self.bridge.settled()

    def _handle_signal(self) -> None:
        super()._handle_signal()
        self.bridge.settled()

    def _unstash(self) -> None:
        self.bridge.unstash()
        super()._unstash()  # signals that came from this side

    def _become(self, state: State) -> None:
        super()._become(state)
        if state is State.STOPPING:
            self.bridge.ending()
