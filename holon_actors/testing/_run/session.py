"""One simulated run from begin to end: its loop, machine, nodes, network and disks, put together.

`Simulation` is the face of it. A session can run several coroutines one after the other, on the
same loop; only `finish` ends it.
"""

from __future__ import annotations

import random
from collections.abc import Coroutine
from typing import Any, NamedTuple, Protocol, TypeVar

from holon_actors.actors.system import ActorSystem
from holon_actors.testing._choices.tape import RecordedStream, Tape
from holon_actors.testing._kernel.machine import SimMachine
from holon_actors.testing._kernel.recording import Recorder
from holon_actors.testing._kernel.waits import Waits
from holon_actors.testing._loop.life import CRASHED
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import Scheduler
from holon_actors.testing._nemesis.nemesis import Nemesis
from holon_actors.testing._run.cluster import Cluster
from holon_actors.testing._run.guard import Guard
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.faults import FaultPlan
from holon_actors.testing.network import SimNetwork
from holon_actors.testing.profiles import DiskProfile

__all__ = ["Choices", "Limits", "Session"]

T = TypeVar("T")

# What the systems of a run get to stop, in virtual seconds.
_SHUTDOWN_S = 10.0


class Choices(Protocol):
    """Where all streams of a run come from."""

    def stream(self, name: str) -> RecordedStream: ...
    def tape(self) -> Tape: ...


class Limits(NamedTuple):
    """What ends a run: callbacks, virtual seconds, and whether an ask cycle does."""

    steps: int
    time_s: float
    ask_cycles: bool


class Session:
    """See the module."""

    def __init__(
        self,
        choices: Choices,
        scheduler: Scheduler,
        faults: FaultPlan | None,
        limits: Limits,
    ) -> None:
        self.choices = choices
        self._begun = False
        self.finished = False  # nothing of the run will happen any more
        self._own: ActorSystem | None = None
        seed = choices.stream("work").draw("seed", 1 << 62)
        self.recorder = Recorder()
        self.loop = SimLoop(scheduler, steps_max=limits.steps, time_max=limits.time_s)
        self.loop.on_time = self.recorder.advance
        waits = Waits(self.loop.abort if limits.ask_cycles else None)
        self.machine = SimMachine(self.loop, self.recorder, waits, seed)
        self.loop.holon_machine = self.machine
        self.network = SimNetwork(self.loop, choices.stream("net"), self._network_note)
        self.machine.network = self.network
        self.cluster = Cluster(self.loop, self.machine, self)
        self._disks: dict[str, SimDisk] = {}
        self._disk_profile = DiskProfile() if faults is None else faults.disk_profile()
        self._nemesis: Nemesis | None = None
        if faults is not None:
            self._nemesis = Nemesis(faults, choices, self.loop, self.network, self.cluster)
        self._guard = Guard(self._clock_ns, random.Random(f"{seed}/machine"))  # noqa: S311

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, with whatever else is there to run meanwhile."""
        with self._guard:
            if self._nemesis is not None and not self._begun:
                self._nemesis.start()
            self._begun = True
            return self.loop.run_until_complete(main)

    def own_system(self) -> ActorSystem:
        """The scenario's own, which is no node and meets no faults."""
        if self._own is None:
            self._own = ActorSystem("scenario")
        return self._own

    def disk(self, node: str) -> SimDisk:
        """The disk of a node; it is there before the node is, and outlives it."""
        disk = self._disks.get(node)
        if disk is None:
            stream, profile = self.choices.stream("disk"), self._disk_profile
            disk = SimDisk(self.loop, stream, node, profile=profile, trace=self._disk_note)
            self._disks[node] = disk
        return disk

    def calm(self) -> None:
        """No more faults, from now on."""
        self._disk_profile = DiskProfile()
        for disk in self._disks.values():
            disk.profile = self._disk_profile
        if self._nemesis is not None:
            self._nemesis.stop()
        self.network.heal()

    def finish(self, error: BaseException | None = None) -> None:
        """Shut all systems down and end the run. An error that comes up becomes a note of `error`,
        if there is one; else it is raised.
        """
        self.recorder.close()
        self.loop.checks.clear()
        with self._guard:
            try:
                if error is None:
                    self.loop.run_until_complete(self._shut_down())
                else:
                    self.cluster.close()
                    self.machine.silence()
            except BaseException as late:
                error = late
                raise
            finally:
                try:
                    self.loop.finish(error)
                finally:
                    self.finished = True

    async def _shut_down(self) -> None:
        self.cluster.resume_all()
        self.calm()
        for system in tuple(self.machine.systems):
            if not self._crashed(system):
                await system.shutdown(_SHUTDOWN_S)

    def _crashed(self, system: ActorSystem) -> bool:
        life: Any = getattr(system._dispatcher, "life", None)
        return life is not None and life.state is CRASHED

    def node_crashed(self, name: str, torn: bool) -> None:
        """A node is gone: so is what it had on the network and not safely on its disk."""
        self.network.crash(name)
        if name in self._disks:
            self._disks[name].crash(torn=torn)

    def _clock_ns(self) -> int:
        return round(self.loop.time() * 1e9)

    def _disk_note(self, kind: str, node: str, text: str) -> None:
        self.recorder.note(kind, node, None, text or None)

    def _network_note(self, kind: str, from_: str, to: str, text: str) -> None:
        kind = "lost" if kind == "dropped" else kind  # which is what becomes of messages to nobody
        self.recorder.note(kind, from_ or "network", to or None, text or None)
