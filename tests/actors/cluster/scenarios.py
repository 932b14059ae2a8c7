"""What membership promises, each as a function of a seed: raises AssertionError when it is broken.

Every scenario takes what it needs from its seed (members, faults, moments), so that sweeping over
seeds sweeps over all of that. `failures(scenario, seeds)` is the sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from holon_actors.actors.cluster.effects import Change
from tests.actors.cluster.simulator import Cluster, Network, Node

Scenario = Callable[[int], None]

HEALED_S = 5.0  # by then all agree after a partition has healed
FOUND_S = 15.0  # by then a dead member is down where there is a quorum


def failures(scenario: Scenario, seeds: Iterable[int]) -> list[tuple[int, str]]:
    """The seeds under which a scenario fails, with the reason."""
    found = []
    for seed in seeds:
        try:
            scenario(seed)
        except AssertionError as error:
            found.append((seed, str(error)))
    return found


def _faults_of_one(cluster: Cluster, victim: str, others: list[str], rng: Random) -> str:
    """Make one node sick for a minute, in one of many ways; says how."""
    sickness = rng.choice(("deaf", "mute", "lossy", "paused", "hiccups", "isolated", "flaky"))
    network = cluster.network
    into = [(other, victim) for other in others]
    out = [(victim, other) for other in others]
    if sickness == "deaf":
        network.cut |= set(into)
    elif sickness == "mute":
        network.cut |= set(out)
    elif sickness == "lossy":
        network.link_loss.update(dict.fromkeys(into + out, rng.uniform(0.3, 0.95)))
    elif sickness == "paused":
        cluster.pause(victim)
        cluster.at(rng.uniform(1, 50), lambda: cluster.resume(victim))
    elif sickness == "hiccups":
        _hiccups(cluster, victim, rng)
    elif sickness == "isolated":
        network.cut |= set(into + out)
    else:  # one that reaches some of the others only
        some = rng.sample(others, rng.randint(1, len(others)))
        network.cut |= {(victim, other) for other in some if rng.random() < 0.7}
        network.cut |= {(other, victim) for other in some if rng.random() < 0.7}
    return sickness


def _hiccups(cluster: Cluster, victim: str, rng: Random) -> None:
    at = 0.0
    while at < 50:
        at += rng.uniform(0.1, 3)
        cluster.at(at, lambda: cluster.pause(victim))
        at += rng.uniform(0.1, 4)
        cluster.at(at, lambda: cluster.resume(victim))


def a_sick_node_takes_nobody_down(seed: int) -> None:
    """apache/pekko#578: while one node is sick, no other one is downed, by anybody."""
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(3, 7))
    victim = rng.choice(members)
    others = [m for m in members if m != victim]
    cluster.network.loss = rng.choice((0.0, 0.01, 0.05))
    cluster.network.duplication = rng.choice((0.0, 0.1))
    sickness = _faults_of_one(cluster, victim, others, rng)
    cluster.run(60)
    cluster.heal()
    agreed = cluster.run_until(cluster.agreed, HEALED_S)
    for node in cluster.nodes.values():
        for at, change in node.changes:
            innocent = change.kind in ("down", "self-down") and change.record.address != victim
            assert not innocent, f"{sickness} {victim}: {node.address} at {at}: {change}"
    assert agreed, f"{sickness} {victim}\n{cluster.picture()}"


def a_healed_partition_converges(seed: int) -> None:
    """Whatever the network did and for however long: soon after it is well, all agree and live."""
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(2, 7))
    for _ in range(rng.randint(1, 3)):
        _break_network(cluster, members, rng)
        cluster.run(rng.uniform(0.5, 30))
    cluster.heal()
    assert cluster.run_until(cluster.agreed, HEALED_S), cluster.picture()


def _break_network(cluster: Cluster, members: list[str], rng: Random) -> None:
    network = cluster.network = Network(
        jitter_s=rng.choice((0.001, 0.01, 0.1)),
        loss=rng.choice((0.0, 0.1, 0.4)),
        duplication=rng.choice((0.0, 0.3)),
    )
    shape = rng.choice(("halves", "thirds", "one-way", "random", "bridge"))
    mixed = rng.sample(members, len(members))
    at = rng.randint(1, len(members) - 1)
    if shape == "halves":
        cluster.partition(mixed[:at], mixed[at:])
    elif shape == "thirds":
        cluster.partition(mixed[::3], mixed[1::3], mixed[2::3])
    elif shape == "one-way":
        network.cut = {(a, b) for a in mixed[:at] for b in mixed[at:]}
    elif shape == "random":
        network.cut = {(a, b) for a in members for b in members if rng.random() < 0.4}
    else:
        cluster.partition(mixed[:at], mixed[at + 1 :])


def two_sides_never_down_each_other(seed: int) -> None:
    """Split decisions: in a partition at most one side downs live nodes of another; not even nodes
    that start and join a side meanwhile change that.
    """
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(2, 7))
    mixed = rng.sample(members, len(members))
    at = rng.randint(1, len(members) - 1)
    sides = [mixed[:at], mixed[at:]]
    downed: set[tuple[int, int]] = set()

    def side(address: str) -> int:
        return 0 if address in sides[0] else 1

    def note(node: Node, change: Change) -> None:
        if change.kind == "down" and side(node.address) != side(change.record.address):
            downed.add((side(node.address), side(change.record.address)))

    cluster.observers.append(note)
    cluster.partition(*sides)
    for i in range(rng.randint(0, 5)):
        cluster.run(rng.uniform(0, 8))
        chosen = rng.choice(sides)
        chosen.append(f"new{i}")
        cluster.start(f"new{i}", seed=rng.choice(chosen[:-1]))
        cluster.partition(*sides)
    cluster.run(40)
    assert len(downed) <= 1, f"{sides} {downed}\n{cluster.picture()}"
    quorum = len(members) // 2 + 1
    for us in (0, 1):
        if len([m for m in sides[us] if m in members]) < quorum:
            assert (us, 1 - us) not in downed, f"a minority downed others {sides}"
    cluster.heal()
    assert cluster.run_until(cluster.agreed, HEALED_S), cluster.picture()


def changing_partitions_never_down_mutually(seed: int) -> None:
    """Partition after partition, with restarts and newcomers: no two nodes ever hold each other
    down in their present incarnations.
    """
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(3, 7))
    for i in range(rng.randint(2, 6)):
        if rng.random() < 0.3:
            members.append(f"new{i}")
            cluster.start(f"new{i}", seed=rng.choice(members[:-1]))
        elif rng.random() < 0.3:
            again = rng.choice(members)
            cluster.start(again, seed=rng.choice([m for m in members if m != again]))
        sides: list[list[str]] = [[], [], []]
        for address in members:
            rng.choice(sides).append(address)
        cluster.network.cut.clear()
        cluster.partition(*sides)
        cluster.run(rng.uniform(1, 25))
        _check_nobody_mutual(cluster)
    cluster.heal()
    for address in members[1:]:
        cluster.join(address, members[0])
    assert cluster.run_until(cluster.agreed, HEALED_S), cluster.picture()


def _check_nobody_mutual(cluster: Cluster) -> None:
    held = {
        (node.address, record.address)
        for node in cluster.live()
        for record in node.core.members
        if record.state == "down"
        and cluster.nodes[record.address].core.me.incarnation == record.incarnation
    }
    mutual = {(a, b) for a, b in held if (b, a) in held}
    assert not mutual, f"{sorted(mutual)}\n{cluster.picture()}"


def loss_alone_downs_nobody(seed: int) -> None:
    """A network that loses, delays, repeats and reorders, evenly: nobody is ever downed."""
    rng = Random(seed)
    cluster = Cluster(seed)
    cluster.form(rng.randint(3, 7))
    cluster.network = Network(
        jitter_s=rng.choice((0.005, 0.05, 0.2)),
        loss=rng.uniform(0, 0.25),
        duplication=rng.choice((0.0, 0.3)),
    )
    cluster.run(60)
    for node in cluster.nodes.values():
        kinds = {change.kind for _, change in node.changes}
        assert not kinds & {"down", "self-down", "left"}, cluster.picture()


def the_dead_are_downed_by_a_quorum(seed: int) -> None:
    """Crashed members are found and downed within a bound, if and only if a majority is left."""
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(2, 9))
    cluster.network.loss = rng.choice((0.0, 0.02))
    dead = rng.sample(members, rng.randint(1, len(members) - 1))
    for address in dead:
        cluster.crash(address)
    live = [m for m in members if m not in dead]
    quorum = len(live) >= len(members) // 2 + 1
    wanted = "down" if quorum else "suspect"

    def found() -> bool:
        return all(cluster.state(by, of) == wanted for by in live for of in dead)

    assert cluster.run_until(found, FOUND_S if quorum else 120), cluster.picture()
    if not quorum:
        cluster.run(60)
        assert found(), cluster.picture()
    for by in live:
        for of in live:
            assert by == of or cluster.state(by, of) != "down", cluster.picture()


def chaos_ends_in_agreement(seed: int) -> None:
    """Crashes, restarts, pauses, leaves, partitions, loss, all at once; then peace, and agreement.
    What was said of an incarnation's end is never taken back.
    """
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(3, 7))
    ended: set[tuple[str, str, int]] = set()

    def note(node: Node, change: Change) -> None:
        key = (node.address, change.record.address, change.record.incarnation)
        life = f"{node.core.me.incarnation}"
        if change.kind in ("down", "left", "superseded"):
            ended.add((life, *key[1:]))
        else:
            assert (life, *key[1:]) not in ended, f"{node.address}: {change} after its end"

    cluster.observers.append(note)
    for _ in range(rng.randint(3, 12)):
        _mischief(cluster, members, rng)
        cluster.run(rng.uniform(0.1, 8))
    cluster.heal()
    for address, node in list(cluster.nodes.items()):
        if node.paused:
            cluster.resume(address)
        node = cluster.nodes[address]
        if not node.up or not node.core.me.present:
            cluster.start(address)
    for address in members[1:]:
        cluster.join(address, members[0])
    assert cluster.run_until(cluster.agreed, 10), cluster.picture()


def _mischief(cluster: Cluster, members: list[str], rng: Random) -> None:
    address = rng.choice(members)
    node = cluster.nodes[address]
    what = rng.choice(("crash", "restart", "pause", "resume", "break", "heal", "leave", "down"))
    if what == "crash":
        cluster.crash(address)
    elif what == "restart":
        cluster.start(address, seed=rng.choice([m for m in members if m != address]))
    elif what == "pause":
        cluster.pause(address)
    elif what == "resume" and node.paused and node.up:
        cluster.resume(address)
    elif what == "break":
        _break_network(cluster, members, rng)
    elif what == "heal":
        cluster.heal()
    elif what == "leave" and node.up and not node.paused and rng.random() < 0.3:
        cluster.leave(address)
    elif what == "down" and node.up and not node.paused and rng.random() < 0.3:
        cluster.down(address, rng.choice([m for m in members if m != address]))


def a_restart_supersedes(seed: int) -> None:
    """A restarted node is seen alive as its new incarnation by all, soon, with a vote."""
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(2, 7))
    cluster.network.loss = rng.choice((0.0, 0.1))
    victim = rng.choice(members)
    cluster.crash(victim)
    cluster.run(rng.uniform(0, 20))
    cluster.start(victim, seed=rng.choice([m for m in members if m != victim]))
    assert cluster.run_until(cluster.agreed, HEALED_S), cluster.picture()


def a_farewell_spreads(seed: int) -> None:
    """Who leaves is `left` for all within seconds, also with a lossy network, and never `down`."""
    rng = Random(seed)
    cluster = Cluster(seed)
    members = cluster.form(rng.randint(2, 7))
    cluster.network.loss = rng.choice((0.0, 0.1, 0.3))
    leaver = rng.choice(members)
    cluster.leave(leaver)
    core = cluster.nodes[leaver].core
    assert cluster.run_until(lambda: core.farewell_heard, 5), cluster.picture()
    cluster.crash(leaver)
    others = [m for m in members if m != leaver]
    assert cluster.run_until(
        lambda: all(cluster.state(by, leaver) == "left" for by in others), 20
    ), cluster.picture()
    cluster.run(20)
    for by in others:
        assert "down" not in cluster.kinds(by, leaver)
    assert core.me.state == "left"


SCENARIOS: tuple[Scenario, ...] = (
    a_sick_node_takes_nobody_down,
    a_healed_partition_converges,
    two_sides_never_down_each_other,
    changing_partitions_never_down_mutually,
    loss_alone_downs_nobody,
    the_dead_are_downed_by_a_quorum,
    chaos_ends_in_agreement,
    a_restart_supersedes,
    a_farewell_spreads,
)
