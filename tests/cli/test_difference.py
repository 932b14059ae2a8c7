"""Where two JSON values differ."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.cli.difference import MISSING, Difference, Tolerance, differences

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_a_value_does_not_differ_from_its_copy(value):
    assert differences(value, json.loads(json.dumps(value))) == []


@given(json_values, json_values)
def test_there_is_a_difference_one_way_exactly_when_there_is_one_the_other_way(a, b):
    assert bool(differences(a, b)) == bool(differences(b, a))


def test_a_difference_names_the_place_and_both_values():
    expected = {"rows": [{"mean": 1}, {"mean": 2}]}
    actual = {"rows": [{"mean": 1}, {"mean": 3}]}
    assert differences(expected, actual) == [Difference("$.rows[1].mean", 2, 3)]


def test_missing_and_surplus_entries_are_differences():
    assert differences({"a": 1}, {"b": 2}) == [
        Difference("$.a", 1, MISSING),
        Difference("$.b", MISSING, 2),
    ]
    assert differences([1], [1, 2]) == [Difference("$[1]", MISSING, 2)]


def test_null_is_not_the_same_as_nothing():
    assert differences({"a": None}, {}) == [Difference("$.a", None, MISSING)]


@pytest.mark.parametrize(
    ("expected", "actual"), [(1, True), (0, False), (None, False), ("1", 1), ([], {}), (0, None)]
)
def test_values_of_different_kinds_differ(expected, actual):
    assert differences(expected, actual) == [Difference("$", expected, actual)]


def test_integers_and_floats_of_the_same_size_are_equal():
    assert differences([1, 2.0], [1.0, 2]) == []


def test_a_tolerance_loosens_numbers_only():
    loose = Tolerance(absolute=0.5)
    assert differences([1.0, "a"], [1.4, "a"], loose) == []
    assert differences([1.0, "a"], [1.6, "b"], loose) == [
        Difference("$[0]", 1.0, 1.6),
        Difference("$[1]", "a", "b"),
    ]


def test_a_relative_tolerance_grows_with_the_numbers():
    assert differences(1_000_000, 1_000_001, Tolerance(relative=1e-6)) == []
    assert differences(1, 1.1, Tolerance(relative=1e-6)) != []


def test_only_the_first_differences_are_listed():
    assert len(differences(list(range(100)), [], limit=3)) == 3
