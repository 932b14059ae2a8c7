"""Values as plain data, and messages in a few words."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from holon_actors import message
from holon_actors.actors.admin._plain import in_words, plain
from tests.actors.kit import Note


class Colour(enum.Enum):
    RED = "red"


class Model(BaseModel):
    size: int


@dataclass
class Plain:
    x: int


@message
class Heavy:
    data: bytes
    rest: object = None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Note("hi"), {"type": "tests.actors.kit.Note", "text": "hi"}),
        (Plain(1), {"x": 1}),
        (Model(size=2), {"size": 2}),
        ({1: (2, {3})}, {"1": [2, [3]]}),
        (Colour.RED, "red"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (timedelta(seconds=90), 90.0),
        (Decimal("1.50"), "1.50"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (ValueError("no"), "ValueError: no"),
        (b"\0\1\2", "AAEC"),
        (bytes(2_000_000), "<2000000 bytes>"),
        (np.arange(3), [0, 1, 2]),
        (np.int64(5), 5),
        (object(), "<object>"),
        (math.nan, None),
    ],
)
def test_a_value_becomes_plain_data(value, expected):
    assert plain(value) == expected


async def test_a_reference_becomes_its_address(system):
    from tests.actors.kit import Echo

    ref = system.spawn(Echo, name="echo")
    assert plain([ref]) == [str(ref.address)]
    assert in_words(Heavy(b"", ref)) == "Heavy(data=<0 bytes>, rest=/user/echo)"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@settings(deadline=None)  # the first value may wait for the interpreter to warm up
@given(values)
def test_whatever_it_is_it_has_a_json_form_and_words(value):
    json.dumps(plain(value), allow_nan=False)
    assert len(in_words(value)) <= 120


def test_what_contains_itself_ends():
    loop: list = []
    loop.append(loop)
    json.dumps(plain(loop))
    assert len(in_words(loop)) < 120


def test_no_repr_of_anybody_is_called():
    class Rude:
        def __repr__(self) -> str:
            raise AssertionError

        __str__ = __repr__

    assert in_words(Heavy(b"", [Rude()])) == "Heavy(data=<0 bytes>, rest=[<Rude>])"
    assert plain(Rude()) == "<Rude>"


def test_words_are_short_whatever_the_message_holds():
    assert in_words(Heavy(b"x" * 10_000_000)) == "Heavy(data=<10000000 bytes>, rest=None)"
    assert in_words(Note("y" * 1000)).endswith("...')")
    assert in_words(list(range(100))) == "[0, 1, 2, 3, 4, 5, ...]"
    assert in_words(10**5000) == "<16610-bit int>"
    assert in_words(Colour.RED) == "Colour.RED"
    assert in_words(ValueError("bad")) == "ValueError('bad')"


def test_a_few_lists_that_hold_each_other_many_times_have_an_end():
    value = []
    for _ in range(30):
        value = [value, value]
    assert len(json.dumps(plain(value))) < 1_000_000
