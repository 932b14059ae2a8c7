"""Votes, majorities and the time that a suspect has."""

from __future__ import annotations

import pytest

from holon_actors.actors.cluster.record import Record, Vote
from holon_actors.actors.cluster.seats import admitted, majority, suspicion_time, tally, voters
from holon_actors.actors.cluster.settings import SwimSettings

SETTINGS = SwimSettings()


def present(*addresses: str, seated: str = "abcdefgh") -> dict[str, Record]:
    return {a: Record(a, a.upper(), 100, voter=a in seated) for a in addresses}


def suspect(*votes: Vote) -> Record:
    record = Record("s", "S", 100, voter=True)
    for vote in votes:
        record = record.accused(vote)
    return record


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)])
def test_a_majority_is_more_than_half(members: int, needed: int) -> None:
    assert majority(members) == needed


def test_where_nobody_has_a_vote_everybody_has() -> None:
    assert voters(present("a", "b", seated="").values()) == {"a", "b"}
    assert voters(present("a", "b", seated="a").values()) == {"a"}


def test_a_newcomer_is_admitted_by_a_majority_of_the_voters() -> None:
    newcomer = Record("n", "N", 1, witnesses=("a", "n", "x"))
    assert not admitted(newcomer, {"a", "b", "c"})
    assert admitted(newcomer.witnessed("c"), {"a", "b", "c"})


def test_only_voters_are_counted_but_all_members_raise_the_majority() -> None:
    members = present("a", "b", "n", "m", seated="ab") | {"s": suspect()}
    record = suspect(Vote("a", 100, 5), Vote("n", 100, 5))
    assert tally(record, members, voters(members.values())) == (["a"], 3)


def test_a_vote_from_an_earlier_life_of_the_accuser_is_void() -> None:
    members = present("a", "b") | {"s": suspect()}
    record = suspect(Vote("a", 99, 3), Vote("b", 100, 3))
    assert tally(record, members, voters(members.values()))[0] == ["b"]


def test_the_majority_is_of_the_most_members_that_any_accuser_knew() -> None:
    members = present("a", "b") | {"s": suspect()}
    record = suspect(Vote("a", 100, 7), Vote("b", 100, 3))
    assert tally(record, members, voters(members.values()))[1] == 4


def test_a_suspect_does_not_vote_on_itself() -> None:
    members = present("a", "b") | {"s": suspect()}
    record = suspect(Vote("s", 100, 3))
    assert tally(record, members, voters(members.values()))[0] == []


def test_the_time_of_a_suspect_shrinks_as_more_accuse_it() -> None:
    times = [suspicion_time(accusers, 4, 6, SETTINGS) for accusers in (4, 5, 6)]
    assert times == sorted(times, reverse=True)
    assert times[0] == SETTINGS.suspicion_min_s * SETTINGS.suspicion_max_factor
    assert times[-1] == SETTINGS.suspicion_min_s


def test_larger_clusters_give_a_suspect_more_time() -> None:
    assert suspicion_time(100, 51, 100, SETTINGS) > suspicion_time(10, 6, 10, SETTINGS)
