"""Type hints as checks."""

from __future__ import annotations

import collections.abc
import enum
import sys
import typing
from collections.abc import Hashable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NewType, Optional, Protocol, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from holon_transports.codec._checks import check_of

T = TypeVar("T")
Ts = typing.TypeVarTuple("Ts")
UserId = NewType("UserId", int)


class Shade(enum.IntEnum):
    DARK = 1


class Movie(TypedDict):
    title: str


class Sized(Protocol):
    size: int


def fits(hint: Any, value: Any) -> bool:
    check = check_of(hint)
    return type(value) in check.leaves or check.fits(value)


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (int, [1, True, 2**70, Shade.DARK], [1.0, "1", None]),
        (float, [1.0, 1, np.float64(1)], ["1", None]),
        (bool, [True], [1]),
        (str, ["x"], [b"x", None]),
        (bytes, [b"x", bytearray(b"x"), memoryview(b"x")], ["x"]),
        (None, [None], [0]),
        (object, [1, None, [1]], []),
        (Any, [1, None, [1]], []),
        (T, [1, "x"], []),
        (Optional[int], [1, None], ["x"]),  # noqa: UP045
        (int | str, [1, "x"], [None, 1.5]),
        (list[int], [[], [1, True]], [(1,), ["x"], 1]),
        (list[list[int]], [[[1], []]], [[1], [["x"]]]),
        (typing.List, [[1, "x"]], [(1,)]),  # noqa: UP006
        (list, [[1, "x"]], [(1,)]),
        (tuple[int, str], [(1, "x")], [(1,), ("x", 1), [1, "x"]]),
        (tuple[int, ...], [(), (1, 2)], [(1, "x")]),
        (tuple[()], [()], [(1,)]),
        (typing.Tuple, [(), (1, "x")], [[1]]),  # noqa: UP006
        (tuple[int, *Ts], [(1, 2, 3)], [[1]]),  # type: ignore[valid-type]
        (tuple[int, *tuple[str, ...]], [(1, "a", "b")], [[1]]),
        (dict[str, int], [{}, {"a": 1}], [{1: 1}, {"a": "b"}, []]),
        (Mapping[str, int], [{"a": 1}], [{"a": None}, [1]]),
        (set[int], [{1}], [{"x"}, frozenset([1])]),
        (frozenset[int], [frozenset([1])], [{1}]),
        (collections.abc.Set[int], [{1}, frozenset([1])], [[1]]),
        (Sequence[int], [[1], (1,)], [["x"], 1, {1}]),
        (Hashable, [1, (1,), "x"], [[1]]),
        (Literal["a", 1], ["a", 1], ["b", True, 2]),
        (Annotated[int, "unit"], [1], ["x"]),
        (Final[int], [1], ["x"]),
        (UserId, [1], ["x"]),
        (Shade, [Shade.DARK], [1]),
        (Movie, [{"title": "x"}], [{"title": 1}, {}, 1]),
        (Sized, [1, "x"], []),
        (np.ndarray, [np.zeros(3)], [[0]]),
        (npt.NDArray[np.float64], [np.zeros(3)], [[0]]),
        (dict[str, list[int] | None], [{"a": [1], "b": None}], [{"a": ["x"]}]),
    ],
    ids=str,
)
def test_a_value_fits_its_hint_or_not(hint: Any, good: list[Any], bad: list[Any]) -> None:
    assert all(fits(hint, value) for value in good)
    assert not any(fits(hint, value) for value in bad)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement came with Python 3.12")
def test_a_generic_alias_is_filled_in() -> None:
    names: dict[str, Any] = {}
    exec("type Pair[A, B] = tuple[B, A]\ntype Row = list[int]", names)
    assert fits(names["Pair"][int, str], ("x", 1))
    assert not fits(names["Pair"][int, str], (1, "x"))
    assert not fits(names["Row"], ["x"])


def test_an_alias_that_contains_itself_ends() -> None:
    alias_type = getattr(typing, "TypeAliasType", None)
    if alias_type is None:
        from typing_extensions import TypeAliasType as alias_type
    json = alias_type("Json", "dict[str, Json]")  # noqa: F821
    assert fits(json, {"a": 1})
