"""Gives a flow's result its JSON form, or says at which place it has none.

What pydantic would write, this writes: dataclasses and models as objects, tuples and sets as
arrays, dates in ISO 8601, enums by value. Floats that JSON cannot spell (NaN, infinities) become
null, bytes become base64, exceptions their text.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from holon_actors.cli.errors import ResultNotJson

__all__ = ["dump_json", "plain"]


def dump_json(value: Any) -> str:
    """`value` as JSON text on one line. Raises ResultNotJson that names the place."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """`value` made of dicts, lists, strings, numbers, booleans and None only.

    Raises ResultNotJson that names the place.
    """
    try:
        return _plain(value, "$")
    except RecursionError:
        raise ResultNotJson("$", "nested too deeply, or contains itself") from None


def _plain(value: Any, path: str) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else None
    if kind is dict:
        return _object(value, path)
    if kind is list or kind is tuple:
        return _array(value, path)
    return _rich(value, path)


def _object(value: Mapping[Any, Any], path: str) -> dict[str, Any]:
    return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}


def _array(value: Iterable[Any], path: str) -> list[Any]:
    return [_plain(item, f"{path}[{index}]") for index, item in enumerate(value)]


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return str(key)
    form = _plain(key, f"{path} key")
    if isinstance(form, str):
        return form
    if form is None or isinstance(form, (bool, int, float)):
        return json.dumps(form)
    raise ResultNotJson(path, f"a key of type {type(key).__name__} cannot be a JSON key")


def _rich(value: Any, path: str) -> Any:
    """Types beyond JSON's own, the most specific first: an enum may be an int too."""
    if isinstance(value, Enum):
        return _plain(value.value, path)
    if is_dataclass(value) and not isinstance(value, type):
        return _object({f.name: getattr(value, f.name) for f in fields(value)}, path)
    if isinstance(value, Mapping):
        return _object(value, path)
    if isinstance(value, (str, bool, int, float)):
        return _base(value, path)
    if isinstance(value, (set, frozenset)):
        return _array(sorted(value, key=_set_order), path)
    if isinstance(value, (list, tuple)):
        return _array(value, path)
    return _foreign(value, path)


def _base(value: str | float, path: str) -> Any:
    """The built-in value inside an instance of a subclass (numpy's float64 is a float)."""
    base = next(kind for kind in (str, int, float) if isinstance(value, kind))
    return _plain(base(value), path)


def _set_order(item: Any) -> tuple[str, Any]:
    """Numbers by size, all else by text: the same set always prints the same."""
    if isinstance(item, (int, float)):
        return ("", item)
    return (type(item).__name__, repr(item))


def _foreign(value: Any, path: str) -> Any:
    match value:
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal() | UUID() | PurePath():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode()
        case BaseException():
            return f"{type(value).__name__}: {value}"
    return _by_method(value, path)


def _by_method(value: Any, path: str) -> Any:
    """Models and arrays say themselves what they are made of."""
    if not isinstance(value, type):
        if callable(getattr(value, "model_dump", None)):
            return _plain(value.model_dump(mode="json"), path)
        if callable(getattr(value, "tolist", None)):
            return _plain(value.tolist(), path)
    raise ResultNotJson(path, f"{type(value).__name__} has no JSON form")
