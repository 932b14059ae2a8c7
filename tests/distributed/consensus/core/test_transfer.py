"""Handing leadership over."""

from __future__ import annotations

from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.core._leading import HandOver
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Done, Placed, Refused
from holon_actors.distributed.consensus.core.inputs import Change, Transfer
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    TimeoutNow,
)
from tests.distributed.consensus.core.kit import Cluster, voters


def led(names: str = "abc", *, learners: str = "") -> Cluster:
    """A group with `a` as its leader, and nothing on the wire."""
    group = voters(*(name for name in names if name not in learners), learners=learners)
    cluster = Cluster(*names, configuration=group)
    cluster.elect("a")
    cluster.settle()
    return cluster


def counting(cluster: Cluster) -> Configuration:
    return cluster["a"].core.status().configuration


def told(cluster: Cluster) -> list[str]:
    return [message.to for message in cluster.wire if isinstance(message, TimeoutNow)]


def test_another_member_leads_at_once() -> None:
    cluster = led()
    request = cluster.ask("a", Transfer, target="b")
    assert cluster.leaders == ["b"]
    assert cluster.answer("a", request) == Done(request)
    assert cluster["b"].core.status().term == 2


def test_a_target_is_not_told_before_its_log_is_complete() -> None:
    """Thesis 3.10; hashicorp/raft 487: else the transfer only disturbs."""
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    cluster.heal()
    cluster.ask("a", Transfer, settle=False, target="b")
    assert told(cluster) == []
    cluster.tick("a", settle=False)
    cluster.settle(lambda message: not isinstance(message, TimeoutNow))
    assert told(cluster) == ["b"]
    cluster.settle()
    assert cluster.leaders == ["b"]
    assert cluster["b"].applied[1].data == b"x"


def test_without_a_target_it_is_whoever_is_furthest() -> None:
    cluster = led("abcd", learners="d")
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    cluster.heal()
    cluster.ask("a", Transfer)
    assert cluster.leaders == ["c"]


def test_nobody_else_is_there_to_take_over() -> None:
    cluster = led("ab", learners="b")
    request = cluster.ask("a", Transfer)
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_A_MEMBER)


def test_who_leads_already_need_not_take_over() -> None:
    cluster = led()
    request = cluster.ask("a", Transfer, target="a")
    assert cluster.answer("a", request) == Done(request)
    assert cluster.leaders == ["a"]


def test_learners_and_strangers_cannot_take_over() -> None:
    cluster = led("abcd", learners="d")
    for target in "dx":
        request = cluster.ask("a", Transfer, target=target)
        assert cluster.answer("a", request) == Refused(request, reasons.NOT_A_MEMBER, target)


def test_only_a_leader_can_hand_over() -> None:
    cluster = Cluster("a", "b", "c")
    request = cluster.ask("b", Transfer, target="c")
    assert cluster.answer("b", request) == Refused(request, reasons.NO_LEADER)
    cluster.elect("a")
    cluster.settle()
    request = cluster.ask("b", Transfer, target="c")
    assert cluster.answer("b", request) == Refused(request, reasons.NOT_LEADER, "a")


def test_it_is_handed_over_to_one_at_a_time() -> None:
    cluster = led()
    first = cluster.ask("a", Transfer, settle=False, target="b")
    second = cluster.ask("a", Transfer, settle=False, target="c")
    assert cluster.answer("a", second) == Refused(second, reasons.TRANSFERRING, "b")
    cluster.settle()
    assert cluster.answer("a", first) == Done(first)


def test_a_leader_goes_on_when_nobody_takes_over_in_time() -> None:
    cluster = led()
    cluster.crash("b")
    request = cluster.ask("a", Transfer, target="b")
    cluster.tick("a", "c", times=9)
    assert cluster.answer("a", request) is None
    cluster.tick("a", "c")
    assert cluster.answer("a", request) == Refused(
        request, reasons.NOT_HANDED_OVER, "b", unknown=True
    )
    (placed,) = cluster.propose("a", b"x")
    assert isinstance(cluster.answer("a", placed), Placed)


def test_one_that_was_never_told_cannot_take_over_later() -> None:
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    request = cluster.ask("a", Transfer, target="b")
    cluster.tick("a", "c", times=10)
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_HANDED_OVER, "b")


def test_a_target_that_was_not_told_after_all_is_told_again() -> None:
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.ask("a", Transfer, target="b")
    cluster.heal()
    cluster.tick("a")
    assert cluster.leaders == ["b"]


def test_heartbeats_of_others_tell_nobody() -> None:
    cluster = led()
    cluster.tick("a")
    cluster.do("a", HeartbeatReply("c", "a", 1, 1))
    assert told(cluster) == []
    cluster.cut.add(("a", "b"))
    cluster.ask("a", Transfer, target="b")
    cluster.do("a", HeartbeatReply("c", "a", 1, 1))
    assert told(cluster) == []


def test_a_target_that_has_fallen_behind_since_is_not_told_again() -> None:
    """The leader has left a joint configuration meanwhile, which is an entry more."""
    cluster = led("abcd")
    cluster.ask("a", Change, settle=False, remove=("d",))
    cluster.ask("a", Transfer, settle=False, target="b")
    assert told(cluster) == []
    cluster.settle(lambda m: not told(cluster) and "c" not in (m.to, m.sender))
    assert told(cluster) == ["b"]
    assert counting(cluster).joint
    cluster.wire.clear()
    last = cluster["a"].core.status().last_index
    for name in "cd":
        cluster.do("a", AppendReply(name, "a", 1, last))
    assert not counting(cluster).joint
    cluster.do("a", HeartbeatReply("b", "a", 1, 0))
    assert told(cluster) == []


def test_a_target_that_is_no_voter_any_more_does_not_take_over() -> None:
    cluster = led("abcd")
    cluster.ask("a", Change, settle=False, remove=("b",))
    request = cluster.ask("a", Transfer, settle=False, target="b")
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_A_MEMBER, "b")


def test_a_target_that_is_removed_meanwhile_does_not_take_over() -> None:
    """Its promotion is waiting for it to catch up, when the wait for the transfer begins."""
    cluster = led("abcd", learners="d")
    cluster.ask("a", Change, settle=False, promote=("d",), remove=("b",))
    assert counting(cluster).joint
    assert "b" not in counting(cluster).voters
    leading = cluster["a"].core._state.leading
    assert leading is not None
    leading.hand_over = HandOver(99, "b", 1_000)
    cluster.tick("a")
    assert cluster.answer("a", 99) == Refused(99, reasons.NOT_HANDED_OVER, "b")


def test_the_answer_tells_of_another_who_leads_instead() -> None:
    cluster = led()
    request = cluster.ask("a", Transfer, settle=False, target="b")
    cluster.wire.clear()
    cluster.do("a", Heartbeat("c", "a", 2, 0, 1))
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_HANDED_OVER, "c")


def test_it_is_unknown_what_came_of_it_when_nobody_is_heard_of() -> None:
    cluster = led()
    request = cluster.ask("a", Transfer, settle=False, target="b")
    cluster.deliver(lambda message: message.to == "b")
    cluster.deliver(lambda message: message.to == "a")
    assert cluster["a"].core.status().term == 2
    cluster.isolate("a")
    cluster.tick("a", times=19)
    assert cluster.answer("a", request) is None
    cluster.tick("a")
    assert cluster.answer("a", request) == Refused(request, reasons.NOT_HANDED_OVER, unknown=True)


def test_the_target_s_log_is_complete_by_what_it_has_acknowledged_in_this_term() -> None:
    cluster = led()
    cluster.propose("a", b"x", settle=False)
    cluster.ask("a", Transfer, settle=False, target="b")
    assert told(cluster) == []
    cluster.settle(lambda message: not isinstance(message, (AppendRequest, TimeoutNow)))
    assert told(cluster) == []
