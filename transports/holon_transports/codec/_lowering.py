"""What each kind of value becomes in msgpack's terms; see `_marks` for the forms.

Rules: exact types only. A subclass of a built-in type would arrive as something else, so it is
refused. No function here touches the session but through the encoder's `lower` and `content`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import sys
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_transports.codec import _arrays, _zones
from holon_transports.codec._checks import LEAVES
from holon_transports.codec._marks import PACKED, Code
from holon_transports.errors import CodecError

if TYPE_CHECKING:
    from holon_transports.codec.encoder import Encoder

__all__ = ["LOWERERS", "SIMPLE", "Lowerer", "lowerer_for"]

Lowerer = Callable[["Encoder", Any, int], Any]

# What is packed as it is. Bytes are looked at: large ones travel on their own.
SIMPLE = LEAVES - {bytes}


def _lower_all(encoder: Encoder, values: Any, left: int) -> list[Any]:
    lower = encoder.lower
    return [item if type(item) in SIMPLE else lower(item, left - 1) for item in values]


def _list(encoder: Encoder, value: list[Any], left: int) -> list[Any]:
    encoder.descend(len(value), left)
    if SIMPLE.issuperset(map(type, value)):
        return value
    return _lower_all(encoder, value, left)


def _tuple(encoder: Encoder, value: tuple[Any, ...], left: int) -> list[Any]:
    encoder.descend(len(value), left)
    if SIMPLE.issuperset(map(type, value)):
        return [PACKED[Code.TUPLE], *value]
    return [PACKED[Code.TUPLE], *_lower_all(encoder, value, left)]


def _dict(encoder: Encoder, value: dict[Any, Any], left: int) -> Any:
    encoder.descend(len(value), left)
    if not _are_map_keys(value):
        flat = [PACKED[Code.DICT]]
        for pair in value.items():
            flat += _lower_all(encoder, pair, left)
        return flat
    if SIMPLE.issuperset(map(type, value.values())):
        return value
    lower = encoder.lower
    return {
        key: item if type(item) in SIMPLE else lower(item, left - 1) for key, item in value.items()
    }


def _are_map_keys(keys: dict[Any, Any]) -> bool:
    if _TEXT.issuperset(map(type, keys)):
        return True
    return LEAVES.issuperset(map(type, keys)) and all(
        type(key) is not int or -(2**63) <= key < 2**64 for key in keys
    )


_TEXT = frozenset({str})


def _set(encoder: Encoder, value: Any, left: int) -> list[Any]:
    encoder.descend(len(value), left)
    code = Code.SET if type(value) is set else Code.FROZENSET
    kinds = set(map(type, value))
    if len(kinds) <= 1 and kinds <= _SORTABLE:
        return [PACKED[code], *sorted(value)]
    # The order of a set differs from process to process: the same set is to make the same bytes.
    by_type = sorted(value, key=_class_name)
    return [PACKED[code], *encoder.in_order(_lower_all(encoder, by_type, left))]


_SORTABLE = {int, str, bool, type(None)}


def _class_name(item: Any) -> tuple[str, str]:
    return type(item).__module__, type(item).__qualname__


def _bytes(encoder: Encoder, value: bytes, left: int) -> Any:
    content = encoder.content(value)
    return content if type(content) is bytes else [PACKED[Code.BYTES], content]


def _bytearray(encoder: Encoder, value: bytearray, left: int) -> list[Any]:
    # Its owner may change it at any time, and what was told is a copy.
    return [PACKED[Code.BYTEARRAY], encoder.content(bytes(value))]


def _memoryview(encoder: Encoder, value: memoryview, left: int) -> list[Any]:
    if value.format != "B" or value.ndim != 1:
        raise CodecError(f"a memoryview of {value.format!r}: cast it to bytes, cast('B')")
    data = value if value.c_contiguous else value.tobytes()
    return [PACKED[Code.MEMORYVIEW], encoder.content(data)]


def _datetime(encoder: Encoder, value: dt.datetime, left: int) -> list[Any]:
    text = value.replace(tzinfo=None).isoformat()
    return [PACKED[Code.DATETIME], text, _zones.lower_zone(value.tzinfo), value.fold]


def _date(encoder: Encoder, value: dt.date, left: int) -> list[Any]:
    return [PACKED[Code.DATE], value.isoformat()]


def _time(encoder: Encoder, value: dt.time, left: int) -> list[Any]:
    text = value.replace(tzinfo=None).isoformat()
    return [PACKED[Code.TIME], text, _zones.lower_zone(value.tzinfo), value.fold]


def _timedelta(encoder: Encoder, value: dt.timedelta, left: int) -> list[Any]:
    return [PACKED[Code.TIMEDELTA], value.days, value.seconds, value.microseconds]


def _uuid(encoder: Encoder, value: uuid.UUID, left: int) -> list[Any]:
    return [PACKED[Code.UUID], value.bytes]


def _decimal(encoder: Encoder, value: decimal.Decimal, left: int) -> list[Any]:
    return [PACKED[Code.DECIMAL], str(value)]


LOWERERS: dict[type, Lowerer] = {
    list: _list,
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _set,
    bytes: _bytes,
    bytearray: _bytearray,
    memoryview: _memoryview,
    dt.datetime: _datetime,
    dt.date: _date,
    dt.time: _time,
    dt.timedelta: _timedelta,
    uuid.UUID: _uuid,
    decimal.Decimal: _decimal,
}


def lowerer_for(cls: type, reference: tuple[type, Callable[[Any], str]] | None) -> Lowerer:
    """How values of any other class that may travel are lowered. Raises `CodecError`."""
    if reference is not None and issubclass(cls, reference[0]):
        return _reference(reference[1])
    numpy = sys.modules.get("numpy")
    if numpy is not None and cls is numpy.ndarray:
        return _arrays.lower_array
    if numpy is not None and issubclass(cls, numpy.generic):
        return _arrays.lower_scalar
    raise CodecError(_why_not(cls))


def _reference(to_text: Callable[[Any], str]) -> Lowerer:
    def lower(encoder: Encoder, value: Any, left: int) -> list[Any]:
        text = to_text(value)
        if len(text) > encoder.limits.name_max:
            raise CodecError(f"a reference of {len(text)} characters")
        return [PACKED[Code.REFERENCE], text]

    return lower


def _why_not(cls: type) -> str:
    name = f"{cls.__module__}.{cls.__qualname__}"
    if dataclasses.is_dataclass(cls) or issubclass(cls, enum.Enum) or hasattr(cls, "_fields"):
        return f"{name} is not a message class here: use @message or register_message"
    base = next((base for base in cls.__mro__ if base in LOWERERS or base in LEAVES), None)
    if base is not None:
        return f"{name} would arrive as a plain {base.__name__}: make one of it before sending"
    return f"a value of {name} cannot travel"
