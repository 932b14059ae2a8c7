"""Membership under seeds: what it promises, in a simulated network, a fresh one per seed.

By default each promise is tried with fifteen seeds; `HOLON_SOAK=100` tries a hundred times as
many, other ones.
"""

from __future__ import annotations

import os

import pytest

from tests.actors.cluster.scenarios import SCENARIOS, Scenario, failures
from tests.actors.cluster.simulator import Cluster

SOAK = int(os.environ.get("HOLON_SOAK", "0"))
SEEDS = range(15) if not SOAK else range(1_000, 1_000 + 15 * SOAK)


@pytest.mark.timeout(60 + 60 * SOAK)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_it_holds_under_all_seeds(scenario: Scenario) -> None:
    found = failures(scenario, SEEDS)
    assert not found, f"{len(found)} of {len(SEEDS)}; the first: seed {found[0][0]}: {found[0][1]}"


def test_the_load_of_a_member_does_not_grow_with_the_cluster() -> None:
    """SWIM, section 4: constant expected load per member."""
    rates = {}
    for size in (3, 12, 40):
        cluster = Cluster(seed=size)
        cluster.form(size)
        cluster.run(10)
        before = sum(node.sent for node in cluster.nodes.values())
        cluster.run(30)
        rates[size] = (sum(node.sent for node in cluster.nodes.values()) - before) / size / 30
    assert max(rates.values()) < 4, rates


def test_the_same_seed_is_the_same_run() -> None:
    def run() -> tuple[str, list[int]]:
        cluster = Cluster(seed=5)
        cluster.form(5)
        cluster.network.loss = 0.2
        cluster.crash("b")
        cluster.run(30)
        return cluster.picture(), [node.sent for node in cluster.nodes.values()]

    assert run() == run()


def test_sixty_members_find_and_down_a_dead_one() -> None:
    cluster = Cluster(seed=1)
    members = cluster.form(60)
    cluster.crash(members[7])
    live = [m for m in members if m != members[7]]
    assert cluster.run_until(
        lambda: all(cluster.state(by, members[7]) == "down" for by in live), 25
    ), cluster.picture()
