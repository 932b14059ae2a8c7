"""The promises between nodes that crash, stand still, come back and form a cluster meanwhile."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

from holon_actors import Actor, ActorSystem, HolonError, Request, Terminated, message
from holon_actors.testing import FaultPlan, eventually, explore
from tests.promises.kit import TIMES

SEEDS = 15 * TIMES
NODES = ("a", "b", "c")
ASK_S = 1.5
# What a link that was slow still carries takes its time.
CALM_S = 60.0
# A caller that stands still, or a clock that is wrong, takes no time off an ask.
SLACK_S = 1e-6


@message
class Numbered:
    """The n-th message from one sender to one address."""

    sender: str
    number: int


@message
class Echo(Request[int]):
    """Answered with its number."""

    number: int


class Server(Actor):
    """Notes what it receives, in a list that the scenario holds."""

    def __init__(self, seen: dict[Any, list[int]]) -> None:
        self.seen = seen

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Numbered(sender=name, number=number):
                self.seen.setdefault((str(self.ref.address), name), []).append(number)
            case Echo(number=number):
                return number
        return None


class Watcher(Actor):
    """Watches what it is given, and counts what it is told of each."""

    def __init__(self, told: Counter[str]) -> None:
        self.told = told

    def receive(self, message: Any, sender: Any) -> None:
        match message:
            case ("watch", ref):
                self.watch(ref)
            case Terminated(ref=ref):
                self.told[str(ref.address)] += 1


class World:
    """What a run has seen."""

    def __init__(self, sim: Any) -> None:
        self.sim = sim
        self.seen: dict[Any, list[int]] = {}
        self.told: Counter[str] = Counter()
        self.watched: set[str] = set()
        self.joining: list[asyncio.Task[None]] = []
        self.addresses: dict[str, list[str]] = {name: [] for name in NODES}

    def begin(self, system: ActorSystem) -> None:
        """What each start of a node does."""
        self.addresses[system.name].append(str(system.spawn(Server, self.seen).address))
        self.joining.append(asyncio.create_task(self.join(system)))

    async def join(self, system: ActorSystem) -> None:
        """Join whoever is there first."""
        others = [name for name in NODES if name != system.name]
        while True:
            for other in others:
                try:
                    await system.cluster.join(f"sim://{other}", timeout=1.0)
                except HolonError:
                    continue
                return


async def drive(world: World, caller: ActorSystem, key: str, watcher: Any) -> None:
    """Call the nodes, those of earlier starts too."""
    sim = world.sim
    counts: Counter[str] = Counter()
    for _ in range(25):
        known = world.addresses[NODES[sim.draw("node", len(NODES))]]
        if not known:
            await asyncio.sleep(0.2)
            continue
        address = known[max(0, len(known) - 1 - sim.draw("stale", 2))]
        ref = caller.ref(address)
        match sim.draw("verb", 3):
            case 0:
                for _ in range(1 + sim.draw("burst", 5)):
                    counts[address] += 1
                    ref.tell(Numbered(key, counts[address]))
            case 1:
                began = sim.time()
                try:
                    assert await ref.ask(Echo(counts[address]), ASK_S) == counts[address]
                except HolonError:
                    pass
                assert sim.time() - began <= ASK_S + SLACK_S, f"an ask of {address} took too long"
            case 2 if address not in world.watched:
                world.watched.add(address)
                watcher.tell(("watch", ref))
        await asyncio.sleep(0.1 * sim.draw("pause", 8))


async def churn(sim: Any) -> None:
    world = World(sim)
    for name in NODES:
        sim.node(name, start=world.begin)
    caller = sim.node("caller")  # which has no start: nothing stops it
    watcher = caller.spawn(Watcher, world.told)
    async with asyncio.TaskGroup() as tasks:
        for number in range(3):
            tasks.create_task(drive(world, caller, f"driver-{number}", watcher))
    await sim.calm()
    await asyncio.sleep(CALM_S)
    check(world)
    for name in NODES:
        ref = caller.ref(world.addresses[name][-1])
        assert await ref.ask(Echo(7), ASK_S) == 7, f"{name} does not answer when all is calm"


def check(world: World) -> None:
    for (address, key), numbers in world.seen.items():
        in_order = all(one < next_ for one, next_ in itertools.pairwise(numbers))
        assert in_order, f"{key} told {address} {numbers}"
    for address in sorted(world.watched):
        ended = any(address in starts[:-1] for starts in world.addresses.values())
        times = world.told[address]
        assert times <= 1, f"the watcher of {address} was told {times} times"
        assert times == 1 or not ended, f"the watcher of {address} was never told"


async def agreement(sim: Any) -> None:
    """Whatever has happened: nodes that find one another again see the same cluster."""
    world = World(sim)
    systems = [sim.node(name, start=world.begin) for name in NODES]
    await asyncio.sleep(20)
    assert systems
    await sim.calm()

    def agreed() -> bool:
        views = [sim.node(name).cluster.members for name in NODES]
        return all({m.name for m in view if m.state == "alive"} == set(NODES) for view in views)

    await eventually(agreed, within=30.0)


def test_order_asks_and_watches_hold_while_nodes_come_and_go() -> None:
    swarm = FaultPlan.swarm(skew_every_s=None)
    explore(churn, seeds=SEEDS, faults=swarm)


def test_a_cluster_agrees_again_after_any_mix_of_faults() -> None:
    explore(agreement, seeds=SEEDS, faults=FaultPlan.swarm())
