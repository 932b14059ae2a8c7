"""The marks of the packed form.

What msgpack does not know travels as an array whose first element is a mark: an extension type
without content, one code per kind of value. No value of a user's can pack to a mark, so an array
without one is a list. At the top of a frame a map defines a message class, and an array is an item.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from msgpack import ExtType

from holon_transports.errors import CodecError

__all__ = ["PACKED", "Code", "Mark", "mark_of"]


class Code(IntEnum):
    """What an array is that begins with a mark. The numbers are part of the wire protocol."""

    MESSAGE = 1  # class id, fields
    TUPLE = 2  # elements
    SET = 3
    FROZENSET = 4
    DICT = 5  # key, value, key, value; where a key is not simple
    INT = 6  # beyond 64 bits: two's complement, big end first
    BYTES = 7  # index of a buffer
    BYTEARRAY = 8  # content, or index of a buffer
    MEMORYVIEW = 9
    ARRAY = 10  # numpy: dtype, order, shape, content or index of a buffer
    SCALAR = 11  # numpy: dtype, content
    DATETIME = 12  # text without zone, zone, fold
    DATE = 13
    TIME = 14
    TIMEDELTA = 15  # days, seconds, microseconds
    UUID = 16
    DECIMAL = 17
    REFERENCE = 18  # text


class Mark:
    """A mark that came."""

    __slots__ = ("code",)

    def __init__(self, code: Code) -> None:
        self.code = code


PACKED = {code: ExtType(code, b"") for code in Code}
_MARKS = {int(code): Mark(code) for code in Code}


def mark_of(code: int, data: bytes) -> Any:
    """The mark of an extension type that came."""
    mark = _MARKS.get(code)
    if mark is None or data:
        raise CodecError(f"extension type {code} with {len(data)} bytes is not known here")
    return mark
