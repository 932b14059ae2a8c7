"""What an actor system takes from the machine that it runs on.

Everything else in the kernel is decided by messages, timers and these. The event loop brings its
machine along as an attribute, `holon_machine`; a simulation's loop has one of its own, any other
loop stands for the real machine.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, ClassVar, Protocol

from holon_transports.inproc import InprocHub
from holon_transports.transport import Transport

from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._log import KernelLog
from holon_actors.actors._tasks import HandlerTasks, TaskStarter
from holon_actors.actors._threads import ThreadCell
from holon_actors.actors._watchdog import Watchdog
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Machine", "RealMachine", "machine_of"]


class Machine(Protocol):
    """Where actor systems run."""

    def rng(self, system: ActorSystem) -> random.Random:
        """What decides that which is left to chance in `system`, such as jitter."""
        ...

    def incarnation(self, system: ActorSystem) -> int:
        """A number for this start of `system`, larger than that of any earlier one."""
        ...

    def dispatcher(
        self,
        system: ActorSystem,
        context: Context,
        report_slow: Callable[[Cell, float, int], None],
        log: KernelLog,
    ) -> Dispatcher:
        """What gives the actors of `system` their turns."""
        ...

    def tasks(self, system: ActorSystem, context: Context) -> HandlerTasks:
        """What starts the tasks of handlers that wait."""
        ...

    def deadlines(self, system: ActorSystem) -> AskDeadlines:
        """What sees to the time limits of asks in `system`."""
        ...

    def transport(self, system: ActorSystem, endpoint: str) -> Transport:
        """What carries the frames of `system` to endpoints of this one's scheme. Raises
        `InvalidEndpoint`.
        """
        ...

    def cell_kind(self, dispatcher: str) -> type[Cell]:
        """The kind of cell for a `dispatcher=` of `spawn`. Raises `ConfigError`."""
        ...


class RealMachine:
    """This machine, this process."""

    _KINDS: ClassVar[dict[str, type[Cell]]] = {"loop": Cell, "thread": ThreadCell}

    def rng(self, system: ActorSystem) -> random.Random:
        return random.Random()  # noqa: S311  # jitter and routing, not secrets

    def incarnation(self, system: ActorSystem) -> int:
        # Microseconds: a system that is made anew at once is not to be taken for the one before.
        return time.time_ns() // 1_000

    def dispatcher(
        self,
        system: ActorSystem,
        context: Context,
        report_slow: Callable[[Cell, float, int], None],
        log: KernelLog,
    ) -> Dispatcher:
        return Dispatcher(system.loop, context, system.slow_handler, report_slow, Watchdog(log))

    def tasks(self, system: ActorSystem, context: Context) -> HandlerTasks:
        return TaskStarter(system.loop, context)

    def deadlines(self, system: ActorSystem) -> AskDeadlines:
        return AskDeadlines(system.loop)

    def transport(self, system: ActorSystem, endpoint: str) -> Transport:
        if endpoint.startswith("inproc://"):
            return _hub_of(system.loop).transport()
        # Here, as most systems never leave their process.
        from holon_transports.zeromq import ZmqTransport  # noqa: PLC0415

        return ZmqTransport(
            system_name=system.name,
            rng=system.rng,
            security=system.security,
            insecure=system.insecure,
        )

    def cell_kind(self, dispatcher: str) -> type[Cell]:
        kind = self._KINDS.get(dispatcher)
        if kind is not None:
            return kind
        if dispatcher != "process":
            raise ConfigError(f'dispatcher={dispatcher!r}: "loop", "thread" or "process"')
        # Here, as most systems have no processes.
        from holon_actors.actors.process.cell import ProcessCell  # noqa: PLC0415

        return ProcessCell


def _hub_of(loop: asyncio.AbstractEventLoop) -> InprocHub:
    """The hub of all systems on one event loop; it lives and dies with the loop."""
    hub: InprocHub | None = getattr(loop, "holon_inproc_hub", None)
    if hub is None:
        hub = InprocHub()
        loop.holon_inproc_hub = hub  # type: ignore[attr-defined]  # every loop takes attributes
    return hub


_REAL = RealMachine()


def machine_of(loop: asyncio.AbstractEventLoop) -> Machine:
    """The machine that a loop stands for."""
    machine: Machine = getattr(loop, "holon_machine", _REAL)
    return machine
