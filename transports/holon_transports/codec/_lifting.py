"""From what msgpack unpacked to values: the counterpart of `_lowering`.

Bytes of a peer may hold anything. Every function here either makes the value or raises
`CodecError`, `ValueError`, `TypeError` or `OverflowError`, and the decoder makes one error of them.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_transports.codec import _arrays, _zones
from holon_transports.codec._marks import Code
from holon_transports.errors import CodecError

if TYPE_CHECKING:
    from holon_transports.codec.decoder import Decoder

__all__ = ["LIFTERS", "Lifter"]

# (decoder, the array with its mark, levels left) -> value
Lifter = Callable[["Decoder", list[Any], int], Any]


def _elements(decoder: Decoder, parts: list[Any], left: int) -> list[Any]:
    return decoder.lift_all(parts[1:], left)


def _tuple(decoder: Decoder, parts: list[Any], left: int) -> tuple[Any, ...]:
    return tuple(_elements(decoder, parts, left))


def _set(decoder: Decoder, parts: list[Any], left: int) -> set[Any]:
    return set(_elements(decoder, parts, left))


def _frozenset(decoder: Decoder, parts: list[Any], left: int) -> frozenset[Any]:
    return frozenset(_elements(decoder, parts, left))


def _dict(decoder: Decoder, parts: list[Any], left: int) -> dict[Any, Any]:
    keys = decoder.lift_all(parts[1::2], left)
    return dict(zip(keys, decoder.lift_all(parts[2::2], left), strict=True))


def _message(decoder: Decoder, parts: list[Any], left: int) -> Any:
    return decoder.message(parts[1], parts[2:], left)


def _reference(decoder: Decoder, parts: list[Any], left: int) -> Any:
    return decoder.reference(_only(parts, str))


def _bytes(decoder: Decoder, parts: list[Any], left: int) -> bytes:
    content = decoder.content(_one(parts))
    return content if type(content) is bytes else bytes(content)


def _bytearray(decoder: Decoder, parts: list[Any], left: int) -> bytearray:
    return bytearray(decoder.content(_one(parts)))


def _memoryview(decoder: Decoder, parts: list[Any], left: int) -> memoryview:
    return memoryview(decoder.content(_one(parts))).toreadonly()


def _array(decoder: Decoder, parts: list[Any], left: int) -> Any:
    _, dtype, order, shape, content = parts
    return _arrays.lift_array(dtype, order, shape, decoder.content(content))


def _scalar(decoder: Decoder, parts: list[Any], left: int) -> Any:
    _, dtype, content = parts
    return _arrays.lift_scalar(dtype, content)


def _int(decoder: Decoder, parts: list[Any], left: int) -> int:
    content = _only(parts, bytes)
    if len(content) > decoder.limits.int_max:
        raise CodecError(f"an int of {len(content)} bytes: int_max is {decoder.limits.int_max}")
    return int.from_bytes(content, "big", signed=True)


def _datetime(decoder: Decoder, parts: list[Any], left: int) -> dt.datetime:
    _, text, zone, fold = parts
    when = dt.datetime.fromisoformat(text)
    return when.replace(tzinfo=_zones.lift_zone(zone), fold=fold)


def _date(decoder: Decoder, parts: list[Any], left: int) -> dt.date:
    return dt.date.fromisoformat(_one(parts))


def _time(decoder: Decoder, parts: list[Any], left: int) -> dt.time:
    _, text, zone, fold = parts
    return dt.time.fromisoformat(text).replace(tzinfo=_zones.lift_zone(zone), fold=fold)


def _timedelta(decoder: Decoder, parts: list[Any], left: int) -> dt.timedelta:
    _, days, seconds, microseconds = parts
    return dt.timedelta(days, seconds, microseconds)


def _uuid(decoder: Decoder, parts: list[Any], left: int) -> uuid.UUID:
    return uuid.UUID(bytes=_only(parts, bytes))


def _decimal(decoder: Decoder, parts: list[Any], left: int) -> decimal.Decimal:
    try:
        return decimal.Decimal(_only(parts, str))
    except decimal.InvalidOperation as error:
        raise CodecError("not a decimal number") from error


def _one(parts: list[Any]) -> Any:
    _, part = parts
    return part


def _only(parts: list[Any], kind: type) -> Any:
    part = _one(parts)
    if type(part) is not kind:
        raise CodecError(f"{type(part).__name__} where {kind.__name__} belongs")
    return part


LIFTERS: dict[Code, Lifter] = {
    Code.MESSAGE: _message,
    Code.TUPLE: _tuple,
    Code.SET: _set,
    Code.FROZENSET: _frozenset,
    Code.DICT: _dict,
    Code.INT: _int,
    Code.BYTES: _bytes,
    Code.BYTEARRAY: _bytearray,
    Code.MEMORYVIEW: _memoryview,
    Code.ARRAY: _array,
    Code.SCALAR: _scalar,
    Code.DATETIME: _datetime,
    Code.DATE: _date,
    Code.TIME: _time,
    Code.TIMEDELTA: _timedelta,
    Code.UUID: _uuid,
    Code.DECIMAL: _decimal,
    Code.REFERENCE: _reference,
}
