from __future__ import annotations

import asyncio
import itertools
import pickle
from pathlib import Path
from typing import Any

import pytest

from holon_actors import Actor, ActorStopped, AskTimeout, ConfigError
from holon_actors.testing import (
    FaultPlan,
    LivenessFailed,
    NotDeterministic,
    NotInTime,
    Simulation,
    SimulationFailure,
    Tape,
    eventually,
    explore,
    lively,
)
from tests.testing.kit import Echo, Get, Put, Register, lost_update


async def broken(sim: Simulation) -> None:
    await lost_update(sim, True)


async def noted(order: list[int], number: int) -> None:
    order.append(number)


async def sound(sim: Simulation) -> None:
    await lost_update(sim, False)


def failure_of(**options: Any) -> SimulationFailure:
    with pytest.raises(SimulationFailure) as caught:
        explore(broken, **options)
    return caught.value


def test_the_first_failing_seed_is_told_with_its_error_and_trace() -> None:
    failure = failure_of()
    assert isinstance(failure.error, AssertionError)
    assert failure.__cause__ is failure.error
    assert failure.runs == failure.seed + 1
    assert str(failure.trace[0]) in str(failure.trace)
    text = str(failure)
    for part in (f"seed {failure.seed} fails", failure.replay, "what happened", "sequenceDiagram"):
        assert part in text


@pytest.mark.parametrize("strategy", ["random", "pct", "exhaustive"])
def test_the_line_that_is_shown_replays_the_very_run(strategy: Any) -> None:
    async def broken(sim: Simulation) -> None:
        order: list[int] = []
        await asyncio.gather(*(noted(order, number) for number in range(3)))
        assert order != [1, 0, 2]

    with pytest.raises(SimulationFailure) as caught:
        explore(broken, strategy=strategy)
    failure = caught.value
    simulations = []

    def simulation(**options: Any) -> Simulation:
        simulations.append(Simulation(**options))
        return simulations[-1]

    with pytest.raises(AssertionError):
        eval(failure.replay, {"Simulation": simulation, "broken": broken})
    assert list(simulations[0].trace) == list(failure.trace)
    assert simulations[0].tape == failure.tape


def test_seeds_may_be_given() -> None:
    seed = failure_of().seed
    assert failure_of(seeds=[seed]).seed == seed
    assert explore(sound, seeds=range(100, 120)).runs == 20


def test_an_exhaustive_exploration_says_whether_it_was_complete() -> None:
    async def scenario(sim: Simulation) -> None:
        register = sim.node("a", bind=None).spawn(Register)
        register.tell(Put(1))
        assert await register.ask(Get()) == 1

    found = explore(scenario, strategy="exhaustive", seeds=5_000)
    assert found.complete
    assert 1 < found.runs < 5_000
    assert not explore(scenario, strategy="exhaustive", seeds=2).complete


def test_an_exhaustive_exploration_meets_every_order() -> None:
    seen: set[str] = set()

    async def scenario(sim: Simulation) -> None:
        order: list[str] = []

        async def note(name: str) -> None:
            order.append(name)

        await asyncio.gather(*map(note, "abc"))
        seen.add("".join(order))

    assert explore(scenario, strategy="exhaustive", check_determinism=False).complete
    assert seen == {"".join(order) for order in itertools.permutations("abc")}


def test_a_failure_is_made_plainer_and_still_fails_the_same_way() -> None:
    async def scenario(sim: Simulation) -> None:
        register = sim.node("a").spawn(Register)
        for _ in range(sim.draw("puts", 50)):
            value = sim.draw("value", 1000)
            register.tell(Put(value))
            assert await register.ask(Get()) < 100, "too much"

    with pytest.raises(SimulationFailure) as caught:
        explore(scenario)
    shrunk = caught.value.shrunk
    assert shrunk is not None
    assert str(shrunk.error).startswith("too much")
    draws = [draw for draw in shrunk.tape.streams["work"] if draw[0] == "value"]
    assert [draw[2] for draw in draws if draw[2]] <= [199]
    assert all(draw[2] == 0 for draw in shrunk.tape.streams.get("sched", ()))
    with pytest.raises(AssertionError, match="too much"):
        Simulation.replay(shrunk.tape).run(scenario)


def test_faults_that_are_not_needed_are_left_out() -> None:
    plan = FaultPlan(loss=0.2, duplicate=0.2, reorder=0.2, crash_every_s=0.3, pause_every_s=0.3)

    async def scenario(sim: Simulation) -> None:
        sim.node("a", start=lambda system: system.spawn(Echo, name="echo"))
        sim.node("b")
        await asyncio.sleep(3)
        assert not any(event.kind == "crashed" for event in sim.trace), "crashed"

    with pytest.raises(SimulationFailure) as caught:
        explore(scenario, faults=plan, shrink_s=5.0)
    shrunk = caught.value.shrunk
    assert shrunk is not None
    assert shrunk.faults.active == ("crash",)
    assert "FaultPlan(crash_every_s=0.3)" in str(caught.value)


def test_a_drawn_plan_is_in_the_line_that_replays() -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a", start=lambda system: system.spawn(Echo, name="echo"))
        sim.node("b")
        await asyncio.sleep(20)
        assert not any(event.kind == "partitioned" for event in sim.trace), "parted"

    with pytest.raises(SimulationFailure) as caught:
        explore(scenario, faults=FaultPlan.swarm(), shrink_s=0)
    line = caught.value.replay
    assert "faults=FaultPlan(" in line
    names = {"Simulation": Simulation, "FaultPlan": FaultPlan, "scenario": scenario}
    from holon_actors.testing import delays

    names.update({name: getattr(delays, name) for name in delays.__all__})
    with pytest.raises(AssertionError, match="parted"):
        eval(line, names)


def test_a_scenario_that_differs_from_run_to_run_is_told() -> None:
    times = itertools.count()

    async def scenario(sim: Simulation) -> None:
        sim.node("a").spawn(Register).tell(Put(next(times)))

    with pytest.raises(NotDeterministic, match=r"Put\(0\).*Put\(1\)"):
        explore(scenario)


def test_a_skip_is_no_failure() -> None:
    async def scenario(sim: Simulation) -> None:
        pytest.skip("not now")

    with pytest.raises(pytest.skip.Exception):
        explore(scenario)


@pytest.mark.parametrize("verdict", [pytest.xfail, pytest.exit])
def test_what_ends_a_test_is_no_failure(verdict: Any) -> None:
    async def scenario(sim: Simulation) -> None:
        verdict("on purpose")

    with pytest.raises(verdict.Exception):
        explore(scenario, seeds=3)


def test_settings_that_cannot_be_are_no_failure() -> None:
    with pytest.raises(ConfigError, match="strategy"):
        explore(lost_update, seeds=3, strategy="odd")  # type: ignore[arg-type]

    async def main() -> None:
        explore(lost_update, seeds=3)

    with pytest.raises(ConfigError, match="plain code"):
        asyncio.run(main())


def test_a_failing_pytest_assertion_is_one() -> None:
    async def scenario(sim: Simulation) -> None:
        pytest.fail("no")

    with pytest.raises(SimulationFailure, match="no"):
        explore(scenario)


def test_traces_are_written_where_asked_for(tmp_path: Path) -> None:
    failure = failure_of(artifacts=tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert f"seed-{failure.seed}.found.trace.txt" in names
    tape = Tape.from_json((tmp_path / f"seed-{failure.seed}.found.tape.json").read_text())
    assert tape == failure.tape


def test_a_failure_can_be_pickled() -> None:
    failure = failure_of()
    copied = pickle.loads(pickle.dumps(failure))
    assert str(copied) == str(failure)
    assert list(copied.trace) == list(failure.trace)


@pytest.mark.parametrize("where", ["scenario", "handler"])
def test_the_time_limit_of_the_test_is_no_failure_of_the_run(where: str) -> None:
    """pytest-timeout raises its error wherever the program is just then."""
    plugin: dict[str, Any] = {"__name__": "pytest_timeout", "fail": pytest.fail}
    exec("def strike(): fail('Timeout (>60.0s) from pytest-timeout.')", plugin)

    class Struck(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            plugin["strike"]()

    async def scenario(sim: Simulation) -> None:
        if where == "scenario":
            plugin["strike"]()
        await sim.node("a").spawn(Struck).ask("now")

    with pytest.raises(pytest.fail.Exception, match="from pytest-timeout"):
        explore(scenario)


# Liveness


async def trouble(sim: Simulation) -> None:
    sim.node("a", start=lambda system: system.spawn(Echo, name="echo"))
    sim.node("b")
    sim.network.partition({"a"}, {"b"})
    await asyncio.sleep(3)
    sim.crash("a")


async def serves(sim: Simulation) -> None:
    echo = sim.node("a").lookup("/user/echo")
    assert echo is not None
    remote = sim.node("b").ref(f"{echo.address.path and echo.address}")

    async def answers() -> bool:
        try:
            return await remote.ask("hi", timeout=1.0) == "hi"
        except (ActorStopped, AskTimeout):
            return False

    await eventually(answers, within=30)


def test_once_all_is_calm_progress_can_be_demanded() -> None:
    explore(trouble, seeds=20, liveness=serves)


def test_no_progress_within_the_time_is_a_failure() -> None:
    async def never(sim: Simulation) -> None:
        await asyncio.sleep(1_000)

    with pytest.raises(SimulationFailure) as caught:
        explore(trouble, liveness=never, within=5)
    assert isinstance(caught.value.error, LivenessFailed)
    assert caught.value.replay == "Simulation(seed=0).run(lively(trouble, never, within=5))"
    with pytest.raises(LivenessFailed, match="within 5 s"):
        Simulation(0).run(lively(trouble, never, within=5))


def test_an_error_of_the_check_is_its_own() -> None:
    async def never(sim: Simulation) -> None:
        await eventually(lambda: False, within=1)

    with pytest.raises(NotInTime):
        Simulation(0).run(lively(trouble, never))


@pytest.mark.parametrize(("chains", "schedules"), [((1, 1, 1), 6), ((2, 2), 6), ((2, 1, 2), 30)])
def test_an_exhaustive_exploration_runs_each_order_once(
    chains: tuple[int, ...], schedules: int
) -> None:
    """Of chains of callbacks, there are n! / (a! b! ...) orders, counted by hand."""
    seen: list[tuple[int, ...]] = []

    async def scenario(sim: Simulation) -> None:
        loop = asyncio.get_running_loop()
        order: list[int] = []

        def link(chain: int, left: int) -> None:
            order.append(chain)
            if left > 1:
                loop.call_soon(link, chain, left - 1)

        for chain, length in enumerate(chains):
            loop.call_soon(link, chain, length)
        await asyncio.sleep(1)
        seen.append(tuple(order))

    found = explore(scenario, strategy="exhaustive", seeds=1_000)
    assert (found.complete, found.runs) == (True, schedules)
    assert len(set(seen)) == schedules


def test_pct_finds_a_bug_of_its_depth_as_often_as_it_guarantees() -> None:
    """Section 3 of the paper: at least 1 / (n * steps ** (depth - 1)) of all runs."""
    met = 0
    steps = 20

    async def scenario(sim: Simulation) -> None:
        nonlocal met
        value = [0]

        async def work() -> None:
            for _ in range(3):
                seen = value[0]
                await asyncio.sleep(0)
                value[0] = seen + 1

        await asyncio.gather(work(), work())
        met += value[0] < 6

    explore(scenario, seeds=300, strategy="pct", depth=2, steps=steps)
    assert met >= 300 / (3 * steps)
    met = 0
    explore(scenario, seeds=300, strategy="pct", depth=1, steps=steps, check_determinism=False)
    assert met == 0  # without a change of priorities, one task ends before the other begins
