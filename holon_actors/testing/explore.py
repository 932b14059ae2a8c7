"""Tries a scenario under many seeds, and shows the plainest failure it can make of the first one.

explore(scenario, seeds=1000)                          # random order of everything
explore(scenario, strategy="pct")                      # strict priorities that change at times
explore(scenario, strategy="exhaustive", seeds=10_000) # all orders of a small scenario
explore(scenario, faults=FaultPlan.swarm())            # and a different mix of faults each time
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from holon_actors.testing._choices.schedules import Schedules
from holon_actors.testing._choices.shrinking import Attempt, shrink
from holon_actors.testing._choices.sources import LenientChoices, ScheduledChoices
from holon_actors.testing._choices.tape import Tape
from holon_actors.testing.errors import LivenessFailed, NotDeterministic
from holon_actors.testing.failure import Run, SimulationFailure
from holon_actors.testing.simulation import Scenario, Simulation, refuse_running_loop

__all__ = ["Exploration", "Liveness", "explore", "lively"]

Liveness: TypeAlias = "Callable[[Simulation], Awaitable[object]]"

# What may pass through a run that is not its failure; by name where the library may be absent: what
# pytest and Hypothesis raise to end or give up a test.
_EXITS = (KeyboardInterrupt, SystemExit, GeneratorExit)
_VERDICTS = {"Skipped", "XFailed", "Exit", "UnsatisfiedAssumption", "StopTest"}


@dataclass(frozen=True, slots=True)
class Exploration:
    """What an exploration without a failure has done: how many `runs`, whether they were all there
    are (`complete`; only "exhaustive" can tell), and how many virtual seconds they took together.
    """

    runs: int
    complete: bool
    virtual_s: float


def explore(
    scenario: Scenario[Any],
    seeds: int | Iterable[int] = 1000,
    *,
    strategy: Literal["random", "pct", "exhaustive"] = "random",
    faults: Any = None,
    liveness: Liveness | None = None,
    within: float = 60.0,
    shrink_s: float = 10.0,
    check_determinism: bool = True,
    artifacts: str | Path | None = None,
    again: str | None = None,
    **options: Any,
) -> Exploration:
    """Run `scenario(sim)` under many seeds, from 0 on or those given. Raises `SimulationFailure`
    for the first that fails.

    `strategy` and `faults` are as for `Simulation`, as are further `options`; "exhaustive" runs one
    seed under all orders of callbacks, at most `seeds` of them. `liveness(sim)` is awaited behind
    the scenario, when all faults have ended, and has `within` virtual seconds to succeed. A failing
    run is made plainer for at most `shrink_s` real seconds (0: not at all). The first seed is run
    twice, and `NotDeterministic` is raised when the two differ. `artifacts` is a folder for full
    traces of a failure, `again` a command that runs `{seed}` again, to be shown with it.
    Raises `ConfigError` for options that cannot be, and within a running event loop.
    """
    refuse_running_loop()
    name = getattr(scenario, "__name__", "scenario")
    if liveness is not None:
        check = getattr(liveness, "__name__", "liveness")
        name = f"lively({name}, {check}, within={within!r})"
        scenario = lively(scenario, liveness, within)
    explorer = _Explorer(scenario, name, faults, options, shrink_s, again)
    try:
        if strategy == "exhaustive":
            return explorer.exhaust(seeds)
        return explorer.sweep(_numbers(seeds), strategy, check_determinism)
    except SimulationFailure as failure:
        if artifacts is not None:
            failure.write(artifacts)
        raise


def lively(scenario: Scenario[Any], check: Liveness, within: float = 60.0) -> Scenario[Any]:
    """A scenario that ends its faults after `scenario`, and then must pass `check(sim)` `within` so
    many virtual seconds. Raises `LivenessFailed` when it does not.
    """

    async def with_liveness(sim: Simulation) -> Any:
        result = await scenario(sim)
        await sim.calm()
        try:
            async with asyncio.timeout(within) as limit:
                await check(sim)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise LivenessFailed(within) from error
        return result

    return with_liveness


class _Explorer:
    def __init__(
        self,
        scenario: Scenario[Any],
        name: str,
        faults: Any,
        options: dict[str, Any],
        shrink_s: float,
        again: str | None,
    ) -> None:
        self._scenario = scenario
        self._name = name
        self._faults = faults
        self._options = options
        self._shrink_s = shrink_s
        self._again = again
        self._runs = 0
        self._virtual_s = 0.0

    # --- the ways to go ---

    def sweep(self, seeds: Iterator[int], strategy: str, twice: bool) -> Exploration:
        """One run for each seed."""
        options = {**self._options, "strategy": strategy}
        for seed in seeds:
            if strategy == "pct" and "steps" not in options:
                options["steps"] = self._length(seed)
            found = self._run(simulation := Simulation(seed, faults=self._faults, **options))
            if found is not None:
                line = self._line("Simulation", {"seed": seed, **options}, found)
                raise self._failure(seed, found, line, options)
            if twice:
                self._compare(simulation, Simulation(seed, faults=self._faults, **options))
                twice = False
        return Exploration(self._runs, False, self._virtual_s)

    def exhaust(self, seeds: int | Iterable[int]) -> Exploration:
        """All schedules of one seed, at most so many."""
        most, seed = (seeds, 0) if isinstance(seeds, int) else (1000, next(iter(seeds), 0))
        schedules = Schedules()
        while self._runs < most:
            schedule = schedules.next()
            if schedule is None:
                return Exploration(self._runs, True, self._virtual_s)
            choices = ScheduledChoices(seed, schedule)
            simulation = Simulation.with_choices(choices, faults=self._faults, **self._options)
            found = self._run(simulation)
            if found is not None:
                settings = {"seed": seed, "schedule": schedule, **self._options}
                line = self._line("Simulation", settings, found)
                raise self._failure(seed, found, line, self._options)
            schedules.ran(
                schedule, [bound for _, bound, _ in simulation.tape.streams.get("sched", ())]
            )
        return Exploration(self._runs, schedules.next() is None, self._virtual_s)

    # --- one run ---

    def _run(self, simulation: Simulation) -> Run | None:
        """The run if it failed."""
        self._runs += 1
        try:
            simulation.run(self._scenario)
        except _EXITS:
            raise
        except BaseException as error:  # a test's failure need not be an Exception
            if type(error).__name__ in _VERDICTS:
                raise
            limit = _test_s_time_limit(error)
            if limit is not None:
                raise limit from None
            # The plan is in `faults`, and is given to whoever runs this again.
            tape = simulation.tape.without("plan")
            return Run(error, simulation.trace, tape, simulation.faults)
        finally:
            self._virtual_s += simulation.ended_at
        return None

    def _length(self, seed: int) -> int:
        """How many steps a run takes, for "pct" to spread its changes over."""
        simulation = Simulation(seed, faults=self._faults, **{**self._options, "strategy": "fifo"})
        self._run(simulation)
        self._runs -= 1
        return max(1, simulation.steps)

    def _compare(self, first: Simulation, again: Simulation) -> None:
        found = self._run(again)
        self._runs -= 1
        if first.fingerprint() != again.fingerprint():
            raise NotDeterministic(first.seed, _difference(first, again)) from (
                None if found is None else found.error
            )

    # --- a failure ---

    def _line(self, call: str, settings: dict[str, Any], found: Run) -> str:
        shown = {k: v for k, v in settings.items() if (k, v) != ("strategy", "random")}
        if found.faults is not None:
            shown["faults"] = found.faults
        arguments = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{call}({arguments}).run({self._name})"

    def _failure(
        self, seed: int, found: Run, line: str, options: dict[str, Any]
    ) -> SimulationFailure:
        runs = self._runs
        shrunk = self._shrunk(found, options) if self._shrink_s > 0 else None
        again = None if self._again is None else self._again.replace("{seed}", str(seed))
        return SimulationFailure(seed, found, line, shrunk, runs, again)

    def _shrunk(self, found: Run, options: dict[str, Any]) -> Run | None:
        end = time.perf_counter() + self._shrink_s
        wanted = _shape(found.error)
        # A run that got plainer hardly needs more steps; one that gets stuck is not worth them.
        options = {**options, "steps_max": max(1_000, 4 * _draws(found.tape) + 1_000)}

        def attempt(faults: Any, source: Tape | int) -> Attempt | None:
            if isinstance(source, int):
                simulation = Simulation(source, faults=faults, **options)
            else:
                choices = LenientChoices(source)
                simulation = Simulation.with_choices(choices, faults=faults, **options)
            run = self._run(simulation)
            if run is None or _shape(run.error) != wanted:
                return None
            return Attempt(faults, run.tape, run)

        best = shrink(
            attempt, lambda: time.perf_counter() > end, Attempt(found.faults, found.tape, found)
        )
        return None if best.failure is found else replace(best.failure)


def _numbers(seeds: int | Iterable[int]) -> Iterator[int]:
    return iter(range(seeds)) if isinstance(seeds, int) else iter(seeds)


def _draws(tape: Tape) -> int:
    return sum(map(len, tape.streams.values()))


def _shape(error: BaseException) -> tuple[Any, ...]:
    """What kind of failure it is: the type, and the text without its numbers."""
    if isinstance(error, BaseExceptionGroup):
        return (type(error), *map(_shape, error.exceptions))
    text = str(error).partition("\n")[0]
    return (type(error), re.sub(r"[0-9]+", "0", text)[:80])


def _difference(first: Simulation, again: Simulation) -> str:
    for place, (one, other) in enumerate(zip(first.trace, again.trace, strict=False)):
        if one != other:
            return f"event {place} is {one} in one run, {other} in the other"
    ours, theirs = first.tape.streams, again.tape.streams
    for name in ours:
        for place, (one_draw, other_draw) in enumerate(
            zip(ours[name], theirs.get(name, ()), strict=False)
        ):
            if one_draw != other_draw:
                return f"draw {place} of stream {name!r} is {one_draw} and {other_draw}"
    return f"one run has {len(first.trace)} events, the other {len(again.trace)}"


def _test_s_time_limit(error: BaseException) -> BaseException | None:
    """What pytest-timeout has raised in the middle of the run, if that is behind `error`: the
    test's time is up, and a run that is interrupted has not failed.
    """
    pending: list[BaseException | None] = [error]
    seen: dict[int, None] = {}
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen[id(each)] = None
        frame = each.__traceback__
        while frame is not None:
            if frame.tb_frame.f_globals.get("__name__") == "pytest_timeout":
                return each
            frame = frame.tb_next
        pending += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]
    return None
