"""The cell of an actor that lives in a process of its own.

To the kernel it is a cell like any other: it holds a stand-in, which hands each message on and
waits. What is different is that it can be found by what its process says, and that actors may live
below it which this system does not have.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell import Cell
from holon_actors.actors._gate import BUSY
from holon_actors.actors._state import State
from holon_actors.actors._unread import refuse, spill
from holon_actors.actors.address import Address
from holon_actors.actors.mailbox import Envelope, Mailbox
from holon_actors.actors.process.cargo import Cargo, packed_cargo
from holon_actors.actors.process.far_ref import FarRef
from holon_actors.actors.process.stand_in import StandIn
from holon_actors.actors.supervision import Strategy

if TYPE_CHECKING:
    from holon_actors.actors.actor import Actor
    from holon_actors.actors.process.child import Child
    from holon_actors.actors.process.exchange import Exchange
    from holon_actors.actors.ref import ActorRef
    from holon_actors.actors.system import ActorSystem

__all__ = ["ProcessCell"]


class ProcessCell(Cell):
    """See the module."""

    __slots__ = ("_kind", "_starts", "cargo", "child")

    def __init__(
        self,
        system: ActorSystem,
        parent: Cell | None,
        name: str | None,
        cls: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None,
        mailbox: Mailbox,
        policy: Strategy,
    ) -> None:
        """Raises `UnpicklableActor`."""
        # Once, and now: a restart is to begin with what the actor was spawned with.
        self.cargo = packed_cargo(Cargo(cls, args, kwargs, policy))
        self.child: Child | None = None
        self._kind = cls.__name__
        self._starts = 0
        super().__init__(system, parent, name, StandIn, (), None, mailbox, policy)

    @property
    def name(self) -> str:
        if self._name is not None:
            return self._name
        kind = self._kind.strip("_").lower()
        return f"{kind if kind.isascii() else 'actor'}~{self._uid}"

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        child = self.child
        return None if child is None or child.ended else child.pid

    async def process_stacks(self) -> str:
        """What the process is at, in its interpreter's words; "" if it does not answer."""
        child = self.child
        return "" if child is None else await child.stacks()

    def next_start(self) -> int:
        """How many processes there have been, with the one that is about to begin."""
        self._starts += 1
        return self._starts

    def beyond(self, address: Address) -> ActorRef[Any]:
        """An actor that this one's process has, or had."""
        return FarRef(self.system, address, self._way)

    def _way(self) -> Exchange | None:
        child = self.child
        return None if child is None or child.exchange.over else child.exchange

    def put_back(self, envelope: Envelope) -> None:
        """The message that is being handled is to be handled later, before all others."""
        with self._dispatcher.lock:
            queue = spill(self)
        queue.extendleft((envelope,))
        if envelope[2] is not None:
            self._replied = True  # not by the end of this handler

    def put_aside(self) -> None:
        """The message that is being handled is to wait for `_unstash`."""
        rare = self._uncommon()
        envelope = self._current
        capacity = getattr(self._queue, "capacity", None)
        if capacity is not None and len(rare.stash) >= capacity:
            refuse(self, envelope)
        else:
            rare.stash.append(envelope)

    def fail_aside(self, error: BaseException) -> None:
        """The actor has failed, not for the message that it has now, if any."""
        if self._gate & BUSY:
            _lifecycle._due(self, partial(_lifecycle.fail, self, error))
        else:
            _lifecycle.fail(self, error)
            self._reschedule()

    def _become(self, state: State) -> None:
        resumed = self._state is State.FAILED and state is State.RUNNING
        super()._become(state)
        if resumed and self.child is not None:
            self.child.resume()
