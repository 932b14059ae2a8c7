"""The type hints of a message class, and the classes that they lead to.

Hints are resolved late, since a class may name one that is defined after it. A hint that cannot be
resolved (a class local to a function, a name imported for the type checker only) counts as `Any`.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

__all__ = ["reached_classes", "resolved_hints"]


def resolved_hints(cls: type) -> tuple[dict[str, Any], bool]:
    """The hint of each annotated name of a class and its bases, and whether all made sense."""
    try:
        return typing.get_type_hints(cls), True
    except Exception:  # noqa: BLE001  # an annotation is any expression, so it may raise anything
        return _one_by_one(cls), False


def _one_by_one(cls: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        names = dict(vars(sys.modules.get(base.__module__, types)))
        for name, annotation in inspect.get_annotations(base).items():
            holder = types.SimpleNamespace(__annotations__={name: annotation})
            try:
                hints[name] = typing.get_type_hints(holder, names, dict(vars(base)))[name]
            except Exception:  # noqa: BLE001  # as above
                hints[name] = Any
    return hints


def reached_classes(hint: Any) -> Iterator[type]:
    """The classes named in a hint, within `list[...]`, `X | None` and the like too."""
    seen: list[Any] = []  # of hints, since a type alias may contain itself
    todo = [hint]
    while todo:
        part = todo.pop()
        if any(part is known for known in seen):
            continue
        seen.append(part)
        origin = typing.get_origin(part)
        if origin is None and isinstance(part, type):
            yield part
        if origin is typing.Literal:
            todo.extend(type(value) for value in typing.get_args(part))
        elif origin is not None:
            todo.extend((origin, *typing.get_args(part)))
        elif isinstance(part, list | tuple):  # the arguments of Callable
            todo.extend(part)
        else:
            todo.extend(_aliased(part))


def _aliased(part: Any) -> Iterator[Any]:
    if isinstance(part, typing.NewType):
        yield part.__supertype__
    elif isinstance(part, typing.TypeVar):
        yield from part.__constraints__
        if part.__bound__ is not None:
            yield part.__bound__
    elif type(part).__name__ == "TypeAliasType":  # `type X = ...` of Python 3.12
        yield part.__value__
