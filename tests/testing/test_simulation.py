from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import tracemalloc
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorRef,
    ActorStopped,
    ActorSystem,
    ActorTerminated,
    AskTimeout,
    Bounded,
    ConfigError,
    Engine,
    NodeUnreachable,
    ShutdownReport,
    Terminated,
    flow,
)
from holon_actors.testing import (
    FaultPlan,
    InvariantBroken,
    RealWorldRefused,
    Simulation,
    SimulationDeadlock,
    SimulationNotRunning,
    TapeMismatch,
    TimeLimitReached,
    UnhandledErrors,
    UnknownNode,
)
from tests.testing.kit import Echo, Get, Put, Register, interpreter, output


def test_actors_of_nodes_answer_in_virtual_time() -> None:
    async def scenario(sim: Simulation) -> float:
        slow = sim.node("a").spawn(Echo)
        assert await slow.ask(3_600.0, timeout=4_000) == 3_600.0
        return sim.time()

    assert Simulation(seed=1).run(scenario) == 3_600


def test_the_order_of_actors_is_the_seeds() -> None:
    async def scenario(sim: Simulation) -> list[str]:
        seen: list[str] = []

        class Note(Actor):
            def receive(self, message: Any, sender: Any) -> None:
                seen.append(message)

        actors = [sim.node("a").spawn(Note) for _ in range(5)]
        for actor, name in zip(actors, "abcde", strict=True):
            actor.tell(name)
        await asyncio.sleep(1)
        return seen

    orders = {"".join(Simulation(seed).run(scenario)) for seed in range(200)}
    assert len(orders) > 60
    assert {"".join(sorted(order)) for order in orders} == {"abcde"}
    assert "".join(Simulation(3, strategy="fifo").run(scenario)) == "abcde"


def test_messages_of_one_sender_keep_their_order_under_every_seed() -> None:
    async def scenario(sim: Simulation) -> None:
        seen: list[int] = []

        class Note(Actor):
            async def receive(self, message: int, sender: Any) -> None:
                await asyncio.sleep(message % 2)
                seen.append(message)

        actor = sim.node("a").spawn(Note)
        for number in range(10):
            actor.tell(number)
        await actor.ask(10, timeout=60)
        assert seen == list(range(11))

    for seed in range(100):
        Simulation(seed).run(scenario)


def test_a_system_that_the_program_makes_itself_is_simulated_too() -> None:
    async def scenario(sim: Simulation) -> str:
        async with ActorSystem("own") as system:
            echo = system.spawn(Echo, name="echo")
            await echo.ask(1.0, timeout=5)
        return str(sim.trace)

    assert "echo@own" in Simulation(1).run(scenario)


def test_an_engine_is_simulated_too() -> None:
    @flow
    async def slow(x: int) -> int:
        await asyncio.sleep(100)
        return x + 1

    async def scenario(sim: Simulation) -> tuple[list[int], float]:
        async with Engine(max_concurrency=2) as engine:
            results = await asyncio.gather(*(engine.execute(slow, i) for i in range(4)))
            return list(results), sim.time()

    assert Simulation(1).run(scenario) == ([1, 2, 3, 4], 200)


@pytest.mark.parametrize("dispatcher", ["thread", "process"])
def test_actors_on_threads_are_refused_with_what_to_use(dispatcher: str) -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a").spawn(Echo, dispatcher=dispatcher)

    with pytest.raises(RealWorldRefused, match='dispatcher="loop"'):
        Simulation(1).run(scenario)


# Nodes


def test_a_crashed_node_runs_nothing_any_more_not_even_a_finally() -> None:
    done: list[str] = []

    class Busy(Actor):
        async def receive(self, message: Any, sender: Any) -> None:
            try:
                await asyncio.sleep(1)
                done.append("woke")
            finally:
                if not self.system.loop.is_closed():
                    done.append("finally")

        def stopped(self) -> None:
            done.append("stopped")

    async def scenario(sim: Simulation) -> None:
        busy = sim.node("a").spawn(Busy)
        busy.tell("go")
        await asyncio.sleep(0.5)
        sim.crash("a")
        await asyncio.sleep(10)
        assert sim.nodes == {"a": "crashed"}

    Simulation(1).run(scenario)
    assert done == []


def test_who_asks_a_node_that_crashes_is_told_so() -> None:
    async def scenario(sim: Simulation) -> None:
        echo = sim.node("a").spawn(Echo)
        asking = asyncio.create_task(echo.ask(5.0))
        await asyncio.sleep(1)
        sim.crash("a")
        with pytest.raises(ActorStopped, match="crashed"):
            await asking
        with pytest.raises(ActorStopped, match="crashed"):
            await echo.ask(1)
        echo.tell(2)
        assert not echo.is_alive
        assert sim.trace[-1].kind == "dropped"

    Simulation(1).run(scenario)


def test_a_node_that_asks_and_crashes_leaves_nothing_behind() -> None:
    class Asking(Actor):
        async def receive(self, message: Any, sender: Any) -> None:
            await message.ask(100.0, timeout=5)

    async def scenario(sim: Simulation) -> None:
        echo = sim.node("a").spawn(Echo)
        sim.node("b").spawn(Asking).tell(echo)
        await asyncio.sleep(1)
        sim.crash("b")
        await asyncio.sleep(200)

    Simulation(1).run(scenario)


@pytest.mark.parametrize("turns", range(8))
def test_who_waits_for_a_shutdown_of_a_node_that_crashes_is_told_so(turns: int) -> None:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("a")
        system.spawn(Echo)
        waiting = asyncio.ensure_future(system.shutdown())
        for _ in range(turns):
            await asyncio.sleep(0)
        sim.crash("a")
        assert isinstance(await waiting, ShutdownReport)

    Simulation(3).run(scenario)


def test_the_time_can_be_told_until_the_last_actor_has_ended() -> None:
    times: list[float] = []

    async def scenario(sim: Simulation) -> None:
        system = sim.node("a")
        system.spawn(Echo)
        system.events.subscribe(ActorTerminated, lambda event: times.append(sim.time()))
        await asyncio.sleep(1)

    simulation = Simulation()
    simulation.run(scenario)
    assert times
    assert min(times) >= 1
    with pytest.raises(SimulationNotRunning):
        simulation.time()


def test_who_waits_to_send_to_a_node_that_crashes_is_told_so() -> None:
    async def scenario(sim: Simulation) -> str:
        echo = sim.node("a").spawn(Echo, mailbox=Bounded(1))
        await echo.send(1000.0)
        await asyncio.sleep(1)
        await echo.send(1000.0)
        waiting = asyncio.ensure_future(echo.send(1000.0))
        await asyncio.sleep(1)
        assert not waiting.done()
        sim.crash("a")
        with pytest.raises(ActorStopped, match="crashed"):
            await waiting
        return "told"

    assert Simulation(1).run(scenario) == "told"


@pytest.mark.parametrize("node", [None, "b"])
def test_who_watches_an_actor_of_a_node_that_crashes_is_told_so(node: str | None) -> None:
    async def scenario(sim: Simulation) -> str:
        watched = sim.node("a").spawn(Register)
        probe = sim.probe(node=node)
        probe.watch(watched if node is None else sim.node(node).ref(watched.address))
        await asyncio.sleep(1)
        sim.crash("a")
        await asyncio.sleep(60)
        assert len(probe.messages) == 1
        ended = await probe.expect(Terminated)
        assert ended.ref == watched
        return str(ended.reason)

    assert Simulation(1).run(scenario) == "node-lost"


def test_actors_of_a_crashed_node_hear_nothing_of_its_end() -> None:
    heard = []

    class Watcher(Actor):
        def __init__(self, other: ActorRef[Any]) -> None:
            self.watch(other)

        def receive(self, message: Any, sender: Any) -> None:
            heard.append(message)

    async def scenario(sim: Simulation) -> None:
        system = sim.node("a")
        system.spawn(Watcher, system.spawn(Register))
        await asyncio.sleep(1)
        sim.crash("a")
        await asyncio.sleep(1)

    Simulation(1).run(scenario)
    assert heard == []


def test_of_a_crashed_node_nothing_is_left_to_look_at_or_to_stop() -> None:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("a")
        register = system.spawn(Register)
        sim.crash("a")
        with pytest.raises(ActorStopped, match="crashed"):
            await register.ask(Get())
        assert [s for s in system.snapshot() if s.state != "stopped"] == []
        assert await system.shutdown() == ShutdownReport((), ())
        sim.crash("a")
        assert sim.nodes == {"a": "crashed"}

    Simulation(1).run(scenario)


def test_a_restarted_node_is_a_new_system_and_its_start_runs_again() -> None:
    async def scenario(sim: Simulation) -> None:
        def start(system: ActorSystem) -> None:
            system.spawn(Register, len(starts), name="register")
            starts.append(system)

        starts: list[ActorSystem] = []
        first = sim.node("a", start=start)
        sim.crash("a")
        second = sim.restart("a")
        assert starts == [first, second]
        assert sim.node("a") is second is not first
        register = second.lookup("/user/register")
        assert register is not None
        assert await register.ask(Get()) == 1
        assert sim.restart("a") is second

    Simulation(1).run(scenario)


def test_a_start_may_be_async() -> None:
    async def start(system: ActorSystem) -> None:
        await asyncio.sleep(1)
        system.spawn(Register, 5, name="register")

    async def scenario(sim: Simulation) -> None:
        system = sim.node("a", start=start)
        assert system.lookup("/user/register") is None
        await asyncio.sleep(2)
        assert system.lookup("/user/register") is not None
        sim.crash("a")
        sim.restart("a")
        sim.crash("a")
        await asyncio.sleep(2)

    Simulation(1).run(scenario)


def test_a_paused_node_does_later_what_came_due_while_time_went_on() -> None:
    async def scenario(sim: Simulation) -> None:
        register = sim.node("a").spawn(Register)
        sim.pause("a")
        register.tell(Put(1))
        with pytest.raises(AskTimeout):
            await register.ask(Get(), timeout=3)
        assert sim.time() == 3
        sim.resume("a")
        assert await register.ask(Get()) == 1
        assert sim.time() == 3

    Simulation(1).run(scenario)


def test_timers_of_a_skewed_node_follow_its_own_clock() -> None:
    class Timed(Actor):
        def __init__(self, sim: Simulation) -> None:
            self.sim = sim

        async def receive(self, message: float, sender: Any) -> tuple[float, float]:
            began = self.sim.time(), self.system.clock()
            await asyncio.sleep(message)
            return self.sim.time() - began[0], self.system.clock() - began[1]

    async def scenario(sim: Simulation) -> None:
        timed = sim.node("a").spawn(Timed, sim)
        sim.skew("a", offset=100.0, drift=1.0)
        true, local = await timed.ask(4.0)
        assert true == 2
        assert local == pytest.approx(4)
        assert asyncio.get_running_loop().time() == 2
        sim.skew("a", drift=-0.5)
        true, local = await timed.ask(2.0)
        assert (true, local) == (4, pytest.approx(2))

    Simulation(1).run(scenario)


def test_an_unknown_node_is_named_with_those_there_are() -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a")
        sim.crash("b")

    with pytest.raises(UnknownNode, match=r"no node 'b'; there are a"):
        Simulation(1).run(scenario)


def test_the_start_of_a_node_belongs_to_its_first_use() -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a")
        sim.node("a", start=print)

    with pytest.raises(ConfigError, match="first use"):
        Simulation(1).run(scenario)


# How a run ends


def test_the_result_of_the_scenario_comes_back_and_its_error_too() -> None:
    async def scenario(sim: Simulation) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        Simulation(1).run(scenario)


def test_failing_actors_are_part_of_the_program() -> None:
    class Failing(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            raise ValueError(message)

    async def scenario(sim: Simulation) -> str:
        sim.node("a").spawn(Failing).tell("oh")
        await asyncio.sleep(1)
        return str(sim.trace)

    text = Simulation(1).run(scenario)
    assert "failed" in text
    assert "ValueError: oh" in text
    assert "restarted" in text


def test_a_task_whose_error_nobody_takes_fails_the_run() -> None:
    async def fail() -> None:
        raise LookupError("lost")

    async def scenario(sim: Simulation) -> Any:
        task = asyncio.create_task(fail())
        await asyncio.sleep(1)
        return task.done()

    with pytest.raises(UnhandledErrors, match="lost"):
        Simulation(1).run(scenario)


def test_waiting_for_nobody_is_a_deadlock() -> None:
    async def scenario(sim: Simulation) -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(SimulationDeadlock, match="scenario"):
        Simulation(1).run(scenario)


def test_a_run_has_a_limit_of_virtual_time() -> None:
    async def scenario(sim: Simulation) -> None:
        while True:  # noqa: ASYNC110
            await asyncio.sleep(100)

    with pytest.raises(TimeLimitReached, match="1000 s"):
        Simulation(1, time_max=1_000).run(scenario)


def test_what_a_failed_run_leaves_unfinished_goes_quietly() -> None:
    class Slow(Actor):
        async def receive(self, message: Any, sender: Any) -> None:
            await asyncio.sleep(100)

    async def scenario(sim: Simulation) -> None:
        for _ in range(5):
            sim.node("a").spawn(Slow).tell("go")
        raise LookupError

    for seed in range(20):
        with pytest.raises(LookupError) as caught:
            Simulation(seed).run(scenario)
        assert not hasattr(caught.value, "__notes__")


def test_a_run_that_fails_while_nodes_are_held_up_ends_all_the_same() -> None:
    async def held_up(sim: Simulation) -> None:
        for name in "ab":
            sim.node(name, start=lambda system: system.spawn(Echo).tell(50.0))
        await asyncio.sleep(1)
        sim.pause("a")
        await asyncio.sleep(1)
        raise LookupError

    for seed in range(10):
        with pytest.raises(LookupError) as caught:
            Simulation(seed, faults=FaultPlan(pause_every_s=0.1)).run(held_up)
        assert not hasattr(caught.value, "__notes__")


def test_an_invariant_is_looked_at_after_every_step() -> None:
    async def scenario(sim: Simulation) -> None:
        class Careless(Actor):
            def __init__(self) -> None:
                self.value = 0

            async def receive(self, message: Any, sender: Any) -> None:
                self.value = -1
                await asyncio.sleep(0)
                self.value = 1

        careless = sim.node("a").spawn(Careless)
        actor: Any = careless._actor  # type: ignore[attr-defined]
        sim.always(lambda: actor.value >= 0, "never in debt")
        await asyncio.sleep(3)
        await careless.ask("go")

    with pytest.raises(InvariantBroken, match="at 3 s no longer true: never in debt"):
        Simulation(1).run(scenario)


def test_a_simulation_runs_once_and_only_then_has_nodes() -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a")

    simulation = Simulation(1)
    with pytest.raises(SimulationNotRunning):
        simulation.node("a")
    simulation.run(scenario)
    with pytest.raises(SimulationNotRunning):
        simulation.time()
    with pytest.raises(ConfigError, match="runs once"):
        simulation.run(scenario)


def test_within_a_running_loop_it_is_refused_with_what_to_do() -> None:
    async def scenario(sim: Simulation) -> None:
        Simulation(2).run(nothing)

    async def main() -> None:
        Simulation(1).run(nothing)

    with pytest.raises(ConfigError, match="plain code"):
        asyncio.run(main())
    with pytest.raises(ConfigError, match="plain code"):
        Simulation(1).run(scenario)


async def nothing(sim: Simulation) -> None:
    """A run that is over at once."""


@pytest.mark.parametrize(
    "options", [{"strategy": "odd"}, {"depth": 0}, {"steps": 0}, {"steps_max": 0}]
)
def test_settings_that_cannot_be_are_refused_before_the_run(options: Any) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Simulation(1, **options)


def test_an_interrupted_run_puts_everything_back() -> None:
    async def scenario(sim: Simulation) -> None:
        sim.node("a").spawn(Echo).tell(1000.0)
        await asyncio.sleep(1)
        raise KeyboardInterrupt

    clock = time.time
    with pytest.raises(KeyboardInterrupt):
        Simulation(1).run(scenario)
    assert time.time is clock
    assert gc.isenabled()


def test_an_interrupt_in_a_handler_ends_the_run() -> None:
    class Interrupted(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            raise KeyboardInterrupt

    async def scenario(sim: Simulation) -> None:
        sim.node("a").spawn(Interrupted).tell("now")
        await asyncio.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        Simulation(1).run(scenario)


# The same seed, the same run


async def busy(sim: Simulation) -> None:
    """Something of everything."""
    a, b = sim.node("a"), sim.node("b")
    register, echo = a.spawn(Register, name="register"), b.spawn(Echo)
    for number in range(sim.draw("puts", 5) + 3):
        register.tell(Put(number))
        await asyncio.sleep(sim.rng.random())
    await asyncio.gather(*(echo.ask(float(number)) for number in range(3)), register.ask(Get()))
    sim.pause("a")
    sim.crash("b")
    sim.resume("a")
    sim.restart("b").spawn(Echo).tell(b.rng.random())
    await asyncio.sleep(1)


def test_a_seed_gives_the_same_trace_again_and_another_seed_another() -> None:
    def once(seed: int) -> tuple[str, str]:
        simulation = Simulation(seed)
        simulation.run(busy)
        return str(simulation.trace), simulation.fingerprint()

    assert once(1) == once(1)
    assert len({once(seed)[1] for seed in range(20)}) == 20


async def troubled(sim: Simulation) -> None:
    """Nodes that talk by way of a network that breaks, and write to disks that tear."""

    async def start(system: ActorSystem) -> None:
        system.spawn(Register, name="register")
        file = sim.disk(system.name).open("log", create=True)
        while system.spawn(Echo).is_alive:
            file.append(b"entry")
            await file.sync()
            await asyncio.sleep(0.5)

    for name in "abc":
        sim.node(name, start=start)
    for number in range(20):
        here, there = sim.rng.sample("abc", 2)
        register = sim.node(here).ref(f"holon://{there}@sim:{there}/user/register")
        register.tell(Put(number))
        try:
            await register.ask(Get(), timeout=1.0)
        except (ActorStopped, AskTimeout, NodeUnreachable):
            await asyncio.sleep(0.1)


PROGRAM = """
import sys
from holon_actors.testing import FaultPlan, Simulation
from tests.testing.test_simulation import busy, troubled
for strategy in ("random", "pct", "fifo"):
    simulation = Simulation(int(sys.argv[1]), strategy=strategy)
    simulation.run(busy)
    print(simulation.trace, simulation.fingerprint())
for seed in range(4):
    simulation = Simulation(seed, faults=FaultPlan.swarm())
    simulation.run(troubled)
    print(simulation.trace, simulation.fingerprint())
"""


def test_a_seed_gives_the_same_trace_whatever_the_hash_seed() -> None:
    one = output(sys.executable, PROGRAM, 1, hash_seed=0)
    assert one == output(sys.executable, PROGRAM, 1, hash_seed=4711)
    assert one != output(sys.executable, PROGRAM, 2, hash_seed=0)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_a_seed_gives_the_same_trace_on_every_python(version: str) -> None:
    there = output(interpreter(version), PROGRAM, 1, hash_seed=7)
    assert there == output(sys.executable, PROGRAM, 1)


def test_what_ran_is_freed_with_its_simulation() -> None:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("a", start=lambda system: sim.disk("a"))
        register = system.spawn(Register)
        for _ in range(2_000):
            register.tell([0] * 100)
        await asyncio.sleep(1)

    gc.collect()
    gc.disable()  # so that only what is in no circle goes
    tracemalloc.start()
    try:
        for seed in range(10):
            Simulation(seed).run(scenario)
            gc.disable()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    # Ten runs hold over 15 MB of messages and choices.
    assert kept < 5_000_000


def test_a_tape_replays_the_run_and_refuses_another_program() -> None:
    found = Simulation(5)
    found.run(busy)
    again = Simulation.replay(found.tape)
    again.run(busy)
    assert again.fingerprint() == found.fingerprint()

    async def other(sim: Simulation) -> None:
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(10)))

    with pytest.raises(TapeMismatch):
        Simulation.replay(found.tape).run(other)


def test_what_an_outsider_does_through_a_node_follows_the_clock_of_the_node() -> None:
    async def scenario(sim: Simulation) -> list[float]:
        system, seen = sim.node("a"), []
        sim.skew("a", offset=5.0, drift=0.5)
        await asyncio.sleep(10)
        now = system._dispatcher.clock()
        asyncio.get_running_loop().call_at(
            now + 3, lambda: seen.append(sim.time()), context=system._context
        )
        await asyncio.sleep(10)
        return [now, *seen]

    assert Simulation(1).run(scenario) == pytest.approx([20.0, 12.0])


def test_a_thread_that_was_there_before_cannot_call_in() -> None:
    begin, ended = threading.Event(), threading.Event()
    told: list[Any] = []
    refs: list[ActorRef[Any]] = []

    def outside() -> None:
        begin.wait()
        try:
            refs[0].tell(Put(1))
        except RealWorldRefused as error:
            told.append(error)
        ended.set()

    async def scenario(sim: Simulation) -> None:
        refs.append(sim.node("a").spawn(Register))
        begin.set()
        ended.wait()
        await asyncio.sleep(1)

    thread = threading.Thread(target=outside)
    thread.start()
    with pytest.raises(UnhandledErrors, match="from a thread"):
        Simulation(1).run(scenario)
    thread.join()
    assert len(told) == 1
