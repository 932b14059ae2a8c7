"""Arrays and scalars of numpy. It is used where a program has loaded it, never loaded on demand."""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any

from holon_transports.codec._marks import PACKED, Code
from holon_transports.errors import CodecError
from holon_transports.transport import Buffer

if TYPE_CHECKING:
    from holon_transports.codec.encoder import Encoder

__all__ = ["lift_array", "lift_scalar", "lower_array", "lower_scalar"]

# Byte order, kind, width, unit of times: what numpy writes for types without objects or fields.
_DTYPE = re.compile(r"[<>|][biufcSUmM][1-9][0-9]{0,8}(\[[0-9]{0,9}[A-Za-z]{1,8}\])?", re.ASCII)

_TEXTS: dict[str, type] = {"S": bytes, "U": str}
_AXES_MAX = 64  # of numpy 2; numpy 1 has half as many


def _dtype_text(dtype: Any) -> str:
    if not _DTYPE.fullmatch(dtype.str) or dtype.metadata:
        raise CodecError(
            f"a numpy dtype of {dtype!s}: only numbers, bools, times and texts of a fixed width"
        )
    return str(dtype.str)


def lower_array(encoder: Encoder, value: Any, left: int) -> list[Any]:
    """dtype, order, shape and content, which is not copied if it lies in one piece."""
    dtype = _dtype_text(value.dtype)
    order = "F" if value.flags.fnc else "C"
    flat = sys.modules["numpy"].ascontiguousarray(value.reshape(-1, order=order))
    content = encoder.content(memoryview(flat.view("u1")))
    return [PACKED[Code.ARRAY], dtype, order, list(value.shape), content]


def lower_scalar(encoder: Encoder, value: Any, left: int) -> list[Any]:
    """dtype and content; texts as they are, since numpy drops the zeros at their ends."""
    if value.dtype.kind == "S":
        return [PACKED[Code.SCALAR], "S", bytes(value)]
    if value.dtype.kind == "U":
        return [PACKED[Code.SCALAR], "U", str.__str__(value)]
    return [PACKED[Code.SCALAR], _dtype_text(value.dtype), value.tobytes()]


def _numpy_and_dtype(text: Any) -> tuple[Any, Any]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        raise CodecError(
            "a numpy value came and numpy is not loaded here: import it to receive them"
        )
    if not (type(text) is str and _DTYPE.fullmatch(text)):
        raise CodecError(f"{str(text)[:64]!r} is not a dtype that travels")
    return numpy, numpy.dtype(text)


def lift_array(text: Any, order: Any, shape: Any, content: Buffer) -> Any:
    """The array: a read-only view of the bytes that came. Copy it to change it."""
    numpy, dtype = _numpy_and_dtype(text)
    if order not in ("C", "F") or type(shape) is not list:
        raise CodecError("a numpy array without an order and a shape")
    if len(shape) > _AXES_MAX or not all(type(size) is int and size >= 0 for size in shape):
        raise CodecError(f"{shape[:8]} is not the shape of an array")
    if math.prod(shape) * dtype.itemsize != len(content):
        raise CodecError(
            f"{len(content)} bytes do not make a {dtype} array of the shape {shape[:8]}"
        )
    if not content:  # which numpy does not view
        empty = numpy.empty(shape, dtype, order)
        empty.flags.writeable = False
        return empty
    flat = numpy.frombuffer(memoryview(content).toreadonly(), dtype=dtype)
    return flat.reshape(shape, order=order)


def lift_scalar(text: Any, content: Any) -> Any:
    """The scalar."""
    if type(text) is str and type(content) is _TEXTS.get(text):
        numpy, dtype = _numpy_and_dtype(f"<{text}1")
        return dtype.type(content)
    numpy, dtype = _numpy_and_dtype(text)
    if type(content) is not bytes or len(content) != dtype.itemsize:
        raise CodecError(f"not the bytes of a {dtype}")
    return numpy.frombuffer(content, dtype=dtype)[0]
