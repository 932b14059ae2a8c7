"""The machine that simulated actor systems run on.

The simulation's loop carries it, so that any system made while the loop runs is simulated, not only
those of nodes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, cast

from holon_transports.transport import Transport

from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._log import KernelLog
from holon_actors.actors.events import (
    ActorEvent,
    ActorFailed,
    ActorRestarted,
    ActorTerminated,
    DeadLetter,
)
from holon_actors.actors.ref import ActorRef
from holon_actors.errors import ConfigError
from holon_actors.testing._kernel.ask_limits import Deadlines, RootClock
from holon_actors.testing._kernel.cells import SimCell
from holon_actors.testing._kernel.recording import Recorder
from holon_actors.testing._kernel.turns import HandlerTasks, SimDispatcher
from holon_actors.testing._kernel.waits import Waits
from holon_actors.testing._loop.life import NODE
from holon_actors.testing.errors import RealWorldRefused
from holon_actors.testing.network import SimNetwork

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem
    from holon_actors.testing._loop.loop import SimLoop

__all__ = ["SimMachine"]

_THREADS = (
    'spawn the actor with dispatcher="loop" in simulations, and let its handlers await '
    "asyncio.sleep() for the time that they would block"
)


class _Quiet(KernelLog):
    """The kernel's log, unwritten: all of it is in the trace."""

    __slots__ = ()

    def _admit(self, kind: str, level: int) -> bool:
        return False


class SimMachine:
    """See the module. `seed` decides what the systems leave to chance."""

    recorded = (DeadLetter, ActorFailed, ActorRestarted, ActorTerminated)

    def __init__(self, loop: SimLoop, recorder: Recorder, waits: Waits, seed: int) -> None:
        self.recorder = recorder
        self.waits = waits
        self.foreign = AskDeadlines(RootClock(loop))  # type: ignore[arg-type]
        self.systems: dict[ActorSystem, int] = {}  # which start of its name; oldest first
        self.network: SimNetwork
        self._loop = loop
        self._seed = seed
        self._starts: dict[str, int] = {}

    def rng(self, system: ActorSystem) -> random.Random:
        return random.Random(f"{self._seed}/{system.name}/{self.incarnation(system)}")  # noqa: S311

    def incarnation(self, system: ActorSystem) -> int:
        number = self.systems.get(system)
        if number is None:
            number = self._starts[system.name] = self._starts.get(system.name, 0) + 1
            self.systems[system] = number
        return number

    def dispatcher(
        self,
        system: ActorSystem,
        context: Context,
        report_slow: Callable[[Cell, float, int], None],
        log: KernelLog,
    ) -> Dispatcher:
        self.incarnation(system)
        system._log = _Quiet(system.name, self._loop.time)
        system.events.subscribe(self.recorded, self.heard)
        return SimDispatcher(self._loop, context, self.recorder)

    def tasks(self, system: ActorSystem, context: Context) -> HandlerTasks:
        return HandlerTasks(self._loop, context)

    def deadlines(self, system: ActorSystem) -> AskDeadlines:
        life = system._context.get(NODE)
        recorder, waits = self.recorder, self.waits
        return Deadlines(self._loop, self.foreign, life, recorder, waits, self._find)

    def _find(self, ref: ActorRef[Any]) -> Cell | None:
        """The actor that a reference to another node means now."""
        address = ref.address
        for system in reversed(self.systems):
            if system.name == address.system:
                found = system.lookup(address.path)
                return found if isinstance(found, Cell) and found.is_alive else None
        return None

    def transport(self, system: ActorSystem, endpoint: str) -> Transport:
        return self.network.transport(system.name)

    def cell_kind(self, dispatcher: str) -> type[Cell]:
        if dispatcher == "loop":
            return SimCell
        if dispatcher in ("thread", "process"):
            raise RealWorldRefused(f'dispatcher="{dispatcher}"', _THREADS)
        raise ConfigError(f'dispatcher={dispatcher!r}: "loop" or "thread"')

    def silence(self) -> None:
        """No actor runs again."""
        for system in self.systems:
            cast("SimDispatcher", system._dispatcher).silence()
        self._loop.drop_turns()

    def heard(self, event: ActorEvent) -> None:
        """Note what a system tells about itself."""
        note: Any = self.recorder.note
        match event:
            case DeadLetter(message=message, sender=sender, recipient=recipient, reason=reason):
                note("dropped", sender, recipient, (reason, message))
            case ActorFailed(ref=ref, error=error):
                note("failed", ref, None, error)
            case ActorRestarted(ref=ref):
                note("restarted", ref)
            case ActorTerminated(ref=ref, reason=reason):
                note("ended", ref, None, reason)
