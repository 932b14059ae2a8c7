"""Tests of the oracle's own arithmetic, by trying all quorums."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core.configuration import Configuration
from tests.distributed.consensus.cluster.quorums import has_quorum, legal_change

groups = st.sets(st.sampled_from("abcde"), min_size=1).map(lambda names: tuple(sorted(names)))
configurations = st.builds(Configuration, groups, st.just(()) | groups)


def quorums(configuration: Configuration) -> list[frozenset[str]]:
    return [
        frozenset(some)
        for size in range(6)
        for some in combinations("abcde", size)
        if has_quorum(some, configuration)
    ]


@given(configurations, configurations)
def test_legal_changes_leave_no_two_quorums_apart(old: Configuration, new: Configuration) -> None:
    if legal_change(old, new):
        assert all(a & b for a in quorums(old) for b in quorums(new))


@given(groups, groups)
def test_what_is_not_legal_has_two_quorums_apart(
    old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    if not legal_change(Configuration(old), Configuration(new)):
        pairs = [(a, b) for a in quorums(Configuration(old)) for b in quorums(Configuration(new))]
        assert any(not a & b for a, b in pairs)


@pytest.mark.parametrize(
    ("members", "configuration", "expected"),
    [
        ("ab", Configuration(tuple("abc")), True),
        ("a", Configuration(tuple("abc")), False),
        ("ab", Configuration(tuple("abcd")), False),
        ("abc", Configuration(tuple("abc"), tuple("cde")), False),
        ("abcd", Configuration(tuple("abc"), tuple("cde")), True),
        ("a", Configuration(), False),
    ],
)
def test_a_quorum_is_a_majority_of_both(
    members: str, configuration: Configuration, expected: bool
) -> None:
    assert has_quorum(members, configuration) is expected
