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

from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._log import KernelLog
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

    def cell_kind(self, dispatcher: str) -> type[Cell]:
        """The kind of cell for a `dispatcher=` of `spawn`. Raises `ConfigError`."""
        ...


class RealMachine:
    """This machine, this process."""

    _KINDS: ClassVar[dict[str, type[Cell]]] = {"loop": Cell, "thread": ThreadCell}

    def rng(self, system: ActorSystem) -> random.Random:
        return random.Random()  # noqa: S311  # jitter and routing, not secrets

    def incarnation(self, system: ActorSystem) -> int:
        return time.time_ns() // 1_000_000

    def dispatcher(
        self,
        system: ActorSystem,
        context: Context,
        report_slow: Callable[[Cell, float, int], None],
        log: KernelLog,
    ) -> Dispatcher:
        return Dispatcher(system.loop, context, system.slow_handler, report_slow, Watchdog(log))

    def cell_kind(self, dispatcher: str) -> type[Cell]:
        kind = self._KINDS.get(dispatcher)
        if kind is None:
            raise ConfigError(f'dispatcher={dispatcher!r}: "loop" or "thread"')
        return kind


_REAL = RealMachine()


def machine_of(loop: asyncio.AbstractEventLoop) -> Machine:
    """The machine that a loop stands for."""
    machine: Machine = getattr(loop, "holon_machine", _REAL)
    return machine
