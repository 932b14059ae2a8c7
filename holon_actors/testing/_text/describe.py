"""Short texts for values, the same in every process and on every Python.

No address, hash or order of a set gets into them.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Callable, Iterable
from typing import Any

from holon_actors.actors.ref import ActorRef

__all__ = ["describe", "describe_ref"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
_TEXT_MAX = 60
_ITEMS_MAX = 6
_DEPTH_MAX = 3
_PLAIN = (bool, int, float, complex, type(None))


def describe_ref(ref: Any) -> str:
    """Who it is: `ada@bank` for the top-level actor ada, `pool/ada@bank` for a child."""
    if ref is None:
        return "outside"
    if isinstance(ref, str):
        return ref
    address = ref.address
    return f"{address.path.removeprefix('/user/')}@{address.system}"


def describe(value: Any, depth: int = 0) -> str:
    """A short text for a value."""
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, str | bytes | bytearray):
        return _cut(repr(value))
    if isinstance(value, ActorRef):
        return describe_ref(value)
    if isinstance(value, BaseException):
        return _cut(_ADDRESS.sub("0x..", f"{type(value).__name__}: {_text_of(str, value)}"))
    if isinstance(value, type):
        return value.__name__
    if depth >= _DEPTH_MAX:
        return f"{type(value).__name__}(..)"
    return _composite(value, depth + 1)


def _composite(value: Any, depth: int) -> str:
    name = type(value).__name__
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        if len(fields) == 1:
            return f"{name}({describe(getattr(value, fields[0].name), depth)})"
        shown = (f"{f.name}={describe(getattr(value, f.name, '?'), depth)}" for f in fields)
        return f"{name}({_joined(shown)})"
    if isinstance(value, dict):
        shown = (f"{describe(k, depth)}: {describe(v, depth)}" for k, v in value.items())
        return "{" + _joined(shown) + "}"
    if isinstance(value, set | frozenset):
        return "{" + _joined(sorted(describe(item, depth) for item in value)) + "}"
    if isinstance(value, list | tuple):
        inner = _joined(describe(item, depth) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if getattr(type(value), "__repr__", None) is object.__repr__:
        return f"<{name}>"
    return _cut(_ADDRESS.sub("0x..", _text_of(repr, value)))


def _text_of(write: Callable[[Any], str], value: Any) -> str:
    """What a class of the program says of its value, which must not cost the report."""
    try:
        return write(value)
    except Exception as error:  # noqa: BLE001
        return f"<{type(value).__name__}, whose {write.__name__} raises {type(error).__name__}>"


def _joined(texts: Iterable[str]) -> str:
    shown: list[str] = []
    for text in texts:
        if len(shown) == _ITEMS_MAX:
            shown.append("..")
            break
        shown.append(text)
    return ", ".join(shown)


def _cut(text: str) -> str:
    text = text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 2] + ".."
    return text.replace("\n", "\\n")
