"""The checks of the simulations see what they are to see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holon_actors.distributed.consensus.core._invariants import check_invariants
from holon_actors.distributed.consensus.core._progress import Sending
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.roles import Role
from tests.distributed.consensus.core.kit import Cluster, voters


def leader() -> State:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.settle()
    cluster.propose("a", b"x")
    return cluster["a"].core._state


def wrong(attribute: str, value: object) -> Callable[[State], None]:
    """Sets an attribute, given as a path from the state on."""

    def apply(state: State) -> None:
        *path, last = attribute.split(".")
        owner: object = state
        for name in path:
            owner = owner["b"] if name == "progress_b" else getattr(owner, name)  # type: ignore[index]
            owner = owner.progress["b"] if name == "leading_b" else owner  # type: ignore[attr-defined]
        setattr(owner, last, value)

    return apply


def test_a_leader_as_it_should_be_is_in_order() -> None:
    check_invariants(leader())


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("log.commit", 9),
        ("log.emitted", 9),
        ("log.applied", 9),
        ("log.compacted_index", 1),
        ("log.last_index", 7),
        ("log.last_term", 7),
        ("log.configuration", voters("a")),
        ("journal.durable", 7),
        ("journal.written", 1),
        ("journal.stored", 99),
        ("term", 0),
        ("role", Role.FOLLOWER),
        ("leader", None),
        ("vote", "b"),
        ("leading.reads", 1),
        ("leading.uncommitted_bytes", 1),
        ("leading.progress", {}),
    ],
)
def test_what_cannot_be_is_seen(attribute: str, value: object) -> None:
    state = leader()
    wrong(attribute, value)(state)
    with pytest.raises(AssertionError):
        check_invariants(state)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("match", 9),
        ("next", 9),
        ("state", Sending.SNAPSHOT),
        ("round", 9),
        ("inflight_bytes", -1),
    ],
)
def test_what_cannot_be_of_another_member_is_seen(attribute: str, value: object) -> None:
    state = leader()
    assert state.leading is not None
    setattr(state.leading.progress["b"], attribute, value)
    with pytest.raises(AssertionError):
        check_invariants(state)


def test_a_candidate_without_its_own_vote_is_seen() -> None:
    state = Cluster("a", "b", "c")["a"].core._state
    state.become_candidate()
    state.journal.cut(state.term, state.vote, state.log)
    check_invariants(state)
    state.vote = "b"
    with pytest.raises(AssertionError):
        check_invariants(state)


def test_a_candidate_with_a_leader_is_seen() -> None:
    state = Cluster("a", "b", "c")["a"].core._state
    state.become_pre_candidate()
    state.leader = "b"
    with pytest.raises(AssertionError):
        check_invariants(state)


def test_a_member_checks_itself() -> None:
    cluster = Cluster("a")
    cluster["a"].core.check_invariants()
    cluster["a"].core._state.log.commit = 9
    with pytest.raises(AssertionError):
        cluster["a"].core.check_invariants()
