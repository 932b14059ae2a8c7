"""Proposals: placed, refused, passed on."""

from __future__ import annotations

from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.core._proposals import _SEEN_MAX
from holon_actors.distributed.consensus.core.effects import Placed, Refused
from holon_actors.distributed.consensus.core.inputs import Change, Propose, Transfer
from holon_actors.distributed.consensus.core.messages import (
    Heartbeat,
    ProposalReply,
    ProposalRequest,
)
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    """A group with `a` as its leader, and nothing on the wire."""
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def why(cluster: Cluster, name: str, request: int) -> str | None:
    answer = cluster.answer(name, request)
    return answer.reason if isinstance(answer, Refused) else None


def test_each_proposal_has_its_place_in_the_order_given() -> None:
    cluster = led()
    requests = cluster.propose("a", b"x", b"y", b"z")
    assert [cluster.answer("a", r) for r in requests] == [
        Placed(request, index, 1) for index, request in enumerate(requests, 2)
    ]
    assert [entry.data for entry in cluster["c"].applied[1:]] == [b"x", b"y", b"z"]


def test_an_empty_command_is_a_command() -> None:
    cluster = led()
    (request,) = cluster.propose("a", b"")
    assert cluster.answer("a", request) == Placed(request, 2, 1)


def test_without_a_leader_nothing_is_proposed() -> None:
    cluster = Cluster("a", "b", "c")
    (request,) = cluster.propose("a", b"x")
    assert cluster.answer("a", request) == Refused(request, reasons.NO_LEADER)


def test_a_proposal_over_the_limit_is_refused_and_the_others_are_not() -> None:
    for name in "ab":
        cluster = led(CoreSettings(proposal_bytes_max=3))
        requests = cluster.propose(name, b"123", b"1234", b"1")
        assert [why(cluster, name, r) for r in requests] == [None, reasons.TOO_LARGE, None]
        assert cluster.answer(name, requests[2]) == Placed(requests[2], 3, 1)


def test_a_leader_takes_only_so_much_that_is_not_committed() -> None:
    cluster = led(CoreSettings(uncommitted_bytes_max=5))
    cluster.isolate("a")
    requests = cluster.propose("a", b"123", b"456", b"78")
    assert [why(cluster, "a", r) for r in requests] == [None, reasons.BUSY, None]
    assert cluster["a"].core.status().uncommitted_bytes == 5
    cluster.heal()
    cluster.tick("a")
    assert cluster["a"].core.status().uncommitted_bytes == 0
    (request,) = cluster.propose("a", b"x")
    assert why(cluster, "a", request) is None


def test_one_that_is_larger_than_the_limit_is_taken_when_nothing_else_waits() -> None:
    for name in "ab":
        cluster = led(CoreSettings(uncommitted_bytes_max=5))
        requests = cluster.propose(name, b"1234567890", b"1")
        assert [why(cluster, name, r) for r in requests] == [None, reasons.BUSY]


def test_what_an_earlier_term_has_left_is_not_counted() -> None:
    cluster = led(CoreSettings(uncommitted_bytes_max=5))
    cluster.isolate("a")
    cluster.propose("a", b"12345")
    cluster.crash("b")
    cluster.restart("a")
    cluster.heal()
    cluster.elect("a")
    cluster.settle()
    assert cluster["a"].core.status().uncommitted_bytes == 0
    (request,) = cluster.propose("a", b"12345")
    assert why(cluster, "a", request) is None


def test_nothing_is_proposed_while_leadership_is_handed_over() -> None:
    """Thesis 3.10."""
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.ask("a", Transfer, target="b", settle=False)
    (request,) = cluster.propose("a", b"x", settle=False)
    assert why(cluster, "a", request) == reasons.TRANSFERRING


def test_a_follower_passes_proposals_on_and_hears_where_they_are() -> None:
    cluster = led()
    requests = cluster.propose("b", b"x", b"y")
    assert [cluster.answer("b", r) for r in requests] == [
        Placed(requests[0], 2, 1),
        Placed(requests[1], 3, 1),
    ]
    assert cluster["b"].core._state.forwarded.size == 0


def test_a_follower_passes_on_only_so_much_at_a_time() -> None:
    cluster = led(CoreSettings(uncommitted_bytes_max=5))
    requests = cluster.propose("b", b"123", b"456", settle=False)
    assert [why(cluster, "b", r) for r in requests] == [None, reasons.BUSY]
    cluster.settle()
    (request,) = cluster.propose("b", b"456")
    assert isinstance(cluster.answer("b", request), Placed)


def test_a_follower_hears_why_the_leader_refuses() -> None:
    cluster = led()
    cluster.cut.add(("a", "c"))
    cluster.ask("a", Transfer, target="c", settle=False)
    (request,) = cluster.propose("b", b"x")
    assert cluster.answer("b", request) == Refused(request, reasons.TRANSFERRING)


def test_a_proposal_that_arrives_twice_is_placed_once() -> None:
    cluster = led()
    message = ProposalRequest("b", "a", 1, ((7, b"x"),))
    cluster.do("a", message)
    cluster.do("a", message)
    cluster.do("a", ProposalRequest("b", "a", 1, ((8, b"y"),)))
    cluster.do("a", ProposalRequest("c", "a", 1, ((7, b"z"),)))
    cluster.settle()
    assert [entry.data for entry in cluster["a"].applied[1:]] == [b"x", b"y", b"z"]


def test_what_has_been_seen_is_not_remembered_for_ever() -> None:
    cluster = led(names="ab")
    leading = cluster["a"].core._state.leading
    assert leading is not None
    for number in range(_SEEN_MAX):
        leading.seen[("b", -number)] = None
    cluster.do("a", ProposalRequest("b", "a", 1, ((7, b"x"),)))
    assert len(leading.seen) == _SEEN_MAX
    assert ("b", 0) not in leading.seen
    assert ("b", 7) in leading.seen


def test_an_empty_request_is_nothing() -> None:
    cluster = led()
    assert not cluster.do("a", ProposalRequest("b", "a", 1, ())).messages
    assert not cluster.do("a", Propose(())).messages
    assert not cluster.do("b", Propose(())).messages


def test_a_request_of_a_term_that_is_over_is_refused() -> None:
    """It may be one that was placed already, by this leader in an earlier term."""
    cluster = led()
    cluster.do("a", ProposalRequest("b", "a", 0, ((7, b"x"),)))
    assert [*cluster.wire] == [ProposalReply("a", "b", 1, (), ((7, reasons.NOT_LEADER),))]


def test_who_does_not_lead_refuses_what_is_passed_on() -> None:
    cluster = led()
    cluster.do("c", ProposalRequest("b", "c", 1, ((7, b"x"),)))
    assert [*cluster.wire] == [ProposalReply("c", "b", 1, (), ((7, reasons.NOT_LEADER),))]


def test_a_stranger_s_proposals_are_refused() -> None:
    cluster = led()
    cluster.do("a", ProposalRequest("x", "a", 1, ((7, b"x"),)))
    assert [*cluster.wire] == [ProposalReply("a", "x", 1, (), ((7, reasons.NOT_A_MEMBER),))]


def test_it_is_unknown_what_came_of_a_proposal_whose_answer_is_lost() -> None:
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster["b"].core._state.timeout = 100
    (request,) = cluster.propose("b", b"x")
    cluster.tick("b", times=10)
    assert cluster.answer("b", request) is None
    cluster.tick("b")
    assert cluster.answer("b", request) == Refused(request, reasons.LOST_LEADERSHIP, unknown=True)
    assert cluster["c"].applied[-1].data == b"x"


def test_it_is_unknown_what_came_of_a_proposal_whose_leader_is_lost() -> None:
    cluster = led()
    (request,) = cluster.propose("b", b"x", settle=False)
    cluster.do("b", Heartbeat("c", "b", 2, 0, 1))
    assert cluster.answer("b", request) == Refused(request, reasons.LOST_LEADERSHIP, unknown=True)
    cluster.settle()
    assert cluster["b"].core._state.forwarded.size == 0


def test_a_proposal_that_was_refused_is_not_placed_by_a_copy_that_comes_later() -> None:
    cluster = led()
    message = ProposalRequest("d", "a", 1, ((7, b"x"),))
    cluster.do("a", message)
    cluster.join("d")
    cluster.ask("a", Change, add=(("d", "at-d"),))
    assert "d" in cluster["a"].core.status().configuration.voters
    assert not cluster.do("a", message).messages
    assert b"x" not in [entry.data for entry in cluster["a"].core.tail(100)]


def test_it_is_unknown_whether_a_leader_that_is_none_any_more_has_placed_an_earlier_copy() -> None:
    cluster = led()
    (request,) = cluster.propose("b", b"x", settle=False)
    message = cluster.wire[-1]
    cluster.deliver(lambda each: each == message)
    cluster.wire.clear()
    cluster["a"].core._state.become_follower(1, None)
    cluster.wire.append(message)
    cluster.settle()
    assert cluster.answer("b", request) == Refused(request, reasons.NOT_LEADER, unknown=True)


def test_an_answer_that_comes_too_late_or_twice_is_dropped() -> None:
    cluster = led()
    reply = ProposalReply("a", "b", 1, ((7, 2, 1),), ((8, reasons.BUSY),))
    assert not cluster.do("b", reply).answers


def test_a_refusal_that_tells_of_a_later_term_is_a_refusal() -> None:
    cluster = led()
    (request,) = cluster.propose("b", b"x", settle=False)
    cluster.do("b", ProposalReply("a", "b", 2, (), ((request, reasons.NOT_LEADER),)))
    assert cluster.answer("b", request) == Refused(request, reasons.NOT_LEADER, unknown=True)
    assert cluster["b"].core.status().term == 2
