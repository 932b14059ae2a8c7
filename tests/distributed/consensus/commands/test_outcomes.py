from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.commands.outcomes import (
    Failure,
    Packed,
    failure_of,
    outcome_of,
    value_of,
)


@given(st.none() | st.booleans() | st.floats(allow_nan=False) | st.binary() | st.integers())
def test_a_simple_result_comes_back_as_it_was(value) -> None:
    assert value_of(outcome_of(value)) == value


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
        max_leaves=8,
    )
)
def test_any_other_result_comes_back_as_a_copy(value) -> None:
    copy = value_of(outcome_of(value))
    assert copy == value
    assert type(copy) is type(value)
    if isinstance(value, list | dict):
        assert copy is not value


def test_what_the_state_machine_changes_later_does_not_change_an_answer() -> None:
    items = [1]
    outcome = outcome_of(items)
    items.append(2)
    assert value_of(outcome) == [1]


@pytest.mark.parametrize("value", [object(), lambda: None, "\ud800", [{object()}]])
def test_a_result_that_cannot_travel_is_a_failure(value) -> None:
    outcome = outcome_of(value)
    assert isinstance(outcome, Failure)
    assert outcome.type_name == "CodecError"


def test_large_ints_and_unicode_travel_packed() -> None:
    for value in (2**200, -(2**70), "grün", "😀"):
        outcome = outcome_of(value)
        assert isinstance(outcome, Packed)
        assert value_of(outcome) == value


def test_a_failure_has_the_same_text_everywhere_and_a_bounded_one() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise KeyError("no")

    assert failure_of(ValueError("x")) == Failure("ValueError", "x")
    assert "KeyError" in failure_of(Odd()).message
    assert len(failure_of(ValueError("y" * 10_000)).message) == 2_000
    assert failure_of(ValueError("\ud800")).message == "?"
