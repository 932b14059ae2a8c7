"""Model-based tests of a simulated cluster, driven by Hypothesis. Needs the extra `testing`.

    class Bank(SimulationMachine):
        @initialize()
        async def open(self): ...
        @rule(amount=st.integers(1, 9))
        async def deposit(self, amount): ...
        @invariant()
        async def money_is_kept(self): ...

    TestBank = Bank.TestCase

Rules, initializers and invariants come from here and may be async: each runs inside one
simulation, whose time and messages go on while it waits. Hypothesis decides, for each of them, how
odd the order of everything is while it runs (`order`; 0 is plain), and shrinks that with the rest.
Faults are switched on by class: `faults = ("crash", "partition")`.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

from holon_actors.errors import MissingExtra
from holon_actors.testing._choices.stepped import SteppedChoices
from holon_actors.testing.simulation import Simulation

try:
    from hypothesis import stateful
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingExtra("testing", "holon_actors.testing.stateful") from error

__all__ = ["SimulationMachine", "initialize", "invariant", "rule"]

Function: TypeAlias = Callable[..., Any]

_ORDERS = st.integers(0, 2**16)
_PLACES = st.integers(0, 7)


class SimulationMachine(stateful.RuleBasedStateMachine):
    """Base of such tests. `sim` is the simulation; `options` are for its making."""

    options: ClassVar[dict[str, Any]] = {}
    faults: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._choices = SteppedChoices()
        self._failed: BaseException | None = None
        self.sim = Simulation.with_choices(self._choices, **self.options)
        self.sim.begin()

    @stateful.rule(order=_ORDERS, seconds=st.floats(0.001, 10.0))
    def time_passes(self, order: int, seconds: float) -> None:
        """Nothing is asked of the cluster for a while."""
        self.run_step(lambda _: asyncio.sleep(seconds), order)

    @stateful.precondition(lambda self: self._may("crash", "up"))
    @stateful.rule(place=_PLACES)
    def crash(self, place: int) -> None:
        """A node that knows how to start again is gone."""
        self._to_one("up", place, self.sim.crash)

    @stateful.precondition(lambda self: self._may("crash", "crashed"))
    @stateful.rule(place=_PLACES)
    def restart(self, place: int) -> None:
        """A crashed node comes back."""
        self._to_one("crashed", place, self.sim.restart)

    @stateful.precondition(lambda self: self._may("pause", "up"))
    @stateful.rule(place=_PLACES)
    def pause(self, place: int) -> None:
        """A node is held up."""
        self._to_one("up", place, self.sim.pause)

    @stateful.precondition(lambda self: self._may("pause", "paused"))
    @stateful.rule(place=_PLACES)
    def resume(self, place: int) -> None:
        """A node that was held up goes on."""
        self._to_one("paused", place, self.sim.resume)

    @stateful.precondition(lambda self: "partition" in self.faults and len(self.sim.nodes) > 1)
    @stateful.rule(place=_PLACES)
    def isolate(self, place: int) -> None:
        """A node reaches nobody, and nobody reaches it."""
        names = list(self.sim.nodes)
        self._inside(lambda: self.sim.network.isolate(names[place % len(names)]))

    @stateful.precondition(lambda self: "partition" in self.faults)
    @stateful.rule()
    def heal(self) -> None:
        """All nodes reach one another again."""
        self._inside(self.sim.network.heal)

    def _may(self, fault: str, state: str) -> bool:
        return fault in self.faults and bool(self._nodes(state))

    def _nodes(self, state: str) -> list[str]:
        startable = self.sim.restartable
        return [name for name, now in self.sim.nodes.items() if now == state and name in startable]

    def _to_one(self, state: str, place: int, verb: Callable[[str], Any]) -> None:
        names = self._nodes(state)
        self._inside(lambda: verb(names[place % len(names)]))

    def _inside(self, act: Callable[[], Any]) -> None:
        self.run_step(lambda _: act() and None, 0)

    def run_step(self, function: Callable[..., Any], order: int, **arguments: Any) -> Any:
        """Run a function of the machine inside the simulation, and return its result."""

        async def step(sim: Simulation) -> Any:
            result = function(self, **arguments)
            return await result if inspect.isawaitable(result) else result

        self._choices.turn(order)
        try:
            return self.sim.step(step)
        except BaseException as error:
            self._failed = error
            raise

    def teardown(self) -> None:
        """End the run, and fail for what nobody has taken care of in it."""
        self._choices.turn(0)
        self.sim.end(self._failed)


def _stepping(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def step(self: SimulationMachine, order: int = 0, **arguments: Any) -> Any:
        return self.run_step(function, order, **arguments)

    del step.__wrapped__  # Hypothesis would look at its signature
    return step


def rule(**settings: Any) -> Callable[[Function], Function]:
    """Like `hypothesis.stateful.rule`, for functions that may be async."""
    make: Any = stateful.rule(order=_ORDERS, **settings)
    return lambda function: make(_stepping(function))


def initialize(**settings: Any) -> Callable[[Function], Function]:
    """Like `hypothesis.stateful.initialize`, for functions that may be async."""
    make: Any = stateful.initialize(order=_ORDERS, **settings)
    return lambda function: make(_stepping(function))


def invariant(**settings: Any) -> Callable[[Function], Function]:
    """Like `hypothesis.stateful.invariant`, for functions that may be async."""
    make: Any = stateful.invariant(**settings)
    return lambda function: make(_stepping(function))
