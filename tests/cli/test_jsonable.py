"""The JSON form of results."""

import enum
import json
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from holon_actors.cli.errors import ResultNotJson
from holon_actors.cli.jsonable import dump_json, plain


class Sky(enum.Enum):
    SUN = "sun"


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Day:
    high: float
    sky: Sky


class Model(BaseModel):
    when: date


class Point(NamedTuple):
    x: int
    y: int


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_json_values_stay_as_they_are(value):
    assert plain(value) == value
    assert json.loads(dump_json(value)) == value


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (Day(1.5, Sky.SUN), {"high": 1.5, "sky": "sun"}),
        (Level.HIGH, 3),
        ((1, (2,)), [1, [2]]),
        (Point(1, 2), [1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({1: "a", None: "b", 2.5: "c"}, {"1": "a", "null": "b", "2.5": "c"}),
        ({date(2012, 1, 1): 1, Sky.SUN: 2}, {"2012-01-01": 1, "sun": 2}),
        (OrderedDict(a=1), {"a": 1}),
        (datetime(2012, 1, 1, tzinfo=UTC), "2012-01-01T00:00:00+00:00"),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.10"), "1.10"),
        (UUID(int=0), "00000000-0000-0000-0000-000000000000"),
        (PurePosixPath("a/b"), "a/b"),
        (b"\xff", "/w=="),
        (ValueError("no"), "ValueError: no"),
        (Model(when=date(2012, 1, 1)), {"when": "2012-01-01"}),
        (np.arange(3), [0, 1, 2]),
        (np.float64(1.5), 1.5),
        (np.int64(7), 7),
        (float("nan"), None),
        ([float("inf")], [None]),
    ],
)
def test_rich_values_have_a_plain_form(value, form):
    assert plain(value) == form
    assert json.loads(dump_json(value)) == form


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ({"a": [0, object()]}, ["$.a[1]", "object"]),
        ({"a": {(1, 2): 3}}, ["$.a", "tuple"]),
        ((i for i in range(3)), ["$", "generator"]),
        (int, ["$", "type"]),
    ],
)
def test_a_value_without_a_json_form_is_named_with_its_place(value, names):
    with pytest.raises(ResultNotJson) as caught:
        plain(value)
    for name in names:
        assert name in str(caught.value)


def test_a_value_that_contains_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(ResultNotJson, match="contains itself"):
        plain(value)
