"""What time does."""

from __future__ import annotations

from holon_actors.distributed.consensus.core.inputs import Tick
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    Heartbeat,
    HeartbeatReply,
    SnapshotReply,
)
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, voters


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def beats(cluster: Cluster, ticks: int) -> list[int]:
    return [
        len([m for m in cluster.do("a", Tick()).messages if isinstance(m, Heartbeat)])
        for _ in range(ticks)
    ]


def test_a_leader_sends_heartbeats_to_all_in_its_rhythm() -> None:
    assert beats(led(), 3) == [2, 2, 2]
    assert beats(led(CoreSettings(heartbeat_ticks=3)), 6) == [0, 0, 2, 0, 0, 2]


def test_a_read_s_round_is_a_heartbeat_too() -> None:
    cluster = led(CoreSettings(heartbeat_ticks=3))
    cluster.tick("a", times=2)
    cluster.read("a")
    assert beats(cluster, 3) == [0, 0, 2]


def test_a_leader_that_hears_no_quorum_for_an_election_timeout_steps_down() -> None:
    """Thesis 6.2."""
    cluster = led()
    cluster.isolate("a")
    cluster.tick("a", times=19)
    assert cluster["a"].leads
    cluster.tick("a")
    status = cluster["a"].core.status()
    assert (status.role, status.term, status.leader) == (Role.FOLLOWER, 1, None)


def test_a_leader_that_hears_a_quorum_leads_on() -> None:
    cluster = led(names="abcde")
    cluster.isolate("d", "e")
    cluster.tick("a", times=100)
    assert cluster["a"].leads


def test_a_leader_needs_to_hear_voters_and_not_learners() -> None:
    cluster = Cluster("a", "b", "c", configuration=voters("a", "b", learners="c"))
    cluster.elect("a")
    cluster.crash("b")
    cluster.tick("a", "c", times=20)
    assert not cluster["a"].leads


def test_one_sign_of_life_in_each_timeout_is_enough() -> None:
    cluster = led()
    cluster.isolate("a")
    for _ in range(10):
        cluster.do("a", HeartbeatReply("b", "a", 1, 0))
        cluster.tick("a", times=10)
        assert cluster["a"].leads
    cluster.tick("a", times=10)
    assert not cluster["a"].leads


def test_whatever_a_member_says_is_a_sign_of_its_life() -> None:
    for sign in (
        HeartbeatReply("b", "a", 1, 0),
        AppendReply("b", "a", 1, 1),
        SnapshotReply("b", "a", 1, 1, 0),
    ):
        cluster = led()
        cluster.isolate("a")
        cluster.tick("a", times=10)
        cluster.do("a", sign)
        cluster.tick("a", times=10)
        assert cluster["a"].leads


def test_without_check_quorum_a_leader_leads_on() -> None:
    cluster = led(CoreSettings(check_quorum=False))
    cluster.isolate("a")
    cluster.tick("a", times=100)
    assert cluster["a"].leads


def test_a_group_of_one_is_a_quorum() -> None:
    cluster = led(names="a")
    cluster.tick("a", times=100)
    assert cluster["a"].leads
