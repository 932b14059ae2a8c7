"""numpy arrays and scalars."""

from __future__ import annotations

from typing import Any

import msgpack  # type: ignore[import-untyped]
import numpy as np
import pytest
from holon_transports.codec import Limits, dumps, loads
from holon_transports.codec._marks import Code
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes()
    | hnp.datetime64_dtypes()
    | hnp.timedelta64_dtypes()
    | hnp.byte_string_dtypes(min_len=1)
    | hnp.unicode_string_dtypes(min_len=1)
)


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0, max_dims=4)), st.data())
def test_an_array_comes_back_as_it_was(array: Any, data: st.DataObject) -> None:
    if array.ndim > 1 and data.draw(st.booleans()):
        array = array.T
    elif array.ndim and data.draw(st.booleans()):
        array = array[::2]
    back = loads(dumps(array))
    assert type(back) is np.ndarray
    assert (back.dtype, back.dtype.str, back.shape) == (array.dtype, array.dtype.str, array.shape)
    assert back.tobytes() == array.tobytes()
    assert not back.flags.writeable


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_layout_is_kept(order: Any) -> None:
    back = loads(dumps(np.ones((3, 4), order=order)))
    assert back.flags.f_contiguous == (order == "F")


@given(hnp.arrays(dtypes.filter(lambda dtype: dtype.kind not in "SU"), 1))
def test_a_scalar_comes_back_as_it_was(array: Any) -> None:
    scalar = array[0]
    back = loads(dumps([scalar]))[0]
    assert type(back) is type(scalar)
    assert back.tobytes() == scalar.tobytes()


@pytest.mark.parametrize("scalar", [np.bytes_(b"a\0"), np.str_("a\0"), np.bytes_(), np.str_("ä")])
def test_a_text_scalar_keeps_its_zeros(scalar: Any) -> None:
    back = loads(dumps(scalar))
    assert type(back) is type(scalar)
    assert list(back) == list(scalar)


class Sub(np.ndarray):
    pass


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.zeros(2, dtype="i4,f8"),
        np.zeros(2, dtype="V8"),
        np.zeros(2).view(Sub),
        np.ma.masked_array([1, 2], [True, False]),
        np.zeros(1, dtype="i4,f8")[0],
    ],
    ids=lambda value: f"{type(value).__name__}-{value.dtype}",
)
def test_what_is_more_than_numbers_is_refused(value: Any) -> None:
    with pytest.raises(CodecError):
        dumps(value)


@pytest.mark.parametrize(
    "parts",
    [
        ["O", "C", [1], bytes(8)],
        ["|O8", "C", [1], bytes(8)],
        ["i4,f8", "C", [1], bytes(12)],
        ["<f8", "C", [2], bytes(8)],
        ["<f8", "K", [1], bytes(8)],
        ["<f8", "C", [-1], bytes(8)],
        ["<f8", "C", [True], bytes(8)],
        ["<f8", "C", 1, bytes(8)],
        ["<f8", "C", [0, 2**63, 2**63], b""],
        ["<f8", "C", [1] * 65, bytes(8)],
        ["<f3", "C", [1], bytes(3)],
        ["<M8[lightyears]", "C", [1], bytes(8)],
        ["|S999999999", "C", [1], bytes(8)],
        ["<f8", "C", [1], "text"],
    ],
    ids=lambda parts: repr(parts)[:40],
)
def test_nonsense_is_refused(parts: list[Any]) -> None:
    mark = msgpack.ExtType(Code.ARRAY, b"")
    with pytest.raises(CodecError):
        loads(msgpack.packb([0, [mark, *parts]]))


def test_an_array_counts_against_the_frame() -> None:
    with pytest.raises(CodecError, match="frame_max"):
        dumps(np.zeros(1000), limits=Limits(frame_max=1000))
