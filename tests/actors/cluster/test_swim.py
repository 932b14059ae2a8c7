"""The core as a whole: one thing at a time, in a quiet simulated network."""

from __future__ import annotations

from random import Random

import pytest

from holon_actors.actors.cluster.messages import Ack, Gossip, Join, Ping, Sync, Welcome
from holon_actors.actors.cluster.record import NUMBER_MAX, Record, Vote
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.swim import Swim
from tests.actors.cluster.simulator import Cluster


def core(address: str = "a", settings: SwimSettings | None = None) -> Swim:
    return Swim(address, address.upper(), 1_000, settings or SwimSettings(), Random(1), 0.0)


def meet(swim: Swim, *others: str, now: float = 0.0) -> None:
    """Make others known to it, as voters."""
    records = tuple(Record(o, o.upper(), 1_000, voter=True) for o in others)
    swim.receive(others[0], Gossip(records), now)


def test_a_node_on_its_own_is_a_cluster_of_one_and_sleeps() -> None:
    swim = core()
    assert swim.me.voter
    assert swim.next_wake == float("inf")
    assert swim.tick(100.0).send == ()


def test_a_newcomer_has_its_vote_with_the_welcome_when_one_voter_is_all_there_is() -> None:
    swim = core()
    effects = swim.receive("b", Join(1, (Record("b", "B", 5),)), 1.0)
    [(address, welcome)] = [(a, m) for a, m in effects.send if isinstance(m, Welcome)]
    assert address == "b"
    assert welcome.number == 1
    assert [(r.address, r.voter) for r in welcome.records] == [("a", True), ("b", True)]
    assert [change.kind for change in effects.changes] == ["joined"]


def test_a_node_that_joins_gives_up_its_own_vote_first() -> None:
    swim = core()
    _, effects = swim.join("seed", 0.0)
    [(_, join)] = effects.send
    assert isinstance(join, Join)
    assert not join.records[0].voter
    swim.end_join(1, 1.0)
    assert swim.me.voter  # nobody answered: it is on its own again


def test_a_join_is_repeated_until_it_is_answered() -> None:
    swim = core()
    number, effects = swim.join("seed", 0.0)
    for _ in range(3):
        assert [type(m) for _, m in effects.send] == [Join]
        effects = swim.tick(swim.next_wake)
    welcome = Welcome(number, (Record("seed", "S", 5, voter=True),))
    assert swim.receive("seed", welcome, swim.next_wake).welcomed == (number,)


def test_a_welcome_that_nobody_waits_for_is_not_announced() -> None:
    swim = core()
    assert swim.receive("b", Welcome(7, (Record("b", "B", 5),)), 0.0).welcomed == ()


def test_an_accusation_of_oneself_is_refuted_with_a_higher_number() -> None:
    swim = core()
    meet(swim, "b", "c")
    accused = swim.me.accused(Vote("b", 1_001, 3))
    swim.receive("b", Gossip((Record("b", "B", 1_000), accused)), 0.0)
    assert (swim.me.state, swim.me.refutation) == ("alive", 1)
    assert swim.health == 1


def test_an_old_accusation_is_not_refuted_again() -> None:
    swim = core()
    meet(swim, "b", "c")
    accused = swim.me.accused(Vote("b", 1_001, 3))
    for _ in range(3):
        swim.receive("b", Gossip((Record("b", "B", 1_000), accused)), 1.0)
    assert swim.me.refutation == 1


@pytest.mark.parametrize("end", ["down", "left"])
def test_a_living_node_that_is_said_to_be_gone_says_so_and_comes_back(end: str) -> None:
    swim = core()
    meet(swim, "b", "c")
    ended = swim.me.ended("down" if end == "down" else "left")
    effects = swim.receive("b", Gossip((Record("b", "B", 1_000), ended)), 1.0)
    assert [change.kind for change in effects.changes] == ["self-down"]
    assert effects.changes[0].record.incarnation == 1_000
    assert swim.me.incarnation == 1_001
    assert not swim.me.voter  # that takes the others


def test_a_former_start_with_a_clock_ahead_is_outbid() -> None:
    swim = core()
    meet(swim, "b", "c")
    effects = swim.receive("b", Gossip((Record("b", "B", 1_000), Record("a", "A", 9_000))), 1.0)
    assert swim.me.incarnation == 9_001
    assert effects.changes == ()


def test_an_absurd_incarnation_of_oneself_is_ignored() -> None:
    swim = core()
    meet(swim, "b", "c")
    absurd = Record("a", "A", NUMBER_MAX)
    swim.receive("b", Gossip((Record("b", "B", 1_000), absurd)), 1.0)
    assert swim.me.incarnation == 1_000


def test_what_a_node_sends_to_itself_is_ignored() -> None:
    swim = core()
    assert swim.receive("a", Ping(1, (Record("b", "B", 1),)), 0.0).send == ()
    assert [r.address for r in swim.members] == ["a"]


def test_a_ping_is_answered_with_what_is_said_about_the_sender() -> None:
    swim = core()
    meet(swim, "b", "c")
    accused = Record("b", "B", 1_000, voter=True).accused(Vote("c", 1_001, 3))
    swim.receive("c", Gossip((Record("c", "C", 1_000), accused)), 1.0)
    effects = swim.receive("b", Ping(9, (Record("b", "B", 1_000),)), 1.0)
    [ack] = [m for a, m in effects.send if a == "b" and isinstance(m, Ack)]
    assert ack.number == 9
    assert accused in ack.records


def test_tables_that_agree_are_not_sent() -> None:
    cluster = Cluster(seed=1)
    cluster.form(3)
    one, other = cluster.nodes["a"].core, cluster.nodes["b"].core
    now = cluster.nodes["a"].clock(cluster.now)
    same = one.receive("b", Sync(one.digest, (other.me,)), now)
    assert [m for _, m in same.send if isinstance(m, Sync)] == []
    different = one.receive("b", Sync(one.digest + 1, (other.me,)), now)
    [(_, sync)] = [(a, m) for a, m in different.send if isinstance(m, Sync)]
    assert isinstance(sync, Sync)
    assert len(sync.records) == 3
    assert sync.whole
    assert not sync.final


def test_strangers_beyond_the_limit_are_refused() -> None:
    swim = core(settings=SwimSettings(members_max=3))
    meet(swim, "b", "c", "d", "e")
    assert len(swim.members) == 3


def test_a_paused_node_asks_for_news_and_accuses_nobody_at_first() -> None:
    cluster = Cluster(seed=2)
    cluster.form(3)
    cluster.run(5)
    cluster.network.cut |= {("a", "b"), ("c", "b")}  # it will not hear anything
    pending = cluster.nodes["b"].core._detector._pending.probes
    assert cluster.run_until(lambda: bool(pending), 3)
    cluster.pause("b")
    cluster.run(3)  # not long enough to be downed
    cluster.resume("b")
    cluster.run(0.9)
    assert "suspected" not in cluster.kinds("b", "a") + cluster.kinds("b", "c")
    cluster.run(10)
    assert cluster.state("b", "a") == "suspect"  # the silence is not its own fault any more


def test_the_time_of_a_pause_does_not_count_against_a_suspect() -> None:
    cluster = Cluster(seed=3)
    cluster.form(4)
    cluster.crash("d")
    assert cluster.run_until(lambda: cluster.state("a", "d") == "suspect", 10)
    for address in "bc":
        cluster.crash(address)
    entry = cluster.nodes["a"].core._view.table["d"]
    suspected_at = entry.since
    cluster.pause("a")
    cluster.run(100)
    cluster.resume("a")
    assert entry.since >= suspected_at + 99


def test_who_has_left_only_says_so() -> None:
    cluster = Cluster(seed=4)
    cluster.form(3)
    cluster.leave("c")
    cluster.run(2)
    swim = cluster.nodes["c"].core
    assert swim.farewell_heard
    assert swim.next_wake == float("inf")
    now = cluster.nodes["c"].clock(cluster.now)
    effects = swim.receive("x", Ping(3, (Record("x", "X", 1),)), now)
    assert effects.send == (("x", Ack(3, (swim.me,))),)
    assert swim.receive("x", Gossip((Record("x", "X", 1),)), now).send == ()


def test_who_had_left_comes_back_as_a_new_incarnation() -> None:
    cluster = Cluster(seed=5)
    cluster.form(3)
    before = cluster.nodes["c"].core.me.incarnation
    cluster.leave("c")
    cluster.run(2)
    cluster.join("c", "b")
    assert cluster.run_until(cluster.agreed, 5), cluster.picture()
    assert cluster.nodes["c"].core.me.incarnation > before


def test_a_member_downed_by_hand_that_lives_comes_back() -> None:
    cluster = Cluster(seed=6)
    cluster.form(3)
    cluster.down("a", "b")
    assert cluster.state("a", "b") == "down"
    assert cluster.run_until(cluster.agreed, 5), cluster.picture()
    assert cluster.kinds("b", "b") == ["self-down"]
    assert cluster.kinds("c", "b")[-2:] == ["down", "joined"]


def test_nobody_downs_itself_or_a_stranger() -> None:
    swim = core()
    swim.down("a", 0.0)
    swim.down("x", 0.0)
    assert [(r.address, r.state) for r in swim.members] == [("a", "alive")]


def test_the_gone_are_forgotten_in_time_by_all() -> None:
    cluster = Cluster(seed=7, settings=SwimSettings(forget_after_s=60.0))
    cluster.form(4)
    cluster.leave("d")
    cluster.run(2)
    cluster.crash("d")
    assert cluster.state("a", "d") == "left"
    cluster.run(75)
    assert {cluster.state(by, "d") for by in "abc"} == {None}
    cluster.run(60)
    assert {cluster.state(by, "d") for by in "abc"} == {None}
    assert cluster.agreed()


def test_a_dead_pair_is_left_in_suspicion_and_found_again() -> None:
    """Half of four is no majority."""
    cluster = Cluster(seed=8)
    cluster.form(4)
    cluster.crash("c")
    cluster.crash("d")
    cluster.run(120)
    assert {cluster.state(by, of) for by in "ab" for of in "cd"} == {"suspect"}
    cluster.start("c", seed="a")
    assert cluster.run_until(lambda: cluster.state("a", "d") == "down", 20), cluster.picture()


def test_a_voter_that_confirmed_does_not_confirm_the_opposite() -> None:
    """Otherwise one voter that changes sides could down both."""
    cluster = Cluster(seed=9)
    cluster.form(3)
    cluster.crash("c")
    assert cluster.run_until(lambda: cluster.state("a", "c") == "down", 15)
    decider, other = ("a", "b") if cluster.nodes["b"].core._jury._pledges else ("b", "a")
    pledges = cluster.nodes[other].core._jury._pledges
    assert decider in pledges
    assert pledges[decider] > cluster.nodes[other].clock(cluster.now)


def test_sides_that_downed_each_other_by_hand_find_each_other_again() -> None:
    cluster = Cluster(seed=10)
    cluster.form(4)
    cluster.partition("ab", "cd")
    for by, of in (("a", "c"), ("a", "d"), ("c", "a"), ("c", "b")):
        cluster.down(by, of)
    cluster.run(10)
    assert {cluster.state("b", of) for of in "cd"} == {"down"}
    assert {cluster.state("d", of) for of in "ab"} == {"down"}
    cluster.heal()
    assert cluster.run_until(cluster.agreed, 15), cluster.picture()


def test_helpers_reach_whom_a_broken_link_hides() -> None:
    """SWIM, section 3.1: an indirect probe before an accusation."""
    cluster = Cluster(seed=11)
    cluster.form(4)
    cluster.network.cut |= {("a", "b"), ("b", "a")}
    cluster.run(120)
    kinds = {change.kind for node in cluster.nodes.values() for _, change in node.changes}
    assert kinds == {"joined"}


@pytest.mark.parametrize(("heard", "state"), [(True, "alive"), (False, "suspect")])
def test_who_is_heard_otherwise_is_not_accused(heard: bool, state: str) -> None:
    now = 0.0
    swim = Swim("a", "A", 1_000, SwimSettings(), Random(1), 0.0, lambda _: now if heard else -1.0)
    meet(swim, "b", "c")
    while now < 5:
        now = min(swim.next_wake, now + 0.1)
        swim.tick(now)
    assert {r.state for r in swim.members if r.address != "a"} == {state}


def test_a_full_table_forgets_who_has_been_gone_longest_for_a_newcomer() -> None:
    swim = core(settings=SwimSettings(members_max=3))
    meet(swim, "b", "c")
    swim.down("c", 0.0)
    swim.receive("b", Gossip((member("b"), member("d"))), 0.0)
    assert [r.address for r in swim.members] == ["a", "b", "d"]
    gone = member("e").ended("left")
    swim.receive("b", Gossip((member("b"), gone)), 0.0)
    assert [r.address for r in swim.members] == ["a", "b", "d"]


def member(address: str) -> Record:
    return Record(address, address.upper(), 1_000)
