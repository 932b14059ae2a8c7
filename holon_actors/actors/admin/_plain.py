"""Values as plain data, and messages in a few words, for whoever looks on from outside.

Nothing here fails, runs long or runs a user's code beyond reading attributes: what is too deep, too
large or unknown is replaced by a word in angle brackets.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from holon_actors.actors.message import wire_name
from holon_actors.actors.ref import ActorRef

__all__ = ["in_words", "plain"]

_DEPTH_MAX = 32
_ITEMS_MAX = 100_000
_BYTES_MAX = 1_000_000
_WORDS_MAX = 120
_WORD_MAX = 40
_LEADING = 6


def plain(value: Any) -> Any:
    """`value` made of dicts, lists, strings, numbers, booleans and None, as JSON has them.

    A message class is an object with its "type"; bytes are base64.
    """
    # One count for all of it: a few lists that hold each other many times have no end of items.
    return _plain(value, 0, iter(range(_ITEMS_MAX)))


def _plain(value: Any, depth: int, room: Iterator[int]) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= _DEPTH_MAX:
        return _label(value)
    if isinstance(value, Mapping):
        pairs = zip(room, value.items(), strict=False)
        return {_key(key, room): _plain(item, depth + 1, room) for _, (key, item) in pairs}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth + 1, room) for _, item in zip(room, value, strict=False)]
    return _rich(value, depth, room)


def _key(key: Any, room: Iterator[int]) -> str:
    return key if isinstance(key, str) else str(_plain(key, _DEPTH_MAX, room))


def _rich(value: Any, depth: int, room: Iterator[int]) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, depth + 1, room)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    if isinstance(value, ActorRef):
        return str(value.address)
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if isinstance(value, (bytes, bytearray)) and len(value) <= _BYTES_MAX:
        return base64.b64encode(value).decode()
    if hasattr(value, "tolist") and getattr(value, "size", 1) <= _ITEMS_MAX:  # numpy's
        return _plain(value.tolist(), depth + 1, room)
    named = _fields(value)
    if named is None:
        return _label(value)
    pairs = zip(room, named.items(), strict=False)
    form = {name: _plain(item, depth + 1, room) for _, (name, item) in pairs}
    kind = wire_name(type(value))
    return form if kind is None else {"type": kind, **form}


def _fields(value: Any) -> dict[str, Any] | None:
    """What a dataclass or a pydantic model is made of; None for anything else."""
    kind = type(value)
    if is_dataclass(value):
        return {f.name: getattr(value, f.name, None) for f in fields(value)}
    names = getattr(kind, "model_fields", None)
    if isinstance(names, dict):
        return {name: getattr(value, name, None) for name in names}
    return None


def _label(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    return f"<{type(value).__name__}>"


def in_words(message: Any) -> str:
    """A message on one short line: its class, and the beginning of each field."""
    text = _word(message, 0)
    return text if len(text) <= _WORDS_MAX else f"{text[: _WORDS_MAX - 3]}..."


def _word(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return repr(value if len(value) <= _WORD_MAX else f"{value[:_WORD_MAX]}...")
    if kind is int:  # digits take time that grows faster than their number
        return str(value) if -(2**63) < value < 2**63 else f"<{value.bit_length()}-bit int>"
    if value is None or kind in (bool, float):
        return repr(value)
    if isinstance(value, ActorRef):
        return value.path
    if isinstance(value, Enum):
        return f"{kind.__name__}.{value.name}"
    return _compound(value, depth)


def _compound(value: Any, depth: int) -> str:
    if isinstance(value, BaseException):
        return f"{type(value).__name__}({_word(str(value), depth)})"
    named = _fields(value)
    if named is not None:
        inside = _joined([f"{name}={_inner(item, depth)}" for name, item in _first(named.items())])
        return f"{type(value).__name__}({inside}{_more(named)})"
    if type(value) is dict:
        pairs = [f"{_inner(k, depth)}: {_inner(v, depth)}" for k, v in _first(value.items())]
        return f"{{{_joined(pairs)}{_more(value)}}}"
    if type(value) in (list, tuple):
        items = _joined([_inner(item, depth) for item in _first(value)])
        left, right = "[]" if type(value) is list else "()"
        return f"{left}{items}{_more(value)}{right}"
    return _label(value)


def _inner(value: Any, depth: int) -> str:
    return _word(value, depth + 1) if depth < 2 else "..."


def _first(items: Any) -> list[Any]:
    return [item for _, item in zip(range(_LEADING), items, strict=False)]


def _joined(parts: list[str]) -> str:
    return ", ".join(parts)


def _more(items: Any) -> str:
    return ", ..." if len(items) > _LEADING else ""
