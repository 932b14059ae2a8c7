"""Roles and terms."""

from __future__ import annotations

import random

import pytest

from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.roles import TRANSITIONS, Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import entries, genesis, voters

ABC = voters("a", "b", "c")


def state() -> State:
    return State("a", genesis(ABC), CoreSettings(), random.Random(1))


def leader() -> State:
    made = state()
    made.become_candidate()
    made.become_leader()
    return made


def test_every_role_can_be_left_and_a_leader_only_steps_down() -> None:
    assert set(TRANSITIONS) == set(Role)
    assert TRANSITIONS[Role.LEADER] == {Role.FOLLOWER}
    assert [role for role in Role if Role.LEADER in TRANSITIONS[role]] == [Role.CANDIDATE]


def test_a_follower_cannot_become_a_leader() -> None:
    with pytest.raises(AssertionError, match="LEADER"):
        state().become_leader()


def test_a_leader_cannot_begin_an_election() -> None:
    for begin in (State.become_candidate, State.become_pre_candidate):
        with pytest.raises(AssertionError):
            begin(leader())


def test_a_term_comes_with_no_vote_and_no_leader() -> None:
    made = state()
    made.become_candidate()
    made.become_follower(5, None)
    assert (made.term, made.vote, made.leader) == (5, None, None)
    assert made.journal.changed


def test_a_term_that_is_over_does_not_come_back() -> None:
    made = state()
    made.become_follower(5, "b")
    made.become_follower(4, "b")
    assert made.term == 5


def test_a_vote_is_given_once() -> None:
    made = state()
    made.vote_for("b")
    made.journal.changed = False
    made.vote_for("b")
    assert not made.journal.changed
    with pytest.raises(AssertionError):
        made.vote_for("c")


def test_a_follower_that_learns_of_a_term_goes_on_waiting() -> None:
    made = state()
    made.elapsed = 7
    made.become_follower(5, None)
    assert made.elapsed == 7


def test_who_stops_being_a_candidate_or_leader_waits_anew() -> None:
    for made in (leader(), state()):
        if made.role is Role.FOLLOWER:
            made.become_pre_candidate()
        made.elapsed = 7
        made.become_follower(made.term, None)
        assert made.elapsed == 0


def test_what_a_leader_has_goes_with_its_leadership() -> None:
    made = leader()
    assert made.leading is not None
    assert made.leader == "a"
    made.become_follower(made.term, None)
    assert (made.leading, made.leader) == (None, None)


def test_votes_are_for_one_election() -> None:
    made = state()
    made.become_candidate()
    made.votes["b"] = True
    made.become_candidate()
    assert made.votes == {}


def test_a_log_from_a_term_that_the_disk_does_not_know_is_not_a_log() -> None:
    disk = Recovered(1, None, 0, SnapshotMeta(0, 0, ABC), 0, 0, entries(2))
    with pytest.raises(AssertionError):
        State("a", disk, CoreSettings(), random.Random(1))
