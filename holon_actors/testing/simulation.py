"""A whole cluster in one process, on virtual time, with every choice decided by a seed.

    async def scenario(sim):
        bank = sim.node("a").spawn(Account, 10, name="ada")
        assert await bank.ask(Balance(), timeout=1.0) == 10

    Simulation(seed=7).run(scenario)

Actors, tasks and timers run in an order that the seed decides; the same seed always gives the same
run. No faults come unless asked for. How many seeds are tried, and what a failing one is made of,
is the business of `explore`.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, Self, TypeAlias, TypeVar

from holon_actors.actors.system import ActorSystem
from holon_actors.errors import ConfigError
from holon_actors.testing._choices.sources import ScheduledChoices
from holon_actors.testing._choices.stream_random import StreamRandom
from holon_actors.testing._choices.tape import STREAMS, ReplayedChoices, SeededChoices, Tape
from holon_actors.testing._loop.scheduling import Fifo, Pct, RandomOrder, Scheduler
from holon_actors.testing._run.cluster import Start
from holon_actors.testing._run.session import Choices, Limits, Session
from holon_actors.testing.conditions import invariant
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.errors import SimulationNotRunning
from holon_actors.testing.faults import FaultPlan, Swarm
from holon_actors.testing.network import SimNetwork
from holon_actors.testing.probes import Probe
from holon_actors.testing.trace import Trace

__all__ = ["Scenario", "Simulation", "Strategy"]

T = TypeVar("T")

Strategy: TypeAlias = Literal["random", "pct", "fifo"]
_STRATEGIES = ("random", "pct", "fifo")
Scenario: TypeAlias = "Callable[[Simulation], Awaitable[T]]"


class Simulation:
    """One run; it can be used once.

    `seed` decides everything that is left to chance. `strategy` says how what runs next is chosen:
    "random" picks any that is ready, "pct" gives priorities and changes them `depth - 1` times
    within `steps` steps (see `Pct`), "fifo" runs in order, as asyncio does. `faults` is a fault
    plan, or a swarm from which the seed draws one. `schedule`, as `explore` finds it with
    "exhaustive", lists the picks among ready callbacks; the seed does not decide those then.
    `ask_cycles="ignore"` lets actors wait for one another in a circle until their asks time out.
    `steps_max` and `time_max` (virtual seconds) end a run that does not end by itself.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        strategy: Strategy = "random",
        depth: int = 3,
        steps: int = 1_000,
        faults: FaultPlan | Swarm | None = None,
        schedule: Sequence[int] | None = None,
        ask_cycles: Literal["fail", "ignore"] = "fail",
        steps_max: int = 2_000_000,
        time_max: float = 86_400.0,
    ) -> None:
        if strategy not in _STRATEGIES:
            raise ConfigError(f"strategy={strategy!r}: one of {', '.join(_STRATEGIES)}")
        for name, value in (("depth", depth), ("steps", steps), ("steps_max", steps_max)):
            if value < 1:
                raise ConfigError(f"{name}={value}: at least 1")
        self.seed = seed
        self._strategy = strategy
        self._pct = (depth, steps)
        self._given_faults = faults
        self.faults: FaultPlan | None = faults if isinstance(faults, FaultPlan) else None
        self._limits = Limits(steps_max, time_max, ask_cycles == "fail")
        self._choices: Choices = (
            SeededChoices(seed) if schedule is None else ScheduledChoices(seed, schedule)
        )
        self._session: Session | None = None
        self._trace = Trace(())  # of the run when it is over
        self._tape: Tape | None = None
        self._ended = False
        self.ended_at = 0.0  # virtual seconds
        self.steps = 0  # callbacks that it took

    @classmethod
    def replay(cls, tape: Tape, **options: Any) -> Self:
        """The simulation that makes the choices of a tape, with the `options` it was made with.

        Its run raises `TapeMismatch` where the program asks for other choices.
        """
        return cls.with_choices(ReplayedChoices(tape), **options)

    @classmethod
    def with_choices(cls, choices: Choices, **options: Any) -> Self:
        """A simulation whose choices come from somewhere else than its seed."""
        simulation = cls(**options)
        simulation._choices = choices
        return simulation

    # --- a run ---

    def run(self, scenario: Scenario[T]) -> T:
        """Run `scenario(sim)` to its end, then shut all systems down; return its result.

        Raises what the scenario raises; what actors and tasks leave unhandled, as
        `UnhandledErrors`; `AskCycle`, `InvariantBroken`, `RealWorldRefused`; and
        `SimulationDeadlock`, `StepLimitReached` or `TimeLimitReached` when it does not end.
        """
        self.begin()
        error: BaseException | None = None
        try:
            return self.step(scenario)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.end(error)

    def begin(self) -> None:
        """Set the run up. `run` does this, `step` and `end` in one.

        Raises `ConfigError` the second time, and within a running event loop.
        """
        refuse_running_loop()
        if self._session is not None:
            raise ConfigError("a Simulation runs once: make another one with the same seed")
        if isinstance(self._given_faults, Swarm):
            self.faults = self._given_faults.draw(self._choices.stream("plan"))
        self._session = Session(self._choices, self._scheduler(), self.faults, self._limits)

    def step(self, scenario: Scenario[T]) -> T:
        """Run `scenario(self)` to its end; everything else goes on at the next step."""
        return self._running.run(_main(scenario, self))

    def end(self, error: BaseException | None = None) -> None:
        """Shut down and take apart. After an `error`, what else is wrong becomes a note of it."""
        session = self._running
        self._ended = True
        self.ended_at, self.steps = session.loop.now_ns / 1e9, session.loop.steps
        try:
            session.finish(error)
        finally:
            self._keep_what_is_asked_for(session)
        if isinstance(self._choices, ReplayedChoices) and error is None:
            self._choices.finish()

    def _keep_what_is_asked_for(self, session: Session) -> None:
        """The parts of a run know one another, so they stay until Python looks for garbage. Most of
        a run is its notes and draws: these go with the simulation.
        """
        self._trace, self._tape = Trace(session.recorder.take()), self._choices.tape()
        for name in STREAMS:
            self._choices.stream(name).draws.clear()
        session.cluster.forget_starts()

    def _scheduler(self) -> Scheduler:
        stream = self._choices.stream("sched")
        match self._strategy:
            case "random":
                return RandomOrder(stream)
            case "pct":
                return Pct(stream, depth=self._pct[0], steps=self._pct[1])
            case "fifo":
                return Fifo()

    @property
    def _running(self) -> Session:
        if self._session is None or self._ended:
            raise SimulationNotRunning
        return self._session

    # --- nodes ---

    def node(self, name: str, *, start: Start | None = None, **options: Any) -> ActorSystem:
        """The actor system of a node, made at first use, with `options` for `ActorSystem`.

        `start(system)`, which may be async, is called then and after each restart: it spawns what
        the node is there for. Only nodes that have one are crashed by fault plans.
        """
        return self._running.cluster.system(name, start, options)

    @property
    def nodes(self) -> dict[str, str]:
        """Name -> "up", "paused" or "crashed"."""
        return self._running.cluster.states()

    @property
    def restartable(self) -> list[str]:
        """The nodes that have a `start`."""
        return self._running.cluster.restartable()

    def crash(self, name: str, *, torn: bool = False) -> None:
        """End a node at once: none of its code runs again while the run lasts, not even a
        `finally`, its network goes silent, and its disk keeps what was durable; `torn` leaves parts
        of what was not. A callback of its own that calls this runs to its end.

        Asks that others have pending there directly end with `ActorStopped`, as does `send`; who
        watches from outside gets `Terminated` with the reason "node-lost".
        """
        self._running.cluster.crash(name, torn)

    def restart(self, name: str) -> ActorSystem:
        """Start a crashed node again, and return its new system. A living one stays as it is."""
        return self._running.cluster.restart(name)

    def pause(self, name: str) -> None:
        """Hold a node up as a long garbage collection does: it does nothing, time goes on."""
        self._running.cluster.pause(name)

    def resume(self, name: str) -> None:
        """Let a paused node do all that has come due."""
        self._running.cluster.resume(name)

    def skew(self, name: str, *, offset: float = 0.0, drift: float | None = None) -> None:
        """Let a node's clock jump by `offset` seconds, and gain `drift` seconds in each from now.

        Timers that are set already keep their true time.
        """
        self._running.cluster.skew(name, offset, drift)

    @property
    def network(self) -> SimNetwork:
        """Between the nodes."""
        return self._running.network

    def disk(self, node: str) -> SimDisk:
        """The disk of a node, a `holon_actors.storage.Disk`. It outlives the node's crashes."""
        return self._running.disk(node)

    async def calm(self) -> None:
        """End all trouble: heal the network, resume and restart the nodes.

        From here on a scenario may demand progress.
        """
        session = self._running
        session.calm()
        session.cluster.all_well()

    # --- chance and time ---

    def time(self) -> float:
        """Virtual seconds since the run began, whatever the clocks of nodes show."""
        if self._session is None or self._session.finished:
            raise SimulationNotRunning
        return self._session.loop.now_ns / 1e9

    def draw(self, label: str, bound: int) -> int:
        """A choice of the scenario: a number at least 0 and below `bound`. Let 0 be the plainest;
        a failing run is made as plain as it can be.
        """
        return self._choices.stream("work").draw(label, bound)

    @property
    def rng(self) -> random.Random:
        """The same as a `random.Random`."""
        return StreamRandom(self._choices.stream("work"))

    # --- what must hold, and what happened ---

    def always(self, predicate: Callable[[], object], text: str = "") -> None:
        """From now on `predicate()` must be true after every step of the run; otherwise the run
        ends with `InvariantBroken`, which says `text`.
        """
        loop = self._running.loop
        loop.checks.append(invariant(loop, predicate, text))

    def probe(self, name: str | None = None, *, node: str | None = None) -> Probe:
        """An actor in the hand of the scenario, of a node or else of a system that is none."""
        if node is not None:
            return Probe(self.node(node), name)
        return Probe(self._running.own_system(), name)

    @property
    def trace(self) -> Trace:
        """What has happened so far, oldest first."""
        if self._session is None or self._ended:
            return self._trace
        return Trace(tuple(self._session.recorder.notes))

    def fingerprint(self) -> str:
        """A hash of all events and choices: equal for equal runs, in any process."""
        return fingerprint(self.trace, self.tape)

    @property
    def tape(self) -> Tape:
        """The choices made so far, for `Simulation.replay`."""
        return self._choices.tape() if self._tape is None else self._tape


async def _main(scenario: Scenario[T], simulation: Simulation) -> T:
    return await scenario(simulation)


def refuse_running_loop() -> None:
    """Raises `ConfigError` where no simulation can run."""
    if asyncio._get_running_loop() is not None:
        raise ConfigError(
            "a simulation runs on an event loop of its own: call it from plain code, not from a "
            "coroutine"
        )


def fingerprint(trace: Trace, tape: Tape) -> str:
    """64 hexadecimal digits, the same whether a fault plan was drawn from a swarm or given."""
    draws = tape.without("plan").to_json()
    return hashlib.sha256(f"{trace.fingerprint()}{draws}".encode()).hexdigest()
