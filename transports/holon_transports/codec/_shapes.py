"""What a class that travels is made of: how its values are taken apart and put together again.

A shape knows nothing of bytes or sessions. Values are rebuilt through the class's own constructor,
so that `__post_init__` and validators guard against a peer as they guard against a caller.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from holon_transports.codec import _models
from holon_transports.codec._checks import ANYTHING, Check, check_of
from holon_transports.codec._hints import resolved_hints
from holon_transports.errors import CodecError

__all__ = ["Field", "Shape", "can_travel", "shape_of"]


@dataclass(frozen=True)
class Field:
    """One field that is sent."""

    name: str
    optional: bool  # has a default: who does not get it, or does not know it, can do without


@dataclass(frozen=True, eq=False)
class Shape:
    """A class as it travels. `build` takes fields by name and may raise anything."""

    cls: type
    name: str
    kind: str
    fields: tuple[Field, ...]
    read: Callable[[Any], list[Any]]
    build: Callable[[dict[str, Any]], Any]
    positional: bool = False  # the constructor takes the fields by position, in their order
    checked: bool = True  # by the field's type hints; False: `build` checks

    @property
    def names(self) -> tuple[str, ...]:
        """All that is written into its definition."""
        return (self.name, *(field.name for field in self.fields))

    @cached_property
    def names_size(self) -> int:
        """Characters of its definition."""
        return sum(map(len, self.names))

    @cached_property
    def checks(self) -> dict[str, Check]:
        """What each field accepts."""
        return self.fresh_checks()

    def fresh_checks(self) -> dict[str, Check]:
        """The same, by the type hints as they can be read now: a class that is only sent may name
        one that is still to come.
        """
        hints = resolved_hints(self.cls)[0] if self.checked else {}
        return {
            field.name: check_of(hints[field.name]) if field.name in hints else ANYTHING
            for field in self.fields
        }


def can_travel(cls: object) -> bool:
    """Whether something is a class whose values can be taken apart and put together by name."""
    if not isinstance(cls, type):
        return False
    if issubclass(cls, enum.Enum):
        return bool(cls.__members__)
    return dataclasses.is_dataclass(cls) or _is_named_tuple(cls) or _models.is_model(cls)


def shape_of(cls: type, name: str) -> Shape:
    """The shape of a class. Raises `CodecError` if its constructor does not take its fields."""
    if issubclass(cls, enum.Enum):
        return _enum(cls, name)
    if _models.is_model(cls):
        return _model(cls, name)
    if _is_named_tuple(cls):
        return _named_tuple(cls, name)
    return _dataclass(cls, name)


def _is_named_tuple(cls: type) -> bool:
    names = getattr(cls, "_fields", None)
    return issubclass(cls, tuple) and isinstance(names, tuple)


def _enum(cls: type[enum.Enum], name: str) -> Shape:
    # By name, so that values may change; but a combination of flags has none of its own.
    by_value = issubclass(cls, enum.Flag)

    def build(fields: dict[str, Any]) -> Any:
        try:
            return cls(fields["value"]) if by_value else cls[fields["name"]]
        except (KeyError, ValueError, TypeError) as error:
            raise CodecError(f"it has no member {error}"[:200], message=name) from error

    field = Field("value" if by_value else "name", optional=False)
    read = _flag_value if by_value else _member_name
    return Shape(cls, name, "enum", (field,), read, build, checked=False)


def _flag_value(member: Any) -> list[Any]:
    return [member.value]


def _member_name(member: Any) -> list[Any]:
    return [member.name]


def _model(cls: type, name: str) -> Shape:
    fields = tuple(Field(*field) for field in _models.fields_of(cls))
    read, build = _models.reader(cls), _models.builder(cls, name)
    return Shape(cls, name, "model", fields, read, build, checked=False)


def _named_tuple(cls: Any, name: str) -> Shape:
    fields = tuple(Field(field, field in cls._field_defaults) for field in cls._fields)
    return Shape(
        cls,
        name,
        "tuple",
        fields,
        list,
        lambda values: cls(**values),
        _positional(cls, fields, name),
    )


def _dataclass(cls: Any, name: str) -> Shape:
    fields = tuple(
        Field(
            field.name,
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
        if field.init
    )
    positional = _positional(cls, fields, name)
    reader = _attributes(tuple(field.name for field in fields))
    return Shape(cls, name, "record", fields, reader, lambda values: cls(**values), positional)


def _attributes(names: tuple[str, ...]) -> Callable[[Any], list[Any]]:
    if not names:
        return lambda value: []
    getter = attrgetter(*names)
    if len(names) == 1:
        return lambda value: [getter(value)]
    return lambda value: [*getter(value)]


def _positional(cls: type, fields: tuple[Field, ...], name: str) -> bool:
    """Whether the constructor takes the fields by position; `CodecError` if not even by name."""
    parameters = inspect.signature(cls).parameters.values()
    names = [field.name for field in fields]
    takes = {p.name for p in parameters if p.kind not in _VARIADIC}
    needs = {p.name for p in parameters if p.default is p.empty and p.kind not in _VARIADIC}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        takes.update(names)
    if odd := sorted((needs - set(names)) | (set(names) - takes)):
        raise CodecError(
            f"its constructor and its fields differ in {', '.join(odd)}, so it cannot be rebuilt",
            message=name,
        )
    first = list(parameters)[: len(names)]
    return [p.name for p in first if p.kind in _BY_POSITION] == names


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
