"""Changes of members, led through by the leader."""

from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core import changes, reasons
from holon_actors.distributed.consensus.core.effects import Done, Recovered, Refused
from holon_actors.distributed.consensus.core.entries import EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import Change, Transfer
from holon_actors.distributed.consensus.core.messages import AppendReply, AppendRequest, TimeoutNow
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, entries, voters


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    """A group with `a` as its leader, and nothing on the wire."""
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def counting(cluster: Cluster, name: str = "a") -> object:
    return cluster[name].core.status().configuration


def kinds(cluster: Cluster, name: str = "a") -> list[int]:
    return [entry.kind for entry in cluster[name].core.tail(100)]


def test_a_new_member_learns_and_then_votes() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    cluster.join("d")
    request = cluster.ask("a", Change, add=(("d", "at-d"),))
    assert cluster.answer("a", request) == Done(request)
    assert counting(cluster) == counting(cluster, "d") == voters("a", "b", "c", "d")
    assert [entry.data for entry in cluster["d"].applied[:2]] == [b"", b"x"]
    configuration = EntryKind.CONFIGURATION
    assert kinds(cluster)[2:] == [configuration] * 3  # as a learner, joint, as a voter


def test_a_new_member_has_no_vote_before_it_has_caught_up() -> None:
    cluster = led()
    request = cluster.ask("a", Change, add=(("d", "at-d"),))
    assert counting(cluster) == voters("a", "b", "c", learners="d")
    cluster.propose("a", b"x")
    cluster.join("d")
    assert cluster.answer("a", request) is None
    cluster.tick()
    assert cluster.answer("a", request) == Done(request)


def test_a_learner_stays_one() -> None:
    cluster = led()
    cluster.join("d")
    request = cluster.ask("a", Change, learn=(("d", "at-d"),))
    assert cluster.answer("a", request) == Done(request)
    cluster.tick(times=30)
    assert counting(cluster, "d") == voters("a", "b", "c", learners="d")
    request = cluster.ask("a", Change, promote=("d",))
    assert cluster.answer("a", request) == Done(request)
    assert counting(cluster, "d") == voters("a", "b", "c", "d")


def test_a_voter_becomes_a_learner() -> None:
    cluster = led()
    request = cluster.ask("a", Change, demote=("c",))
    assert cluster.answer("a", request) == Done(request)
    assert counting(cluster, "c") == voters("a", "b", learners="c")
    cluster.tick("c", times=100)
    assert cluster["c"].core.status().role is Role.FOLLOWER


def test_all_members_are_exchanged_in_one_change() -> None:
    cluster = led()
    for name in "def":
        cluster.join(name)
    request = cluster.ask(
        "a",
        Change,
        add=tuple((name, f"at-{name}") for name in "def"),
        remove=("a", "b", "c"),
    )
    assert cluster.answer("a", request) == Done(request)
    cluster.tick(times=60)
    (leader,) = cluster.leaders
    assert leader in "def"
    assert counting(cluster, leader) == voters("d", "e", "f")
    (again,) = cluster.propose(leader, b"x")
    assert cluster.history[cluster.answer(leader, again).index].data == b"x"  # type: ignore[union-attr]


def test_nothing_to_change_is_done_at_once() -> None:
    cluster = led()
    request = cluster.ask("a", Change, settle=False)
    assert cluster.answer("a", request) == Done(request)
    assert not cluster.wire


def test_a_group_of_one_grows_to_two_and_shrinks_again() -> None:
    cluster = led(names="a")
    cluster.join("b")
    request = cluster.ask("a", Change, add=(("b", "at-b"),))
    assert cluster.answer("a", request) == Done(request)
    request = cluster.ask("a", Change, remove=("b",))
    assert cluster.answer("a", request) == Done(request)
    assert counting(cluster) == counting(cluster, "b") == voters("a")


# --- what counts when ---


def test_a_configuration_counts_from_the_moment_it_is_in_the_log() -> None:
    """Paper, section 6; etcd 7625 is about the other way, when it is applied."""
    cluster = led()
    cluster.isolate("a")
    cluster.ask("a", Change, remove=("b",))
    status = cluster["a"].core.status()
    assert status.configuration.joint
    assert status.configuration_index > status.commit
    assert cluster["a"].seen[-1].configuration in (None, status.configuration)
    assert status.configuration in [each.configuration for each in cluster["a"].seen]


def test_a_configuration_that_is_undone_in_the_log_does_not_count_any_more() -> None:
    cluster = led()
    cluster.isolate("a")
    cluster.ask("a", Change, remove=("b",))
    cluster.tick("b", "c", times=60)
    cluster.heal()
    cluster.tick(times=5)
    assert counting(cluster) == voters("a", "b", "c")
    assert cluster["a"].core.status().configuration_index == 0


def test_a_configuration_is_known_again_after_a_restart_though_the_commit_is_not() -> None:
    cluster = led()
    cluster.ask("a", Change, remove=("c",))
    disk = cluster["b"].disk
    forgetful = Recovered(
        disk.term,
        disk.vote,
        0,
        disk.snapshot,
        disk.compacted_index,
        disk.compacted_term,
        disk.entries,
    )
    cluster.crash("b")
    cluster.start("b", forgetful)
    assert counting(cluster, "b") == voters("a", "b")


def test_a_joint_configuration_commits_with_both_majorities() -> None:
    cluster = led()
    cluster.isolate("a", "d", "e")
    for name in "de":
        cluster.join(name)
    cluster.heal()
    cluster.isolate("a", "d", "e")
    request = cluster.ask("a", Change, learn=(("d", "at-d"), ("e", "at-e")), settle=False)
    cluster.heal()
    cluster.settle()
    assert cluster.answer("a", request) == Done(request)
    cluster.isolate("a", "d", "e")
    request = cluster.ask("a", Change, promote=("d", "e"), remove=("b", "c"))
    assert counting(cluster) != voters("a", "d", "e")
    commit = cluster["a"].core.status().commit
    assert commit < cluster["a"].core.status().last_index
    cluster.heal()
    cluster.tick("a")
    assert cluster.answer("a", request) == Done(request)


# --- refused ---


def test_a_change_waits_for_the_entry_of_the_leader_s_own_term() -> None:
    """Ongaro's bug of single-server changes, raft-dev 2015; hashicorp/raft's guard."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a", lambda message: not isinstance(message, AppendRequest))
    request = cluster.ask("a", Change, settle=False, remove=("c",))
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_READY)
    cluster.settle()
    request = cluster.ask("a", Change, remove=("c",))
    assert cluster.answer("a", request) == Done(request)


def test_a_change_is_refused_while_another_is_under_way() -> None:
    """openraft: two requests at once left the configuration joint."""
    cluster = led()
    first = cluster.ask("a", Change, settle=False, remove=("c",))
    second = cluster.ask("a", Change, settle=False, remove=("b",))
    assert cluster.answer("a", second) == Refused(second, reasons.CHANGE_PENDING)
    cluster.settle()
    assert cluster.answer("a", first) == Done(first)
    assert counting(cluster) == voters("a", "b")


def test_a_change_is_refused_while_what_an_earlier_leader_began_is_not_over() -> None:
    cluster = led(names="abcd")
    cluster.ask("a", Change, settle=False, remove=("d",))
    cluster.deliver()
    cluster.crash("a")
    cluster.elect("b", lambda _: not cluster["b"].core.status().ready)
    cluster.settle(lambda _: not cluster["b"].core.status().ready)
    request = cluster.ask("b", Change, learn=(("e", "at-e"),), settle=False)
    assert cluster.answer("b", request) == Refused(request, reasons.CHANGE_PENDING)


def test_a_change_is_refused_while_leadership_is_handed_over() -> None:
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.ask("a", Transfer, target="b", settle=False)
    request = cluster.ask("a", Change, remove=("c",))
    assert cluster.answer("a", request) == Refused(request, reasons.TRANSFERRING, "b")


def test_only_the_leader_changes_members() -> None:
    cluster = Cluster("a", "b", "c")
    request = cluster.ask("b", Change, remove=("c",))
    assert cluster.answer("b", request) == Refused(request, reasons.NO_LEADER)
    cluster.elect("a")
    cluster.settle()
    request = cluster.ask("b", Change, remove=("c",))
    assert cluster.answer("b", request) == Refused(request, reasons.NOT_LEADER, "a")


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({"remove": ("a", "b", "c")}, reasons.LAST_VOTER, "a, b, c"),
        ({"remove": ("x",)}, reasons.NOT_A_MEMBER, "x"),
        ({"add": (("b", "at-b"),)}, reasons.DUPLICATE_MEMBER, "b"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    fields: dict[str, tuple[object, ...]], reason: str, detail: str
) -> None:
    cluster = led()
    last = cluster["a"].core.status().last_index
    request = cluster.ask("a", Change, **fields)
    assert cluster.answer("a", request) == Refused(request, reason, detail)
    assert cluster["a"].core.status().last_index == last


# --- catching up ---


def test_a_new_member_that_never_comes_stays_a_learner() -> None:
    cluster = led(CoreSettings(catch_up_rounds_max=3))
    request = cluster.ask("a", Change, add=(("d", "at-d"),))
    cluster.tick(times=29)
    assert cluster.answer("a", request) is None
    cluster.tick()
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_CAUGHT_UP, "d")
    assert counting(cluster) == voters("a", "b", "c", learners="d")
    cluster.join("d")
    cluster.tick()
    request = cluster.ask("a", Change, add=(("d", "at-d"),))
    assert cluster.answer("a", request) == Done(request)


def test_a_new_member_that_is_too_slow_stays_a_learner() -> None:
    """Thesis 4.2.1: each round takes it longer than an election may."""
    cluster = led(CoreSettings(catch_up_rounds_max=2, append_entries_max=1, inflight_max=1))
    cluster.propose("a", *[b"x"] * 8)
    cluster.join("d")
    request = cluster.ask("a", Change, add=(("d", "at-d"),), settle=False)
    while cluster.answer("a", request) is None:
        cluster.settle(lambda message: "d" not in (message.sender, message.to))
        cluster.deliver()
        cluster.tick(settle=False)
        cluster.propose("a", b"x", settle=False)
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_CAUGHT_UP, "d")


def test_a_new_member_that_needs_several_rounds_is_promoted_after_a_short_one() -> None:
    cluster = led()
    request = cluster.ask("a", Change, add=(("d", "at-d"),))
    cluster.tick(times=15)
    cluster.propose("a", b"x")
    cluster.join("d")
    cluster.tick()
    leading = cluster["a"].core._state.leading
    assert leading is not None
    assert cluster.answer("a", request) is None
    assert leading.change is not None
    assert leading.change.waiting["d"].rounds == 2
    cluster.tick()
    assert cluster.answer("a", request) == Done(request)


# --- leaders that go ---


def test_a_leader_that_removes_itself_goes_on_until_that_is_committed() -> None:
    """Thesis 4.2.2; etcd's StepDownOnRemoval."""
    cluster = led()
    request = cluster.ask("a", Change, settle=False, remove=("a",))
    cluster.settle(lambda _: counting(cluster) != voters("b", "c"))
    assert cluster["a"].leads
    cluster.settle(lambda _: cluster["a"].leads)
    assert cluster.answer("a", request) == Done(request)
    assert not cluster["a"].leads
    cluster.settle()
    assert len(cluster.leaders) == 1  # without the wait for a timeout
    cluster.tick("a", times=100)
    assert cluster["a"].core.status().role is Role.FOLLOWER


def test_a_leader_that_removes_itself_does_not_count_itself() -> None:
    """etcd 10563: of two, both acknowledge the joint entry, and then the other alone decides."""
    cluster = led(names="ab")
    cluster.ask("a", Change, settle=False, remove=("a",))
    cluster.settle(lambda m: cluster["a"].core.status().configuration.joint)
    assert counting(cluster) == voters("b")
    commit = cluster["a"].core.status().commit
    index = cluster["a"].core.status().last_index
    assert commit == index - 1
    cluster.do("a", AppendReply("b", "a", 1, index - 1))
    assert cluster["a"].core.status().commit == commit
    cluster.settle()
    cluster.tick(times=60)
    assert cluster.leaders == ["b"]


def test_a_leader_that_becomes_a_learner_stands_back_and_follows() -> None:
    cluster = led()
    request = cluster.ask("a", Change, demote=("a",))
    assert cluster.answer("a", request) == Done(request)
    cluster.tick(times=3)
    assert counting(cluster) == voters("b", "c", learners="a")
    assert cluster["a"].core.status().leader in ("b", "c")


def test_a_leader_that_goes_leaves_it_to_a_timeout_when_nobody_is_up_to_date() -> None:
    cluster = led(names="abcd")
    cluster.ask("a", Change, settle=False, remove=("a",))
    cluster.settle(lambda m: cluster["a"].core.status().configuration.joint)
    cluster.propose("a", b"x", settle=False)
    index = cluster["a"].core.status().configuration_index
    cluster.wire.clear()
    for name in "bcd":
        cluster.do("a", AppendReply(name, "a", 1, index))
    assert not cluster["a"].leads
    assert not [m for m in cluster.wire if isinstance(m, TimeoutNow)]


def test_a_new_leader_leaves_the_joint_configuration_that_it_finds() -> None:
    cluster = led(names="abcd")
    request = cluster.ask("a", Change, settle=False, remove=("d",))
    cluster.deliver()
    cluster.crash("a")
    assert cluster["b"].core.status().configuration.joint
    cluster.elect("b")
    cluster.settle()
    assert counting(cluster, "b") == voters("a", "b", "c")
    assert cluster.answer("a", request) is None


def test_a_change_whose_leader_is_lost_may_or_may_not_happen() -> None:
    cluster = led()
    cluster.isolate("a")
    request = cluster.ask("a", Change, remove=("c",))
    cluster.tick("a", times=20)
    assert cluster.answer("a", request) == Refused(request, reasons.LOST_LEADERSHIP, unknown=True)


def test_a_promotion_that_had_not_begun_has_not_happened() -> None:
    cluster = led()
    cluster.ask("a", Change, learn=(("d", "at-d"),))
    request = cluster.ask("a", Change, promote=("d",))
    cluster.isolate("a")
    cluster.tick("a", times=20)
    assert cluster.answer("a", request) == Refused(request, reasons.LOST_LEADERSHIP)


def test_the_log_of_a_group_that_was_joined_is_enough_to_know_all_members() -> None:
    cluster = led()
    cluster.join("d")
    cluster.ask("a", Change, add=(("d", "at-d"),))
    again = cluster.restart("d")
    assert again.core.status().configuration == voters("a", "b", "c", "d")
    assert dict(again.core.status().configuration.addresses)["a"] == "at-a"


def test_a_snapshot_at_a_joint_configuration_is_left_by_the_next_leader() -> None:
    cluster = Cluster("a", "b")
    joint = changes.enter(voters("a", "b"), Change(1, remove=("b",)))
    meta = SnapshotMeta(3, 1, joint)
    for name in "ab":
        cluster[name].files[meta] = {}
        cluster.start(name, Recovered(1, None, 3, meta, 3, 1, entries(1, first=4)))
    cluster.elect("a")
    cluster.settle()
    assert counting(cluster) == voters("a")
