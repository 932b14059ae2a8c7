"""What a fault plan does to a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors.testing._choices.tape import ReplayedChoices, SeededChoices, SeededStream
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._nemesis.nemesis import Nemesis
from holon_actors.testing._nemesis.partitions import draw_partition
from holon_actors.testing.delays import Constant
from holon_actors.testing.faults import PARTITION_KINDS, FaultPlan
from holon_actors.testing.network import SimNetwork
from holon_actors.testing.profiles import LinkProfile


class Cluster:
    """Nodes that are nothing but a state; refuses what makes no sense."""

    def __init__(self, loop: SimLoop, nodes: str, restartable: str) -> None:
        self.loop = loop
        self.now = dict.fromkeys(nodes, "up")
        self.may_restart = list(restartable)
        self.log: list[tuple[Any, ...]] = []
        self.down_most = 0
        self.drift: dict[str, float] = {}

    def states(self) -> dict[str, str]:
        return dict(self.now)

    def restartable(self) -> list[str]:
        return list(self.may_restart)

    def crash(self, name: str) -> None:
        self._become(name, "up", "crashed")

    def restart(self, name: str) -> None:
        self._become(name, "crashed", "up")

    def pause(self, name: str) -> None:
        self._become(name, "up", "paused")

    def resume(self, name: str) -> None:
        self._become(name, "paused", "up")

    def skew(self, name: str, offset: float, drift: float | None) -> None:
        assert drift is not None
        self.drift[name] = drift
        self.log.append((self.loop.time(), name, offset, drift))

    def _become(self, name: str, before: str, after: str) -> None:
        assert self.now[name] == before
        self.now[name] = after
        self.log.append((self.loop.time(), name, after))
        down = sum(state != "up" for state in self.now.values())
        self.down_most = max(self.down_most, down)


def watch(
    plan: FaultPlan,
    *,
    nodes: str = "abcde",
    restartable: str | None = None,
    seconds: float = 100.0,
    choices: Any = None,
    seed: int = 0,
    during: Callable[[SimNetwork, Cluster], None] | None = None,
) -> tuple[list[tuple[Any, ...]], Cluster, SimNetwork]:
    """Everything that happens while a plan is in force; and the world after it."""
    loop = SimLoop()
    choices = choices or SeededChoices(seed)
    events: list[tuple[Any, ...]] = []
    network = SimNetwork(
        loop, choices.stream("net"), lambda *event: events.append((loop.time(), *event))
    )
    cluster = Cluster(loop, nodes, nodes if restartable is None else restartable)
    cluster.log = events
    nemesis = Nemesis(plan, choices, loop, network, cluster)

    async def main() -> None:
        nemesis.start()
        if during is not None:
            loop.call_later(seconds / 2, during, network, cluster)
        await asyncio.sleep(seconds)
        nemesis.stop()
        count = len(events)
        await asyncio.sleep(seconds)
        assert len(events) == count

    loop.run(main())
    return events, cluster, network


def test_a_plan_without_faults_does_nothing() -> None:
    events, _, _ = watch(FaultPlan())
    assert {event[1] for event in events} == {"healed", "link"}  # by its stop
    assert {event[0] for event in events} == {100.0}


@pytest.mark.parametrize(
    ("plan", "kinds"),
    [
        (FaultPlan(partition_every_s=2.0), {"partitioned"}),
        (FaultPlan(reset_every_s=1.0), {"reset"}),
        (FaultPlan(slow_every_s=1.0), {"slowed"}),
        (FaultPlan(clog_every_s=1.0), {"held", "released"}),
    ],
)
def test_faults_of_the_network_come_and_go(plan: FaultPlan, kinds: set[str]) -> None:
    events, cluster, network = watch(plan)
    seen = {event[1] for event in events}
    assert kinds <= seen <= kinds | {"healed", "link"}
    assert sum(event[1] in kinds for event in events) > 10
    assert set(cluster.now.values()) == {"up"}
    assert network.profile == LinkProfile()


@pytest.mark.parametrize(
    ("plan", "states"),
    [
        (FaultPlan(crash_every_s=2.0), {"crashed", "up"}),
        (FaultPlan(pause_every_s=2.0), {"paused", "up"}),
        (FaultPlan(crash_every_s=2.0, pause_every_s=2.0), {"crashed", "paused", "up"}),
    ],
)
def test_nodes_go_down_and_come_back_a_minority_at_a_time(
    plan: FaultPlan, states: set[str]
) -> None:
    events, cluster, _ = watch(plan)
    assert {event[2] for event in events if event[1] in "abcde"} == states
    assert set(cluster.now.values()) == {"up"}
    assert cluster.down_most == 2
    assert {event[1] for event in events} >= set("abcde")


@pytest.mark.parametrize(("limit", "most"), [(0, 0), (1, 1), (4, 4), (9, 5)])
def test_how_many_nodes_are_down_at_once_can_be_said(limit: int, most: int) -> None:
    plan = FaultPlan(crash_every_s=0.1, crash_lasts_s=20.0, down_max=limit)
    assert watch(plan)[1].down_most == most


def test_a_single_node_may_crash() -> None:
    assert watch(FaultPlan(crash_every_s=1.0), nodes="a")[1].down_most == 1


def test_only_nodes_that_can_start_again_go_down() -> None:
    events, _, _ = watch(FaultPlan(crash_every_s=1.0, pause_every_s=1.0), restartable="bd")
    assert {event[1] for event in events if event[1] in "abcde"} == {"b", "d"}


def test_clocks_are_skewed_and_run_true_again_at_the_end() -> None:
    events, cluster, _ = watch(FaultPlan(skew_every_s=1.0, skew_drift=0.1, skew_step_s=3.0))
    skewed = [event for event in events if event[1] in "abcde"]
    drifts = [event[3] for event in skewed]
    assert min(drifts) < -0.05 < 0.05 < max(drifts)
    assert all(-0.1 <= drift <= 0.1 for drift in drifts)
    assert all(-3 <= event[2] <= 3 for event in skewed)
    assert set(cluster.drift.values()) == {0.0}


def test_links_are_as_the_plan_says_until_it_ends() -> None:
    seen: list[LinkProfile] = []
    plan = FaultPlan(loss=0.3, delay=Constant(2.0))
    _, _, network = watch(plan, during=lambda network, _: seen.append(network.profile))
    assert seen == [plan.link_profile()]
    assert network.profile == LinkProfile()


def test_what_lasts_ends_when_the_plan_does() -> None:
    forever = FaultPlan(
        partition_every_s=1.0,
        partition_lasts_s=1e6,
        slow_every_s=1.0,
        slow_lasts_s=1e6,
        clog_every_s=1.0,
        clog_lasts_s=1e6,
        crash_every_s=1.0,
        crash_lasts_s=1e6,
    )
    events, cluster, _ = watch(forever)
    assert sum(event[1] == "partitioned" for event in events) == 1
    assert set(cluster.now.values()) == {"up"}
    slowed = [(event[2], event[3]) for event in events if event[1] == "slowed"]
    assert sorted(slowed) == sorted(2 * list(dict.fromkeys(slowed)))  # each once, and undone
    held = [event[2:4] for event in events if event[1] == "held"]
    assert sorted(held) == sorted(event[2:4] for event in events if event[1] == "released")


def test_it_does_not_undo_what_a_test_cuts() -> None:
    reached: list[bool] = []

    def during(network: SimNetwork, cluster: Cluster) -> None:
        network.cut("a", "b")
        cluster.loop.call_later(40, lambda: reached.append(not network._blocked("a", "b")))

    events, _, _ = watch(FaultPlan(partition_every_s=1.0), during=during)
    assert sum(event[1] == "healed" and event[0] > 50 for event in events) > 2
    assert reached == [False]


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=25)
def test_any_plan_ends_well_and_a_tape_repeats_it(seed: int) -> None:
    plan = FaultPlan.swarm(skew_step_s=1.0).draw(SeededStream(seed, "work"))
    choices = SeededChoices(seed)
    events, cluster, _ = watch(plan, seconds=30, choices=choices)
    assert set(cluster.now.values()) == {"up"}
    assert cluster.down_most <= 2
    replayed = ReplayedChoices(choices.tape())
    assert watch(plan, seconds=30, choices=replayed)[0] == events
    replayed.finish()


@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from(PARTITION_KINDS))
def test_a_partition_is_of_its_kind(seed: int, count: int, kind: str) -> None:
    nodes = "abcdef"[:count]
    cut = draw_partition(SeededStream(seed, "net"), [kind], nodes)
    least = {"bridge": 3, "ring": 4}.get(kind, 2)
    if count < least:
        assert cut is None
        return
    assert cut is not None
    pairs = set(cut.pairs)
    both_ways = {(b, a) for a, b in pairs} == pairs
    assert both_ways == (kind != "one-way")
    cut_from = {node: sum(a == node for a, _ in pairs) for node in nodes}
    match kind:
        case "isolate":
            assert sorted(cut_from.values()) == [1] * (count - 1) + [count - 1]
        case "split":
            assert len({cut_from[node] for node in nodes}) <= 2
            assert min(cut_from.values()) >= 1
        case "one-way":
            assert 0 < sum(n > 0 for n in cut_from.values()) < count
        case "bridge":
            assert sum(n == 0 for n in cut_from.values()) == 1
        case "ring":
            assert set(cut_from.values()) == {count - 3}


def test_all_kinds_of_partition_come() -> None:
    stream = SeededStream(0, "net")
    drawn = [draw_partition(stream, PARTITION_KINDS, "abcd") for _ in range(100)]
    assert {cut.text.partition(":")[0] for cut in drawn if cut} == set(PARTITION_KINDS)
