"""Many messages of one class at a time, where nothing of the class's own has a say in it.

A frozen dataclass with slots may have a constructor that `dataclass` wrote, which takes all fields
and calls no `__post_init__`. It does nothing but put each field where it belongs. That is done
here, field by field for all messages of a run, without a step of Python's own per message.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable
from itertools import repeat
from types import CodeType, MemberDescriptorType
from typing import Any

from holon_transports.codec._definitions import Definition
from holon_transports.codec._shapes import Shape
from holon_transports.codec.registry import REGISTRY

__all__ = ["Builder", "builder_of", "one_by_one"]

# The fields of a run -> its messages, or None if one of them has to be looked at by itself.
Builder = Callable[[list[Any]], list[Any] | None]

# A name that the constructors of frozen dataclasses with fields have, and nobody else's.
_WRITTEN = "__dataclass_builtins_object__"


def builder_of(definition: Definition) -> Builder:
    """What makes the messages of a run."""
    cls = REGISTRY.find(definition.name)
    if cls is None:
        return one_by_one
    shape = REGISTRY.shape(cls)
    same = definition.fields == tuple(field.name for field in shape.fields)
    if not (same and shape.kind == definition.kind == "record" and shape.positional):
        return one_by_one
    setters = [_setter(cls, name) for name in definition.fields]
    if None in setters or not _is_plain(cls):
        return one_by_one
    return _builder(cls, shape, setters)


def one_by_one(fields: list[Any]) -> None:
    """For classes whose messages have to be looked at each by itself."""


def _is_plain(cls: Any) -> bool:
    written = getattr(vars(cls).get("__init__"), "__code__", None)
    return (
        written is not None
        and (_WRITTEN in written.co_freevars or _is_empty(written))
        and not hasattr(cls, "__post_init__")
        and all(field.init for field in dataclasses.fields(cls))
        and cls.__new__ is object.__new__
        and type(cls).__call__ is type.__call__
    )


def _is_empty(code: CodeType) -> bool:
    """Whether it does nothing: what is written for a class without fields."""
    empty = _nothing.__code__
    return (code.co_code, code.co_consts) == (empty.co_code, empty.co_consts)


def _nothing(self: Any) -> None:
    pass


def _setter(cls: type, name: str) -> Callable[[Any, Any], None] | None:
    for base in cls.__mro__:
        if name in vars(base):
            slot = vars(base)[name]
            return slot.__set__ if type(slot) is MemberDescriptorType else None
    return None


def _builder(cls: type, shape: Shape, setters: list[Any]) -> Builder:
    accepted = [shape.checks[field.name].leaves for field in shape.fields]
    new, width = object.__new__, len(setters)

    def build(fields: list[Any]) -> list[Any] | None:
        columns = [fields] if width == 1 else [fields[n::width] for n in range(width)]
        for leaves, column in zip(accepted, columns, strict=True):
            if not leaves.issuperset(map(type, column)):
                return None
        messages: list[Any] = list(map(new, repeat(cls, len(columns[0]))))
        for setter, column in zip(setters, columns, strict=True):
            deque(map(setter, messages, column), maxlen=0)
        return messages

    return build if width else _fieldless(cls)


def _fieldless(cls: type) -> Builder:
    def build(fields: list[Any]) -> list[Any] | None:
        if fields.count(None) < len(fields):
            return None
        return list(map(object.__new__, repeat(cls, len(fields))))

    return build
