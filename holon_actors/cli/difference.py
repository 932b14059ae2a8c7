"""Compares two JSON values and says where they differ.

Pure: values in, `Difference` records out. Numbers are equal across int and float as in JSON, yet
true is not 1. A `Tolerance` loosens the comparison of numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["EXACT", "MISSING", "Difference", "Tolerance", "differences"]


class _Missing:
    """Stands for a value that one side does not have."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = _Missing()


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far apart two numbers may be and still count as equal: either bound suffices."""

    absolute: float = 0.0
    relative: float = 0.0

    def accepts(self, expected: float, actual: float) -> bool:
        """Whether the numbers are equal within this tolerance."""
        if expected == actual:
            return True
        return math.isclose(expected, actual, rel_tol=self.relative, abs_tol=self.absolute)


EXACT = Tolerance()


@dataclass(frozen=True)
class Difference:
    """One place, written like `$.rows[3].mean`, where the values differ."""

    path: str
    expected: Any
    actual: Any


def differences(
    expected: Any, actual: Any, tolerance: Tolerance = EXACT, *, limit: int = 10
) -> list[Difference]:
    """The first `limit` differences, in the order of `expected`; none when the values are equal."""
    return list(islice(_walk(expected, actual, "$", tolerance), limit))


def _walk(expected: Any, actual: Any, path: str, tolerance: Tolerance) -> Iterator[Difference]:
    match expected, actual:
        case dict(), dict():
            yield from _walk_object(expected, actual, path, tolerance)
        case list(), list():
            yield from _walk_array(expected, actual, path, tolerance)
        case _:
            if not _same_scalar(expected, actual, tolerance):
                yield Difference(path, expected, actual)


def _walk_object(
    expected: dict[str, Any], actual: dict[str, Any], path: str, tolerance: Tolerance
) -> Iterator[Difference]:
    for key in dict.fromkeys([*expected, *actual]):
        here = f"{path}.{key}"
        yield from _walk(expected.get(key, MISSING), actual.get(key, MISSING), here, tolerance)


def _walk_array(
    expected: list[Any], actual: list[Any], path: str, tolerance: Tolerance
) -> Iterator[Difference]:
    for index in range(max(len(expected), len(actual))):
        yield from _walk(_at(expected, index), _at(actual, index), f"{path}[{index}]", tolerance)


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else MISSING


def _same_scalar(expected: Any, actual: Any, tolerance: Tolerance) -> bool:
    if _is_number(expected) and _is_number(actual):
        return tolerance.accepts(expected, actual)
    return type(expected) is type(actual) and bool(expected == actual)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
