"""What a failure prints makes it again elsewhere, and a seed is the same run everywhere."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorSystem,
    Backoff,
    Bounded,
    Engine,
    HolonError,
    OneForOne,
    Terminated,
    flow,
)
from holon_actors.storage import StorageError
from holon_actors.testing import Simulation
from tests.testing.kit import Echo, Get, Put, Register, interpreter, output

# Two nodes, faults, and an assertion that some runs break.
FAILING = """
import asyncio, json, sys
from holon_actors import ActorStopped, AskTimeout, NodeUnreachable
from holon_actors.testing import *
from tests.testing.kit import Echo, Get, Put, Register

RUNS = []

async def scenario(sim):
    RUNS.append(sim)
    a = sim.node("a", start=lambda system: system.spawn(Register, name="register"))
    b = sim.node("b")
    register = b.ref("holon://a@sim:a/user/register")
    for number in range(sim.draw("puts", 4) + 2):
        register.tell(Put(number))
        await asyncio.sleep(sim.rng.random())
    try:
        found = await register.ask(Get(), timeout=1.0)
    except (ActorStopped, AskTimeout, NodeUnreachable):
        found = None
    assert found != 3, f"found {found} at {sim.time()}"
"""

FIND = """
options = eval(sys.argv[1])
try:
    explore(scenario, shrink_s=0, **options)
except SimulationFailure as failure:
    sim = RUNS[-1]
    shown = {"line": failure.replay, "error": str(failure.error), "tape": failure.tape.to_json()}
    print(json.dumps({**shown, "fingerprint": sim.fingerprint()}))
"""

AGAIN = """
found = json.loads(sys.argv[1])
replay = lambda: Simulation.replay(Tape.from_json(found["tape"]), **eval(sys.argv[2])).run(scenario)
for way in (lambda: exec(found["line"]), replay):
    try:
        way()
    except AssertionError as error:
        print(str(error) == found["error"], RUNS[-1].fingerprint() == found["fingerprint"])
"""


@pytest.mark.parametrize(
    "options",
    [
        "dict()",
        "dict(faults=FaultPlan.swarm())",
        'dict(strategy="pct", depth=4, faults=FaultPlan.swarm())',
        'dict(strategy="exhaustive", seeds=range(1, 2), faults=FaultPlan(delay=Constant(0.01)))',
        'dict(time_max=500.0, steps_max=90_000, ask_cycles="ignore", faults=FaultPlan(loss=0.1))',
    ],
)
def test_the_line_and_the_tape_make_the_failure_again_in_another_process(options: str) -> None:
    found = output(sys.executable, FAILING + FIND, options, hash_seed=1)
    line = json.loads(found)["line"]
    # What a tape needs beside it: what the line says, without the seed and the schedule.
    settings = re.sub(r"(seed=\d+|schedule=\([^)]*\))(, )?", "", line)
    kept = settings.removeprefix("Simulation(").removesuffix(").run(scenario)")
    again = output(sys.executable, FAILING + AGAIN, found, f"dict({kept})", hash_seed=2)
    assert again.split() == ["True"] * 4


class Fragile(Actor):
    """Fails at every third message."""

    def __init__(self) -> None:
        self.count = 0

    async def receive(self, message: Any, sender: Any) -> int:
        self.count += 1
        await asyncio.sleep(0.01 * self.count)
        if self.count == 3:
            raise ValueError(f"third is {message}")
        return self.count


class Parent(Actor):
    """Has children, a timer and a receive timeout, stashes, and watches."""

    def started(self) -> None:
        self.child = self.spawn(Fragile, name="child")
        self.watch(self.child)
        self.schedule(0.05, "tick", every=0.2)
        self.set_receive_timeout(0.15)
        self.seen: list[str] = []

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case "tick":
                self.child.tell("tick", self.ref)
                if len(self.seen) < 4:
                    self.stash()
                else:
                    self.unstash_all()
            case Terminated():
                self.child = self.spawn(Fragile)
            case "seen":
                return list(self.seen)
        self.seen.append(type(message).__name__)
        return None


@flow
async def slowly(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@flow
def double(value: float) -> float:
    return value * 2


async def numbers(count: int) -> AsyncIterator[int]:
    try:
        for number in range(count):
            await asyncio.sleep(0.01)
            yield number
    finally:
        await asyncio.sleep(0.01)


async def of_asyncio(sim: Simulation, out: list[Any]) -> None:
    """What asyncio has to offer."""
    queue: asyncio.Queue[int] = asyncio.Queue(2)

    async def put(number: int) -> int:
        await asyncio.sleep(sim.rng.random() / 10)
        await queue.put(number)
        return number

    try:
        async with asyncio.timeout(0.3), asyncio.TaskGroup() as group:
            tasks = [group.create_task(put(number)) for number in range(6)]
            while not all(task.done() for task in tasks):
                out.append(await queue.get())
            await asyncio.Event().wait()
    except TimeoutError:
        out.append("late")
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(5):
                group.create_task(put(number))
            await asyncio.sleep(0.02)
            raise LookupError
    except* LookupError:
        out.append(queue.qsize())
    async for number in numbers(5):
        if number == 3:
            break
        out.append(number)
    done, pending = await asyncio.wait(
        {asyncio.ensure_future(asyncio.sleep(sim.rng.random(), n)) for n in range(5)},
        return_when=asyncio.FIRST_COMPLETED,
    )
    out.append([task.result() for task in done])
    for task in pending:
        task.cancel()
    out.append(await asyncio.gather(*pending, asyncio.sleep(0, "end"), return_exceptions=True))
    sleeps = [asyncio.sleep(sim.rng.random(), number) for number in range(4)]
    out.extend([await finished for finished in asyncio.as_completed(sleeps)])


async def of_actors(sim: Simulation, out: list[Any]) -> None:
    """What actors have to offer, within one node that nothing happens to."""
    system = sim.node("quiet", supervision=OneForOne(backoff=Backoff(0.01, 2, 0.1, jitter=0.5)))
    parent = system.spawn(Parent, name="parent")
    failures: list[str] = []
    system.events.subscribe(ActorFailed, lambda event: failures.append(str(event.error)))
    for routing in ("round-robin", "random", "least-loaded", "broadcast"):
        pool = system.spawn_pool(Fragile, size=3, routing=routing)
        asks = [pool.ask(number, timeout=2.0) for number in range(5)]
        out.append(await asyncio.gather(*asks, return_exceptions=True))
    members = [system.spawn(Register, number) for number in range(3)]
    for member in members:
        system.groups.join("registers", member)
    out.append([await member.ask(Get()) for member in system.groups.members("registers")])
    narrow = system.spawn(Echo, mailbox=Bounded(1, overflow="drop-old"))
    for number in range(4):
        narrow.tell(float(number))
    await narrow.send(0.5)
    out.append(await parent.ask("seen"))
    async with Engine(max_concurrency=2) as engine:
        flows = [engine.execute(slowly | double, sim.rng.random(), isolation="loop") for _ in "abc"]
        out.append(await asyncio.gather(*flows))
    members[0].kill()
    out.append([failures, [repr(snapshot.path) for snapshot in system.snapshot()]])


async def of_nodes(sim: Simulation, out: list[Any]) -> None:
    """What nodes, networks and disks have to offer, among faults."""

    async def start(system: ActorSystem) -> None:
        system.spawn(Register, name="register")
        file = sim.disk(system.name).open("log", create=True)
        while True:
            try:
                file.append(b"entry")
                await file.sync()
            except StorageError as error:
                out.append(type(error).__name__)
                return
            await asyncio.sleep(0.5)

    for name in "abc":
        sim.node(name, start=start)
    for number in range(12):
        here, there = sim.rng.sample("abc", 2)
        register = sim.node(here).ref(f"holon://{there}@sim:{there}/user/register")
        register.tell(Put(number))
        try:
            out.append(await register.ask(Get(), timeout=1.0))
        except HolonError as error:
            out.append(type(error).__name__)
            await asyncio.sleep(0.1)
    sim.network.partition({"a"}, {"b", "c"})
    sim.skew("b", offset=1.5, drift=0.01)
    sim.pause("c")
    sim.crash("a", torn=True)
    await asyncio.sleep(2)
    await sim.calm()
    await asyncio.sleep(2)
    out.append(sim.nodes)


async def everything(sim: Simulation) -> list[Any]:
    """All of it at the same time."""
    out: list[Any] = []
    async with asyncio.TaskGroup() as group:
        for part in (of_asyncio, of_actors, of_nodes):
            group.create_task(part(sim, out))
    return out


PROGRAM = """
import sys
from holon_actors.testing import FaultPlan, Simulation
from tests.testing.test_reproduction import everything
for seed, strategy in enumerate(("random", "pct", "fifo", "random", "random")):
    simulation = Simulation(seed, strategy=strategy, faults=FaultPlan.swarm() if seed else None)
    out = simulation.run(everything)
    print(out, simulation.trace, simulation.fingerprint(), simulation.tape.to_json())
"""


@pytest.fixture(scope="module")
def here() -> str:
    return output(sys.executable, PROGRAM, hash_seed=0)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_everything_runs_the_same_on_every_python_and_hash_seed(version: str, here: str) -> None:
    assert len(here) > 50_000
    there = interpreter(version, needs="holon_actors.testing, pydantic, pytest")
    assert output(there, PROGRAM, hash_seed=4711) == here
