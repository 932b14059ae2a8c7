"""How values travel between an engine and its worker processes.

`cloudpickle` carries what plain pickle cannot (functions of the main script, closures, lambdas), at
a price that dominates small executions. So values made of built-in types alone go the short way.
Used at both ends; a worker process imports it, so it stays light.
"""

from __future__ import annotations

import pickle
from typing import Any, NamedTuple

__all__ = ["Reply", "Request", "is_plain", "pack", "unpack"]

_SCALARS = frozenset({int, float, str, bytes, bool, type(None), complex})
_WIDTH_MAX = 32  # looking through more items costs more than it saves


class Request(NamedTuple):
    """Run a flow. Everything but the packed parts is built-in types."""

    flow_key: int
    flow: bytes | None  # only the first time that this worker gets it
    forget: int | None  # key of a flow that will not be asked for again
    value: Any  # packed
    context: bytes | None  # the flow's context, when there is one
    remaining_s: float | None  # until its deadline
    attempt: int
    traced: bool
    memory_bytes: int | None
    cpu_time_s: float | None


class Reply(NamedTuple):
    """What came of a request. `kind` is "ok", "error", "memory", "cpu", "unpicklable" or
    "unloadable".
    """

    kind: str
    value: Any = None  # packed: the result, or the error (None when it cannot travel)
    type_name: str = ""
    message: str = ""
    traceback: str = ""
    spans: bytes | None = None


class Packed(NamedTuple):
    """A value that had to be pickled by itself."""

    data: bytes


def is_plain(value: Any) -> bool:
    """Whether plain pickle carries `value` faithfully: scalars, and small containers of them."""
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind is dict:
        return len(value) <= _WIDTH_MAX and all(
            type(k) in _SCALARS and type(v) in _SCALARS for k, v in value.items()
        )
    if kind in (tuple, list):
        return len(value) <= _WIDTH_MAX and all(type(item) in _SCALARS for item in value)
    return False


def pack(value: Any) -> Any:
    """A form of `value` that plain pickle carries. Raises whatever pickling it does."""
    if is_plain(value):
        return value
    import cloudpickle  # noqa: PLC0415  # takes a while to import, and plain values do without

    return Packed(cloudpickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL))


def unpack(packed: Any) -> Any:
    """The value that was packed. Raises whatever unpickling it does."""
    # Only `pack` makes instances of Packed: one inside a plain value would not be plain.
    return pickle.loads(packed.data) if type(packed) is Packed else packed  # noqa: S301  # see _frames
