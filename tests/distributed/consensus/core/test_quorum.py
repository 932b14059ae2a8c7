"""Majorities, one at a time and in pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.quorum import Tally

NAMES = tuple("abcdefg")
groups = st.lists(st.sampled_from(NAMES), unique=True, max_size=7).map(lambda g: tuple(sorted(g)))
some = groups.filter(bool)
configurations = st.builds(Configuration, voters=some, outgoing=groups)


def majority(voters: tuple[str, ...], names: set[str]) -> bool:
    return 2 * len(names & set(voters)) > len(voters)


def in_quorum(configuration: Configuration, names: set[str]) -> bool:
    return majority(configuration.voters, names) and (
        not configuration.outgoing or majority(configuration.outgoing, names)
    )


@given(configurations, st.sets(st.sampled_from(NAMES)))
def test_a_quorum_is_a_majority_of_each_side(configuration: Configuration, names: set[str]) -> None:
    assert quorum.reached(configuration, names) == in_quorum(configuration, names)


@given(configurations, st.lists(st.integers(0, 9), min_size=7, max_size=7))
def test_the_value_of_a_quorum_is_the_largest_that_one_has(
    configuration: Configuration, values: list[int]
) -> None:
    matched = dict(zip(NAMES, values, strict=True))
    value = quorum.reached_value(configuration, matched.__getitem__)
    assert in_quorum(configuration, {name for name in NAMES if matched[name] >= value})
    assert not in_quorum(configuration, {name for name in NAMES if matched[name] > value})


@given(configurations, st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_two_quorums_have_a_member_in_common(
    configuration: Configuration, one: set[str], other: set[str]
) -> None:
    if quorum.reached(configuration, one) and quorum.reached(configuration, other):
        assert one & other


@given(configurations, st.dictionaries(st.sampled_from(NAMES), st.booleans()))
def test_an_election_is_open_as_long_as_it_can_still_go_either_way(
    configuration: Configuration, votes: dict[str, bool]
) -> None:
    tally = quorum.count(configuration, votes)
    granted = {name for name, vote in votes.items() if vote}
    denied = set(votes) - granted
    assert (tally is Tally.WON) == in_quorum(configuration, granted)
    assert (tally is Tally.LOST) == (not in_quorum(configuration, set(NAMES) - denied))


def test_nothing_is_reached_without_voters() -> None:
    assert quorum.reached_value(Configuration(), lambda _: 5) == 0
    assert not quorum.reached(Configuration(), ["a"])
    assert quorum.count(Configuration(), {}) is Tally.LOST


def test_half_of_an_even_group_is_no_quorum() -> None:
    """The sum that openraft got wrong in its reads (d60f1e85) and commits (1802)."""
    four = Configuration(voters=("a", "b", "c", "d"))
    assert not quorum.reached(four, ["a", "b"])
    assert quorum.reached_value(four, {"a": 9, "b": 9, "c": 3, "d": 1}.__getitem__) == 3


def test_a_name_counts_once_however_often_it_is_said() -> None:
    assert not quorum.reached(Configuration(voters=("a", "b", "c")), ["a", "a"])
