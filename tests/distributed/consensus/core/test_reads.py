"""Linearizable reads: rounds, leases, and those of followers."""

from __future__ import annotations

from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.core.effects import ReadAt, Refused
from holon_actors.distributed.consensus.core.inputs import Change, Read, Tick, Transfer
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    ReadReply,
    ReadRequest,
    TimeoutNow,
)
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, voters

LEASE = CoreSettings(lease_reads=True)


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    """A group with `a` as its leader, and nothing on the wire."""
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def rounds(cluster: Cluster) -> list[int]:
    """The rounds on the wire, to `b`."""
    return [m.round for m in cluster.wire if isinstance(m, Heartbeat) and m.to == "b" and m.round]


def echo(number: int, *, sender: str = "b", term: int = 1) -> HeartbeatReply:
    return HeartbeatReply(sender, "a", term, number)


def no_appends(message: object) -> bool:
    return not isinstance(message, AppendRequest)


# --- rounds ---


def test_a_read_is_answered_once_a_quorum_takes_this_member_for_its_leader() -> None:
    """Thesis 6.4."""
    cluster = led()
    read = cluster.read("a", settle=False)
    assert cluster.answer("a", read) is None
    cluster.do("a", echo(1))
    assert cluster.answer("a", read) == ReadAt(read, 1)


def test_a_read_is_of_all_that_was_committed_when_it_came() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    read = cluster.read("a")
    assert cluster.answer("a", read) == ReadAt(read, 2)


def test_an_answer_to_an_earlier_round_confirms_no_later_read() -> None:
    """etcd 20418: a delayed answer to a request whose number was used again."""
    cluster = led()
    cluster.tick("a", settle=False)
    read = cluster.read("a", settle=False)
    assert rounds(cluster) == [1, 2]
    cluster.do("a", echo(1))
    cluster.do("a", echo(1, sender="c"))
    assert cluster.answer("a", read) is None
    cluster.do("a", echo(2))
    assert cluster.answer("a", read) is not None


def test_answers_to_rounds_do_not_take_each_other_back() -> None:
    cluster = led(names="abcde")
    first = cluster.read("a", settle=False)
    cluster.do("a", echo(1))
    cluster.tick("a", settle=False)
    cluster.do("a", echo(2, sender="c"))
    cluster.do("a", echo(1, sender="c"))
    assert cluster.answer("a", first) is not None


def test_an_answer_of_an_earlier_term_confirms_nothing() -> None:
    """Nor the answer of a member in this term to what was sent in an earlier one."""
    cluster = led()
    cluster.tick("a", times=9, settle=False)
    late = [m for m in cluster.wire if isinstance(m, Heartbeat)]
    cluster.wire.clear()
    cluster.restart("a")
    cluster.elect("a")
    cluster.settle()
    term = cluster["a"].core.status().term
    read = cluster.read("a", settle=False)
    cluster.wire.clear()
    for message in late:
        cluster.do(message.to, message)
    assert {m.term for m in cluster.wire} == {term}
    cluster.settle()
    cluster.do("a", echo(9, term=term - 1))
    assert cluster.answer("a", read) is None


def test_reads_that_come_while_a_round_is_on_its_way_share_the_next() -> None:
    cluster = led()
    first = cluster.read("a", settle=False)
    more = [cluster.read("a", settle=False) for _ in range(3)]
    assert rounds(cluster) == [1]
    cluster.do("a", echo(1))
    assert cluster.answer("a", first) is not None
    assert rounds(cluster) == [1, 2]
    assert {cluster.answer("a", each) for each in more} == {None}
    cluster.do("a", echo(2))
    assert None not in {cluster.answer("a", each) for each in more}
    assert rounds(cluster) == [1, 2]


def test_a_round_without_reads_keeps_none_waiting() -> None:
    cluster = led()
    cluster.tick("a", settle=False)
    cluster.read("a", settle=False)
    assert rounds(cluster) == [1, 2]


def test_a_lost_round_is_made_up_for_by_the_next_heartbeat() -> None:
    cluster = led()
    cluster.isolate("a")
    reads = [cluster.read("a"), cluster.read("a")]
    cluster.heal()
    cluster.tick("a")
    assert None not in [cluster.answer("a", read) for read in reads]


def test_a_leader_that_is_cut_off_answers_no_read() -> None:
    cluster = led()
    cluster.isolate("a")
    read = cluster.read("a")
    cluster.tick("b", "c", times=60)
    (leader,) = [name for name in cluster.leaders if name != "a"]
    cluster.propose(leader, b"x")
    assert cluster.answer("a", read) is None
    cluster.tick("a", times=20)
    assert cluster.answer("a", read) == Refused(read, reasons.LOST_LEADERSHIP)


def test_a_read_waits_until_an_entry_of_the_leader_s_term_is_committed() -> None:
    """etcd 7331, TiKV 9239: before that a new leader does not know all that is committed."""
    cluster = led()
    cluster.propose("a", b"x")
    cluster.crash("a")
    for _ in range(60):
        cluster.tick("b", "c", settle=False)
        cluster.settle(no_appends)
        if cluster.leaders:
            break
    (leader,) = cluster.leaders
    reads = [cluster.read(leader, settle=False) for _ in range(2)]
    cluster.tick(leader, settle=False)
    cluster.settle(no_appends)
    assert {cluster.answer(leader, read) for read in reads} == {None}
    cluster.settle()
    assert [cluster.answer(leader, read) for read in reads] == [ReadAt(r, 3) for r in reads]


def test_a_group_of_one_needs_no_round() -> None:
    cluster = led(names="a")
    read = cluster.read("a")
    assert cluster.answer("a", read) == ReadAt(read, 1)
    cluster = Cluster("a", "b", configuration=voters("a", learners="b"))
    cluster.elect("a")
    read = cluster.read("a", settle=False)
    assert cluster.answer("a", read) is not None


def test_a_group_of_one_waits_for_its_own_entry_all_the_same() -> None:
    cluster = Cluster("a", slow="a")
    while not cluster["a"].leads:
        cluster.tick("a")
        cluster.store("a", 1)
    read = cluster.read("a")
    assert cluster.answer("a", read) is None
    cluster.store("a")
    assert cluster.answer("a", read) == ReadAt(read, 1)


def test_a_joint_configuration_confirms_with_both_majorities() -> None:
    cluster = led()
    for name in "de":
        cluster.join(name)
    cluster.ask("a", Change, settle=False, add=(("d", "at-d"), ("e", "at-e")), remove=("b", "c"))
    cluster.settle(lambda m: not cluster["a"].core.status().configuration.joint)
    assert cluster["a"].core.status().configuration.joint
    cluster.wire.clear()
    read = cluster.read("a", settle=False)
    number = max(rounds(cluster))
    cluster.do("a", echo(number, sender="b"))
    assert cluster.answer("a", read) is None
    cluster.do("a", echo(number, sender="d"))
    assert cluster.answer("a", read) is not None


def test_more_reads_than_may_wait_are_refused() -> None:
    cluster = led(CoreSettings(reads_max=2))
    reads = [cluster.read("a", settle=False) for _ in range(3)]
    assert cluster.answer("a", reads[2]) == Refused(reads[2], reasons.BUSY)
    cluster.settle()
    assert cluster["a"].core.status().reads == 0
    again = cluster.read("a")
    assert cluster.answer("a", again) == ReadAt(again, 1)


def test_rounds_that_nobody_answers_do_not_pile_up() -> None:
    cluster = led(CoreSettings(check_quorum=False))
    cluster.isolate("a")
    read = cluster.read("a")
    cluster.tick("a", times=500)
    leading = cluster["a"].core._state.leading
    assert leading is not None
    assert len(leading.rounds) == 2
    cluster.heal()
    cluster.tick("a")
    assert cluster.answer("a", read) is not None


def test_a_member_without_a_leader_says_so() -> None:
    cluster = Cluster("a", "b", "c")
    read = cluster.read("a")
    assert cluster.answer("a", read) == Refused(read, reasons.NO_LEADER)


# --- those of followers ---


def test_a_follower_reads_at_what_its_leader_says() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    read = cluster.read("b")
    assert cluster.answer("b", read) == ReadAt(read, 2)


def test_a_follower_s_reads_are_bounded_too() -> None:
    cluster = led(CoreSettings(reads_max=1))
    cluster.read("b", settle=False)
    read = cluster.read("b", settle=False)
    assert cluster.answer("b", read) == Refused(read, reasons.BUSY)


def test_a_follower_is_told_that_its_leader_has_too_much_to_do() -> None:
    cluster = led(CoreSettings(reads_max=1))
    cluster.read("a", settle=False)
    read = cluster.read("b", settle=False)
    cluster.deliver(lambda m: isinstance(m, ReadRequest))
    cluster.settle()
    assert cluster.answer("b", read) == Refused(read, reasons.BUSY)


def test_a_follower_whose_read_is_lost_is_told_in_time() -> None:
    cluster = led()
    cluster.cut.add(("b", "a"))
    read = cluster.read("b")
    cluster.tick("a", "b", times=11)
    assert cluster.answer("b", read) == Refused(read, reasons.LOST_LEADERSHIP)


def test_a_follower_that_asks_who_does_not_lead_is_told() -> None:
    cluster = led()
    cluster.do("c", ReadRequest("b", "c", 1, 77))
    assert [*cluster.wire] == [ReadReply("c", "b", 1, 77, None, reasons.NOT_LEADER)]
    cluster.settle()
    assert not cluster["b"].answers


def test_a_read_of_a_term_that_is_over_is_refused() -> None:
    cluster = led()
    cluster.do("a", ReadRequest("b", "a", 0, 77))
    assert [*cluster.wire] == [ReadReply("a", "b", 1, 77, None, reasons.NOT_LEADER)]


def test_a_stranger_s_read_is_refused() -> None:
    cluster = led()
    cluster.do("a", ReadRequest("x", "a", 1, 77))
    assert [*cluster.wire] == [ReadReply("a", "x", 1, 77, None, reasons.NOT_A_MEMBER)]


def test_an_answer_in_a_later_term_is_an_answer() -> None:
    cluster = led()
    read = cluster.read("b", settle=False)
    cluster.do("b", ReadReply("a", "b", 2, read, None, reasons.NOT_LEADER))
    assert cluster.answer("b", read) == Refused(read, reasons.NOT_LEADER)
    assert cluster["b"].core.status().term == 2


def test_a_leader_that_steps_down_tells_the_followers_whose_reads_wait() -> None:
    cluster = led()
    read = cluster.read("b", settle=False)
    cluster.deliver(lambda m: isinstance(m, ReadRequest))
    cluster.wire.clear()
    cluster.do("a", Heartbeat("c", "a", 2, 0, 1))
    cluster.deliver(lambda m: m.to == "b")
    assert cluster.answer("b", read) == Refused(read, reasons.LOST_LEADERSHIP)


# --- leases ---


def lease_read(cluster: Cluster, *, lease: bool = True) -> bool:
    """Whether a read may be answered at once."""
    read = cluster.read("a", lease, settle=False)
    return isinstance(cluster.answer("a", read), ReadAt)


def test_a_leader_that_was_just_confirmed_answers_at_once_if_it_may() -> None:
    cluster = led(LEASE)
    assert not lease_read(cluster)
    cluster.settle()
    assert lease_read(cluster)
    assert not lease_read(cluster, lease=False)


def test_without_the_setting_there_is_no_lease() -> None:
    cluster = led()
    cluster.tick("a")
    assert not lease_read(cluster)


def test_a_lease_is_from_when_the_round_was_sent_and_not_from_its_answer() -> None:
    """etcd-io/raft 99; openraft's leader-lease.md."""
    cluster = led(LEASE)
    cluster.tick("a", settle=False)
    answers = [m for m in cluster.wire if isinstance(m, Heartbeat)]
    cluster.wire.clear()
    cluster.tick("a", times=6, settle=False)
    cluster.wire.clear()
    for message in answers:
        cluster.do(message.to, message)
    cluster.settle()
    assert lease_read(cluster)  # 6 ticks and what is left of one: under 8 ticks less a tenth
    cluster.do("a", Tick())
    assert not lease_read(cluster)


def test_a_lease_is_shorter_the_more_clocks_may_differ() -> None:
    for drift, lasts in ((0.0, 6), (0.1, 6), (0.5, 2), (0.9, 0)):
        cluster = led(CoreSettings(lease_reads=True, lease_drift=drift))
        cluster.tick("a")
        cluster.isolate("a")
        held = 0
        while lease_read(cluster) and held < 9:
            cluster.do("a", Tick())
            held += 1
        assert held == (lasts + 1 if drift < 0.9 else 0), drift


def test_no_lease_holds_before_an_entry_of_the_term_is_committed() -> None:
    cluster = Cluster("a", "b", "c", settings=LEASE)
    cluster.elect("a", no_appends)
    cluster.tick("a", settle=False)
    cluster.settle(no_appends)
    assert not lease_read(cluster)


def test_no_lease_holds_while_leadership_is_handed_over_nor_after_that() -> None:
    """etcd-io/raft 99: the other may be elected in spite of the lease."""
    cluster = led(LEASE)
    cluster.tick("a")
    assert lease_read(cluster)
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    cluster.ask("a", Transfer, target="b", settle=False)
    assert not lease_read(cluster)
    cluster.tick("a", times=10)
    assert cluster["a"].core.status().transferring_to is None
    assert lease_read(cluster)  # it was never told to begin
    cluster.heal()
    cluster.tick("a")
    cluster.ask("a", Transfer, target="b", settle=False)
    assert [m for m in cluster.wire if isinstance(m, TimeoutNow)]
    cluster.settle(lambda m: not isinstance(m, TimeoutNow))
    cluster.tick("a", times=12, settle=False)
    cluster.settle(lambda m: not isinstance(m, TimeoutNow))
    assert cluster["a"].core.status().transferring_to is None
    assert cluster["a"].leads
    assert not lease_read(cluster)


def test_lease_reads_of_the_old_leader_never_miss_what_the_new_one_has_committed() -> None:
    """As bad as clocks may be: the old leader's is as slow as it may be, from its last round on."""
    settings = CoreSettings(lease_reads=True, lease_drift=0.3)
    for seed in range(20):
        cluster = Cluster("a", "b", "c", settings=settings, seed=seed)
        cluster.elect("a")
        cluster.tick("a")
        cluster.isolate("a")
        slow = 0.0
        while cluster.leaders == ["a"]:
            cluster.tick("b", "c")
            slow += 0.7
            if slow >= 1:
                slow -= 1
                cluster.do("a", Tick())
        assert not lease_read(cluster)


def test_a_confirmed_round_waits_for_nobody_else() -> None:
    cluster = led()
    cluster.read("a")
    cluster.do("a", AppendReply("b", "a", 1, 1))
    assert cluster["a"].core.status().reads == 0
    assert not rounds(cluster)


def test_a_read_while_nothing_else_happens_costs_one_round() -> None:
    cluster = led()
    effects = cluster.do("a", Read(99))
    assert [type(m) for m in effects.messages] == [Heartbeat, Heartbeat]
