from __future__ import annotations

import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime._shipping import Packed, is_plain, pack, unpack
from tests.runtime.sample_flows import Point

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=5)
        | st.frozensets(scalars, max_size=5)
    ),
    max_leaves=60,
)


def travel(value: Any) -> Any:
    return unpack(pickle.loads(pickle.dumps(pack(value))))


@given(values)
def test_values_arrive_as_they_left(value: Any) -> None:
    arrived = travel(value)
    assert arrived == value
    assert type(arrived) is type(value)


def test_small_containers_of_scalars_go_the_short_way() -> None:
    for plain in (1, "a", None, (1, "a"), [1.5], {"a": b"b"}):
        assert is_plain(plain)
        assert pack(plain) is plain
    for other in (Point(1, 2), (Point(1, 2),), [[1]], {"a": [1]}, list(range(100)), len):
        assert not is_plain(other)
        assert isinstance(pack(other), Packed)


def test_what_only_cloudpickle_can_carry_travels_too() -> None:
    factor = 3
    assert travel(lambda x: x * factor)(5) == 15


def test_a_value_that_looks_like_a_packed_one_arrives_as_itself() -> None:
    value = Packed(b"not a pickle")
    assert travel(value) == value


def test_what_cannot_be_pickled_raises_at_the_sender() -> None:
    with pytest.raises(TypeError):
        pack(threading.Lock())
