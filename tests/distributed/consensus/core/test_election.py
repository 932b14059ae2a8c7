"""Elections: who asks, who votes, who wins."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Leadership, Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import Change, Tick
from holon_actors.distributed.consensus.core.messages import (
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, entries, genesis, voters

ABC = voters("a", "b", "c")
PLAIN = CoreSettings(pre_vote=False)


def member(
    *terms: int,
    term: int | None = None,
    vote: str | None = None,
    settings: CoreSettings = PLAIN,
    configuration: Configuration = ABC,
) -> Cluster:
    """A group of which only `a` matters, with entries of these terms in its log."""
    cluster = Cluster("a", "b", "c", settings=settings)
    now = term if term is not None else max(terms, default=0)
    disk = Recovered(now, vote, 0, SnapshotMeta(0, 0, configuration), 0, 0, entries(*terms))
    cluster.start("a", disk)
    return cluster


def request(
    term: int, last_index: int = 0, last_term: int = 0, *, pre: bool = False, sender: str = "b"
) -> VoteRequest:
    return VoteRequest(sender, "a", term, last_index, last_term, pre)


def reply(term: int, granted: bool = True, *, pre: bool = False, sender: str = "b") -> VoteReply:
    return VoteReply(sender, "a", term, granted, pre)


def stand(cluster: Cluster, name: str = "a") -> list[object]:
    """Let a member's patience end; returns the messages of that tick."""
    for _ in range(2 * cluster.settings.election_ticks):
        effects = cluster.do(name, Tick())
        if effects.leadership is not None or effects.messages:
            return list(effects.messages)
    raise AssertionError("it is patient")


# --- asking ---


def test_a_member_that_hears_no_leader_asks_all_other_voters() -> None:
    cluster = member(1, 2, term=4)
    assert stand(cluster) == []
    assert [*cluster.wire] == [
        VoteRequest("a", "b", 5, 2, 2),
        VoteRequest("a", "c", 5, 2, 2),
    ]
    status = cluster["a"].core.status()
    assert (status.role, status.term, status.vote) == (Role.CANDIDATE, 5, "a")


def test_learners_are_not_asked_and_do_not_ask() -> None:
    cluster = Cluster("a", "b", "c", configuration=voters("a", "b", learners="c"), settings=PLAIN)
    stand(cluster)
    assert [message.to for message in cluster.wire] == ["b"]
    cluster.tick("c", times=100, settle=False)
    assert cluster["c"].core.status().role is Role.FOLLOWER


def test_a_member_without_a_group_waits_for_one() -> None:
    core = Raft("a", genesis(Configuration()), CoreSettings(), random.Random(1))
    for _ in range(100):
        assert not core.step(Tick()).messages
    assert core.role is Role.FOLLOWER


def test_the_time_to_an_election_is_random_between_one_and_two_timeouts() -> None:
    """Paper 5.2: else candidates would split the vote again and again."""
    waits = set()
    for seed in range(200):
        core = Raft("a", genesis(ABC), CoreSettings(election_ticks=5), random.Random(seed))
        waits.add(next(i for i in range(1, 20) if core.step(Tick()).leadership))
    assert waits == {5, 6, 7, 8, 9}


def test_a_candidate_that_gets_no_answer_asks_again_in_a_new_term_after_another_wait() -> None:
    cluster = member()
    waits = set()
    for term in range(1, 30):
        wait = 1
        while cluster.do("a", Tick()).leadership is None:
            wait += 1
        waits.add(wait)
        assert cluster["a"].core.status().term == term
    assert min(waits) >= 10
    assert max(waits) <= 19
    assert len(waits) > 3


def test_nothing_is_asked_before_term_and_own_vote_are_durable() -> None:
    """PySyncObj 84 and 202: a member that restarts and has forgotten whom it voted for."""
    cluster = member()
    cluster.slow.add("a")
    stand(cluster)
    assert not cluster.wire
    cluster.store("a")
    assert len(cluster.wire) == 2
    assert (cluster["a"].disk.term, cluster["a"].disk.vote) == (1, "a")


def test_its_own_vote_counts_once_it_is_durable() -> None:
    cluster = Cluster("a", settings=PLAIN, slow="a")
    stand(cluster)
    assert not cluster["a"].leads
    cluster.store("a", 1)
    assert cluster["a"].leads


def test_its_own_vote_for_a_term_that_is_over_does_not_count() -> None:
    cluster = member()
    cluster.slow.add("a")
    stand(cluster)
    cluster.do("a", Heartbeat("b", "a", 2, 0, 1))
    cluster.store("a")
    assert cluster["a"].core.status().role is Role.FOLLOWER


def test_a_record_from_before_the_election_does_not_make_the_vote_durable() -> None:
    cluster = member()
    cluster.slow.add("a")
    cluster.do("a", request(1))
    stand(cluster)
    cluster.store("a", 1)
    cluster.do("a", reply(2))
    assert not cluster["a"].leads
    cluster.store("a", 1)
    assert cluster["a"].leads


def test_a_disk_that_does_not_answer_does_not_let_elections_pile_up() -> None:
    cluster = member()
    cluster.slow.add("a")
    for _ in range(3):
        stand(cluster)
    cluster.store("a")
    assert [message.term for message in cluster.wire] == [3, 3]


# --- counting ---


def test_a_majority_makes_a_leader() -> None:
    cluster = member()
    stand(cluster)
    effects = cluster.do("a", reply(1))
    assert effects.leadership == Leadership(Role.LEADER, 1, "a")


def test_a_vote_that_comes_twice_counts_once() -> None:
    cluster = Cluster(*"abcde", settings=PLAIN)
    stand(cluster)
    cluster.do("a", reply(1))
    cluster.do("a", reply(1))
    assert not cluster["a"].leads
    cluster.do("a", reply(1, sender="c"))
    assert cluster["a"].leads


def test_the_first_answer_of_a_member_is_its_answer() -> None:
    cluster = Cluster(*"abcde", settings=PLAIN)
    stand(cluster)
    cluster.do("a", reply(1, False))
    cluster.do("a", reply(1))
    cluster.do("a", reply(1, sender="c"))
    assert not cluster["a"].leads


def test_a_vote_of_an_earlier_term_elects_nobody() -> None:
    """Xraft 33: two leaders in one term, by an answer to an election that was over."""
    cluster = member()
    stand(cluster)
    stand(cluster)
    cluster.do("a", reply(1))
    assert cluster["a"].core.status().role is Role.CANDIDATE
    assert cluster["a"].core.status().term == 2


def test_a_vote_of_a_stranger_does_not_count() -> None:
    cluster = member()
    stand(cluster)
    cluster.do("a", reply(1, sender="x"))
    assert not cluster["a"].leads


def test_votes_that_come_when_it_leads_or_follows_change_nothing() -> None:
    cluster = member()
    cluster.do("a", reply(0))
    assert cluster["a"].core.status().role is Role.FOLLOWER
    stand(cluster)
    cluster.do("a", reply(1))
    cluster.do("a", reply(1, sender="c"))
    assert cluster["a"].leads


def test_an_election_that_cannot_be_won_is_given_up() -> None:
    cluster = member()
    stand(cluster)
    cluster.do("a", reply(1, False))
    assert cluster["a"].core.status().role is Role.CANDIDATE
    cluster.do("a", reply(1, False, sender="c"))
    assert cluster["a"].core.status().role is Role.FOLLOWER
    assert cluster["a"].core.status().vote == "a"


def test_a_candidate_follows_the_leader_of_its_term() -> None:
    cluster = member()
    stand(cluster)
    cluster.do("a", AppendRequest("b", "a", 1, 0, 0, (), 0))
    status = cluster["a"].core.status()
    assert (status.role, status.leader) == (Role.FOLLOWER, "b")


def test_a_joint_configuration_needs_both_majorities() -> None:
    """Thesis 4.3."""
    joint = Configuration(
        voters=("a", "d", "e"),
        outgoing=("a", "b", "c"),
        addresses=tuple((name, name) for name in "abcde"),
    )
    cluster = member(configuration=joint)
    stand(cluster)
    assert [message.to for message in cluster.wire] == ["b", "c", "d", "e"]
    cluster.do("a", reply(1, sender="b"))
    cluster.do("a", reply(1, sender="c"))
    assert not cluster["a"].leads
    cluster.do("a", reply(1, sender="d"))
    assert cluster["a"].leads


# --- being asked ---


def granted(cluster: Cluster, message: VoteRequest) -> bool | None:
    """What `a` answers; None: nothing."""
    cluster.wire.clear()
    cluster.do("a", message)
    replies = [each for each in cluster.wire if isinstance(each, VoteReply)]
    return replies[0].granted if replies else None


@pytest.mark.parametrize(
    ("last_index", "last_term", "vote"),
    [(2, 3, True), (3, 3, True), (1, 4, True), (1, 3, False), (9, 2, False), (0, 0, False)],
)
def test_only_a_log_that_is_at_least_as_up_to_date_gets_a_vote(
    last_index: int, last_term: int, vote: bool
) -> None:
    """Paper 5.4.1."""
    assert granted(member(2, 3), request(5, last_index, last_term)) is vote
    assert granted(member(2, 3), request(5, last_index, last_term, pre=True)) is vote


def test_a_member_votes_once_in_a_term() -> None:
    cluster = member()
    assert granted(cluster, request(1)) is True
    assert granted(cluster, request(1, sender="c")) is False
    assert granted(cluster, request(1)) is True
    assert granted(cluster, request(2, sender="c")) is True


def test_a_member_votes_once_in_a_term_also_when_it_restarts_between() -> None:
    cluster = member()
    granted(cluster, request(1))
    cluster.restart("a")
    assert granted(cluster, request(1, sender="c")) is False


def test_a_vote_is_not_given_before_it_is_durable() -> None:
    """Paper 5.1: term and vote are on the disk before any answer."""
    cluster = member()
    cluster.slow.add("a")
    assert granted(cluster, request(1)) is None
    cluster.store("a")
    assert [*cluster.wire] == [VoteReply("a", "b", 1, True)]


def test_term_and_vote_are_one_record() -> None:
    """hashicorp/raft 661: two writes, and a crash between them that forgets the vote."""
    cluster = member()
    cluster.do("a", request(3))
    (record,) = cluster["a"].records
    assert (record.term, record.vote) == (3, "b")


def test_stepping_down_in_a_term_does_not_forget_its_vote() -> None:
    """redpanda 14 and 19: the vote erased when a candidate stepped down."""
    cluster = member()
    stand(cluster)
    cluster.do("a", Heartbeat("b", "a", 1, 0, 1))
    assert cluster["a"].core.status().vote == "a"
    assert granted(cluster, request(1, sender="c")) is False


def test_a_leader_does_not_vote_for_others_in_its_term() -> None:
    """DaosRaft 70."""
    cluster = member(settings=CoreSettings(pre_vote=False, check_quorum=False))
    stand(cluster)
    cluster.do("a", reply(1))
    assert granted(cluster, request(1, 9, 9)) is None  # malformed: a log from the future
    assert granted(cluster, request(1, 9, 1)) is False
    assert cluster["a"].leads


def test_a_member_whose_term_has_a_leader_votes_for_nobody_else_in_it() -> None:
    cluster = member()
    cluster.do("a", Heartbeat("b", "a", 1, 0, 1))
    assert granted(cluster, request(1, sender="c")) is False


def test_a_refusal_tells_the_term_and_makes_no_promise() -> None:
    cluster = member(3, term=4)
    cluster.slow.add("a")
    assert granted(cluster, request(5)) is False
    assert cluster.wire[0].term == 5


def test_a_request_of_a_term_that_is_over_is_told_the_term_and_nothing_else() -> None:
    """etcd 8243: a member with a lower term that is ignored asks for ever."""
    for pre in (False, True):
        cluster = member(term=5)
        cluster.do("a", request(4, 9, 4, pre=pre))
        assert [*cluster.wire] == [HeartbeatReply("a", "b", 5, 0)]


def test_a_vote_makes_the_voter_wait_anew_but_a_refusal_does_not() -> None:
    """Else a member that can never win keeps those that could from trying."""
    for terms, waits in (((), 10), ((1,), 0)):
        cluster = member(*terms)
        state = cluster["a"].core._state
        state.elapsed = state.timeout - 1
        cluster.do("a", request(2))
        cluster.do("a", Tick())
        asked = cluster["a"].core.status().role is Role.CANDIDATE
        assert asked == (waits == 0)


def test_a_learner_votes_because_it_may_have_been_promoted_without_knowing() -> None:
    """etcd 10998."""
    cluster = member(configuration=voters("b", "c", learners="a"))
    assert granted(cluster, request(1)) is True


def test_a_stranger_may_be_a_newer_member_and_gets_a_vote() -> None:
    assert granted(member(), request(1, sender="x")) is True


# --- pre-vote ---


def test_a_pre_candidate_changes_nothing_by_asking() -> None:
    """Thesis 9.6: a member that is cut off does not run up its term."""
    cluster = Cluster("a", "b", "c")
    cluster.isolate("a")
    cluster.tick("a", times=200)
    status = cluster["a"].core.status()
    assert (status.role, status.term, status.vote) == (Role.PRE_CANDIDATE, 0, None)
    assert not cluster["a"].records


def test_a_yes_in_advance_is_no_promise_and_keeps_nobody_waiting() -> None:
    """hashicorp/raft 609: granting a pre-vote counted as having heard a leader."""
    cluster = member()
    state = cluster["a"].core._state
    state.elapsed = state.timeout - 1
    assert granted(cluster, request(1, pre=True)) is True
    assert granted(cluster, request(1, pre=True, sender="c")) is True
    assert not cluster["a"].records
    cluster.do("a", Tick())
    assert cluster["a"].core.status().role is Role.CANDIDATE


def test_a_yes_in_advance_is_for_the_term_asked_for_and_a_no_tells_the_own() -> None:
    cluster = member(1, term=3)
    cluster.do("a", request(8, 1, 1, pre=True))
    cluster.do("a", request(8, 0, 0, pre=True))
    assert [*cluster.wire] == [
        VoteReply("a", "b", 8, True, True),
        VoteReply("a", "b", 3, False, True),
    ]


def test_a_pre_vote_for_a_term_in_which_it_has_voted_is_denied() -> None:
    cluster = member(term=3, vote="c")
    assert granted(cluster, request(3, pre=True)) is False
    assert granted(cluster, request(3, pre=True, sender="c")) is True


def test_a_majority_in_advance_begins_the_election() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    effects = cluster.do("a", reply(1, pre=True))
    assert effects.leadership == Leadership(Role.CANDIDATE, 1, None)
    assert [(m.term, m.pre) for m in cluster.wire if isinstance(m, VoteRequest)][2:] == [
        (1, False),
        (1, False),
    ]


def test_a_yes_in_advance_is_no_vote() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    cluster.do("a", reply(1, pre=True))
    cluster.do("a", reply(1, pre=True, sender="c"))
    assert cluster["a"].core.status().role is Role.CANDIDATE
    cluster.do("a", reply(1, pre=False))
    assert cluster["a"].leads


def test_a_vote_is_no_yes_in_advance() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    cluster.do("a", reply(0))
    assert cluster["a"].core.status().role is Role.PRE_CANDIDATE


def test_a_yes_in_advance_for_another_term_does_not_count() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    cluster.do("a", reply(2, pre=True))
    cluster.do("a", reply(0, pre=True))
    assert cluster["a"].core.status().role is Role.PRE_CANDIDATE


def test_a_majority_that_would_not_vote_ends_the_asking() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    cluster.do("a", reply(0, False, pre=True))
    cluster.do("a", reply(0, False, pre=True, sender="c"))
    status = cluster["a"].core.status()
    assert (status.role, status.term) == (Role.FOLLOWER, 0)


def test_a_no_with_a_later_term_is_learned_from() -> None:
    cluster = Cluster("a", "b", "c")
    stand(cluster)
    cluster.do("a", reply(4, False, pre=True))
    status = cluster["a"].core.status()
    assert (status.role, status.term) == (Role.FOLLOWER, 4)


def test_a_pre_candidate_has_no_leader_so_that_it_does_not_protect_one_that_is_gone() -> None:
    """etcd PR 8334."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("b")
    cluster.crash("b")
    stand(cluster)
    assert cluster["a"].core.status().leader is None
    assert granted(cluster, request(2, 1, 1, pre=True, sender="c")) is True


def test_a_group_elects_whoever_has_the_longest_log_after_all_have_restarted() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.isolate("c")
    cluster.propose("a", b"1", b"2")
    cluster.heal()
    for name in "abc":
        cluster.restart(name)
    cluster.tick("c", times=40)
    assert not cluster.leaders
    cluster.tick(times=40)
    assert cluster.leaders in (["a"], ["b"])


# --- who is protected ---


def test_a_member_that_hears_its_leader_takes_no_part_in_elections() -> None:
    """Thesis 4.2.3: a member that was removed and does not know disturbs nobody."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("b")
    for pre in (False, True):
        assert granted(cluster, request(9, 9, 1, pre=pre, sender="c")) is None
    assert cluster["a"].core.status().term == 1


def test_a_leader_is_not_disturbed_either() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    assert granted(cluster, request(9, 9, 1)) is None
    assert cluster["a"].leads


def test_a_member_that_has_not_heard_its_leader_for_long_votes() -> None:
    """hashicorp/raft 605: a majority is up and refuses all for the sake of a leader that is not."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("b")
    cluster["a"].core._state.timeout = 100
    cluster.tick("a", times=9, settle=False)
    assert granted(cluster, request(9, 9, 1, pre=True, sender="c")) is None
    cluster.tick("a", settle=False)
    assert granted(cluster, request(9, 9, 1, pre=True, sender="c")) is True


def test_without_check_quorum_nobody_is_protected() -> None:
    cluster = Cluster("a", "b", "c", settings=CoreSettings(check_quorum=False))
    cluster.elect("b")
    assert granted(cluster, request(9, 9, 1, sender="c")) is True


def test_an_election_that_the_leader_asked_for_is_not_held_up_by_it() -> None:
    """Thesis 4.2.3, and etcd's campaignTransfer."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("b")
    assert granted(cluster, replace(request(2, 9, 1, sender="c"), transfer=True)) is True


def test_with_lease_reads_a_member_votes_only_an_election_timeout_after_its_start() -> None:
    """It may have promised a leader, before it restarted, to vote for nobody meanwhile."""
    settings = CoreSettings(lease_reads=True)
    cluster = Cluster("a", "b", "c", settings=settings)
    cluster["a"].core._state.timeout = 100
    cluster.tick("a", times=9, settle=False)
    assert granted(cluster, request(2, pre=True)) is None
    assert granted(cluster, request(2)) is None
    cluster.tick("a", settle=False)
    assert granted(cluster, request(2)) is True


def test_a_later_term_does_not_end_what_a_member_has_promised_to_a_leader_with_a_lease() -> None:
    """It forgets its leader as soon as it learns of another term, but that leader may hold a lease
    on its word for as long as before.
    """
    for pre in (False, True):
        cluster = Cluster("a", "b", "c", settings=CoreSettings(lease_reads=True))
        cluster["a"].core._state.timeout = 100
        cluster.tick("a", times=15, settle=False)
        cluster.do("a", Heartbeat("b", "a", 1, 0, 1))
        cluster.do("a", HeartbeatReply("c", "a", 2, 0))
        assert cluster["a"].core.status().leader is None
        cluster.tick("a", times=9, settle=False)
        assert not granted(cluster, request(2, 9, 1, pre=pre, sender="c"))
        assert granted(cluster, request(3, 9, 1, pre=pre, sender="c")) is None
        cluster.tick("a", settle=False)
        assert granted(cluster, request(2, 9, 1, pre=pre, sender="c")) is True


def test_a_later_term_whose_leader_is_handed_over_need_not_wait_for_a_lease() -> None:
    cluster = Cluster("a", "b", "c", settings=CoreSettings(lease_reads=True))
    cluster.do("a", Heartbeat("b", "a", 1, 0, 1))
    cluster.do("a", HeartbeatReply("c", "a", 2, 0))
    assert granted(cluster, replace(request(2, 9, 1, sender="c"), transfer=True)) is True


def test_with_lease_reads_an_election_that_a_leader_asked_for_need_not_wait() -> None:
    cluster = Cluster("a", "b", "c", settings=CoreSettings(lease_reads=True))
    assert granted(cluster, replace(request(2), transfer=True)) is True


# --- being told to ---


def test_who_is_told_to_begins_an_election_at_once_and_says_why() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("b")
    cluster.do("a", TimeoutNow("b", "a", 1))
    assert cluster["a"].core.status().term == 2
    asked = [m for m in cluster.wire if isinstance(m, VoteRequest)]
    assert [(m.term, m.pre, m.transfer) for m in asked] == [(2, False, True), (2, False, True)]


def test_a_learner_does_not_begin_an_election_though_it_is_told_to() -> None:
    """openraft 1805: a target that does not know that it was promoted."""
    cluster = Cluster("a", "b", "c", configuration=voters("b", "c", learners="a"))
    cluster.elect("b")
    cluster.do("a", TimeoutNow("b", "a", 1))
    assert cluster["a"].core.status().role is Role.FOLLOWER


def test_a_candidate_is_not_told_twice() -> None:
    cluster = member()
    stand(cluster)
    cluster.do("a", TimeoutNow("b", "a", 1))
    assert cluster["a"].core.status().term == 1


def test_a_member_whose_removal_is_not_committed_may_be_the_only_one_to_finish_it() -> None:
    """Thesis 4.2.2: of two members the leader leaves, and is cut off before the other knows."""
    cluster = Cluster("a", "b")
    cluster.elect("a")
    cluster.ask("a", Change, settle=False, remove=("a",))
    for _ in range(3):  # up to the joint configuration, but not to the end of it
        if cluster["a"].core.status().configuration.joint:
            break
    cluster.deliver()
    cluster.deliver()
    assert cluster["a"].core.status().configuration == voters("b")
    assert cluster["b"].core.status().configuration.joint
    cluster.wire.clear()
    cluster.restart("a")
    cluster.restart("b")
    cluster.tick(times=100)
    assert cluster.leaders == ["b"]
    assert cluster["b"].core.status().configuration == voters("b")


# --- together ---


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_a_group_of_any_size_elects_one_leader(size: int) -> None:
    cluster = Cluster(*"abcdefg"[:size], seed=size)
    cluster.tick(times=60)
    (leader,) = cluster.leaders
    assert {each.core.status().leader for each in cluster.members.values()} == {leader}


def test_a_leader_that_is_lost_is_replaced() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.crash("a")
    cluster.tick(times=60)
    assert len(cluster.leaders) == 1
    assert cluster.leaders != ["a"]


def test_a_member_that_comes_back_does_not_disturb() -> None:
    """Thesis 9.6; canonical/raft 279."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.isolate("c")
    cluster.tick(times=100)
    cluster.heal()
    cluster.tick(times=100)
    assert cluster.leaders == ["a"]
    assert cluster["a"].core.status().term == 1


def test_a_member_with_a_later_term_comes_back_into_the_group() -> None:
    """etcd 8243 and 8501: without pre-votes it has run up its term, and is protected against."""
    cluster = Cluster("a", "b", "c", settings=PLAIN)
    cluster.elect("a")
    cluster.isolate("c")
    cluster.tick(times=100)
    cluster.heal()
    cluster.tick(times=100)
    assert len(cluster.leaders) == 1
    assert len({each.core.status().term for each in cluster.members.values()}) == 1


def test_a_leader_is_found_when_the_old_one_hears_only_one_member() -> None:
    """The partial partition of Cloudflare's outage: b hears a and c, which do not hear each
    other. Pre-votes and check-quorum keep it live.
    """
    cluster = Cluster(*"abcde")
    cluster.elect("a")
    cluster.cut |= {(x, y) for x in "abde" for y in "abde" if x != y}
    cluster.tick(times=200)
    assert cluster.leaders == ["c"]


def test_a_leader_that_is_not_heard_back_gives_way() -> None:
    """TigerBeetle's class: it can send and not receive, so the others go on hearing it."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.cut |= {("b", "a"), ("c", "a")}
    cluster.tick(times=100)
    assert len(cluster.leaders) == 1
    assert cluster.leaders != ["a"]
