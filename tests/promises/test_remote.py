"""The promises between nodes, over random programs and bad networks.

What is told to another node may be lost only when the link to it was: a `LinkDown` says so. It is
never handled twice and never out of order.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import LinkDown, NodeUnreachable, OneForOne, RemoteError
from holon_actors.actors.remote._incoming import Incoming
from holon_actors.actors.remote.watches import Watches
from holon_actors.testing import FaultPlan, LinkProfile, SimulationFailure, explore
from tests.promises import checks
from tests.promises.kit import SEEDS_REMOTE
from tests.promises.ledger import Ledger
from tests.promises.program import decide, random_program

NODES = ("a", "b", "c")
SETTLE_S = 8.0  # longer than any chain of asks of a random program takes


def systems_of(sim: Any) -> list[Any]:
    return [sim.node(name, supervision=OneForOne(decide=decide)) for name in NODES]


class Lost:
    """Which links were lost, and which nodes."""

    def __init__(self, systems: Any) -> None:
        self.links: set[frozenset[str]] = set()
        self.nodes: set[str] = set()
        self.late: set[str] = set()  # nodes that stood still for a while
        for system in systems:
            system.events.subscribe(LinkDown, lambda down, at=system.name: self.note(at, down))

    def note(self, at: str, down: LinkDown) -> None:
        self.links.add(frozenset((at, down.node.partition("@")[0])))


def check_all(ledger: Ledger, lost: Lost) -> None:
    checks.one_at_a_time(ledger)
    checks.order_per_pair(ledger)
    asks_end(ledger, lost)
    nothing_vanishes(ledger, lost)
    watchers_are_told(ledger, lost)


def node_of(ledger: Ledger, key: str) -> str:
    """Where a member lives, or which node a driver uses."""
    return ledger.members[key].node if key in ledger.members else NODES[int(key[-1]) % len(NODES)]


def asks_end(ledger: Ledger, lost: Lost) -> None:
    for sent in ledger.sent.values():
        if sent.verb != "ask" or node_of(ledger, sent.note.sender) in lost.nodes:
            continue
        about = f"ask {sent.note.number} of {sent.receiver}"
        assert sent.ended_at is not None, f"{about} never ended"
        is_late = sent.ended_at - sent.began_at > sent.limit_s + 1e-6
        is_excused = node_of(ledger, sent.note.sender) in lost.late
        assert is_excused or not is_late, f"{about} took too long"
        is_remote = isinstance(sent.outcome, NodeUnreachable | RemoteError)
        promised = is_remote or checks.is_promised(sent)
        assert promised, f"{about} ended with {sent.outcome!r}"


def nothing_vanishes(ledger: Ledger, lost: Lost) -> None:
    begun = [number for number, _ in ledger.begun]
    for number, sent in ledger.sent.items():
        refused = 0 if number in begun else ledger.failed[number]
        fates = begun.count(number) + len(ledger.buried[number]) + refused
        about = f"note {number} ({sent.verb} to {sent.receiver})"
        assert begun.count(number) <= 1, f"{about} was handled twice"
        if sent.note.sender == "settle":
            continue
        pair = frozenset((node_of(ledger, sent.note.sender), node_of(ledger, sent.receiver)))
        if not pair & lost.nodes and pair not in lost.links:
            known = sent.verb != "tell" and isinstance(sent.outcome, BaseException)
            assert fates == 1 or known, f"{about} has {fates} fates, and no link was lost"


def watchers_are_told(ledger: Ledger, lost: Lost) -> None:
    for watcher, target in sorted(ledger.watched):
        by, of = ledger.members[watcher], ledger.members[target]
        if by.ended_index is None and by.node not in lost.nodes:
            gone = of.ended_index is not None or of.node in lost.nodes
            assert not gone, f"{watcher} was never told of the end of {target}"


async def over_a_bad_network(sim: Any) -> None:
    systems = systems_of(sim)
    lost = Lost(systems)
    bad = LinkProfile(loss=0.05, duplicate=0.2, reorder=0.3, late_s=0.2)
    sim.network.set_links(bad if sim.draw("bad", 4) else LinkProfile())
    world = await random_program(sim, systems=systems, drivers=3, settle_s=SETTLE_S)
    world.close()
    check_all(world.ledger, lost)


async def over_what_comes(sim: Any) -> None:
    """Whatever the simulation's fault plan brings."""
    systems = systems_of(sim)
    lost = Lost(systems)
    world = await random_program(sim, systems=systems, drivers=3, settle_s=SETTLE_S)
    await sim.calm()
    await asyncio.sleep(SETTLE_S)
    world.close()
    check_all(world.ledger, lost)


async def over_partitions(sim: Any) -> None:
    systems = systems_of(sim)
    lost = Lost(systems)

    async def part() -> None:
        for _ in range(2):
            await asyncio.sleep(sim.draw("quiet", 8) * 0.25)
            sim.network.isolate(NODES[sim.draw("loner", 3)])
            await asyncio.sleep(sim.draw("parted", 16) * 0.25)
            sim.network.heal()

    parting = asyncio.create_task(part())
    world = await random_program(sim, systems=systems, drivers=3, settle_s=SETTLE_S)
    await parting
    world.close()
    check_all(world.ledger, lost)


async def over_a_crash(sim: Any) -> None:
    systems = systems_of(sim)
    lost = Lost(systems)

    async def crash() -> None:
        await asyncio.sleep(sim.draw("crashes after", 16) * 0.25)
        lost.nodes.add("c")
        sim.crash("c")

    crashing = asyncio.create_task(crash())
    drivers = systems[:2]  # nobody acts for the node that crashes
    world = await random_program(sim, systems=systems, acting=drivers, drivers=2, settle_s=SETTLE_S)
    await crashing
    world.close()
    check_all(world.ledger, lost)


async def over_a_pause(sim: Any) -> None:
    systems = systems_of(sim)
    lost = Lost(systems)
    lost.late.add("c")

    async def pause() -> None:
        await asyncio.sleep(sim.draw("pauses after", 16) * 0.25)
        sim.pause("c")
        await asyncio.sleep(sim.draw("paused for", 16) * 0.25)
        sim.resume("c")

    pausing = asyncio.create_task(pause())
    world = await random_program(
        sim, systems=systems, acting=systems[:2], drivers=2, settle_s=SETTLE_S
    )
    await pausing
    world.close()
    check_all(world.ledger, lost)


@pytest.mark.parametrize(
    "scenario", [over_a_bad_network, over_partitions, over_a_crash, over_a_pause]
)
def test_the_promises_hold_between_nodes(scenario: Any) -> None:
    explore(scenario, seeds=SEEDS_REMOTE, ask_cycles="ignore")


def test_the_promises_hold_between_nodes_under_any_mix_of_faults() -> None:
    # Clocks that are wrong make time limits wrong: that is no fault of an ask.
    swarm = FaultPlan.swarm(skew_every_s=None)
    explore(over_what_comes, seeds=SEEDS_REMOTE, ask_cycles="ignore", faults=swarm)


def assert_noticed(scenario: Any, text: str) -> None:
    with pytest.raises(SimulationFailure, match=text):
        explore(scenario, seeds=300, ask_cycles="ignore", shrink_s=0)


def test_packets_that_are_taken_twice_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_again(self: Any, packet: Any, now: float) -> Any:
        known = packet.number < self.expected
        ready = take(self, packet, now)
        return [packet] if known else ready

    take = Incoming.take
    monkeypatch.setattr(Incoming, "take", take_again)
    assert_noticed(over_a_bad_network, "handled twice|place .* after")


def test_packets_that_are_taken_as_they_come_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_as_it_comes(self: Any, packet: Any, now: float) -> Any:
        if packet.number < self.expected or packet.number in self.early:
            return take(self, packet, now)
        ready = take(self, packet, now)
        return [packet] if not ready else [ready[0]]  # what was early has been handed out

    take = Incoming.take
    monkeypatch.setattr(Incoming, "take", take_as_it_comes)
    assert_noticed(
        over_a_bad_network, "place .* after|fates, and no link was lost|ended with CodecError"
    )


def test_watchers_that_are_not_told_of_a_lost_node_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Watches, "close", lambda self: None)
    assert_noticed(over_a_crash, "was never told of the end")
