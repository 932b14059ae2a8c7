"""Whether a value that came fits a field's type hint. Compiled once per hint.

Rules: a check never changes a value. What typing promises is accepted: an int where a float is
asked for, a subclass where a class is. A hint that says nothing that can be checked accepts
everything.
"""

from __future__ import annotations

import collections.abc
import types
import typing
from collections.abc import Callable
from typing import Any

from holon_transports.codec._hints import resolved_hints

__all__ = ["ANYTHING", "LEAVES", "Check", "check_of"]

# What the packed form and Python have in common: these arrive as what they are.
LEAVES = frozenset({type(None), bool, int, float, str, bytes})


class Check:
    """`leaves`: the simple types that fit as they are. `fits`: whether any other value does."""

    __slots__ = ("fits", "leaves", "text")

    def __init__(
        self, leaves: frozenset[type], fits: Callable[[Any], bool], text: str = "anything"
    ) -> None:
        self.leaves = leaves
        self.fits = fits
        self.text = text


def _always(value: Any) -> bool:
    return True


ANYTHING = Check(LEAVES, _always)

# PEP 484: an int is a float to the type checker, and a bool is an int.
_PROMOTED: dict[Any, tuple[type, ...]] = {
    bool: (bool,),
    int: (int, bool),
    float: (float, int, bool),
    str: (str,),
    bytes: (bytes, bytearray, memoryview),
    type(None): (type(None),),
}


def check_of(hint: Any) -> Check:
    """The check of a type hint."""
    return _compile(hint, ())


def _compile(hint: Any, within: tuple[Any, ...]) -> Check:
    if any(hint is outer for outer in within):  # an alias that contains itself
        return ANYTHING
    hint = _plain(hint)
    if hint is None:
        hint = type(None)
    if hint in (Any, object) or isinstance(hint, str | typing.ForwardRef | typing.TypeVar):
        return ANYTHING
    origin = typing.get_origin(hint)
    if origin is None:
        if typing.is_typeddict(hint):
            return _typed_dict(hint, (*within, hint))
        return _of_class(hint) if isinstance(hint, type) else ANYTHING
    if origin in _COMPILERS and _is_specific(hint):
        check = _COMPILERS[origin](hint, (*within, hint))
        check.text = str(hint)
        return check
    return _of_class(origin) if isinstance(origin, type) else ANYTHING


def _is_specific(hint: Any) -> bool:
    """Whether a generic hint says what its parts are: `typing.List` and `tuple[*Ts]` do not."""
    parts = typing.get_args(hint)
    if any(typing.get_origin(part) is typing.Unpack or _is_starred(part) for part in parts):
        return False
    return bool(parts) or isinstance(hint, types.GenericAlias)


def _is_starred(part: Any) -> bool:
    return isinstance(part, typing.TypeVarTuple) or getattr(part, "__unpacked__", False)


def _plain(hint: Any) -> Any:
    while True:
        if isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif type(typing.get_origin(hint)).__name__ == "TypeAliasType":
            hint = _applied(typing.get_origin(hint), typing.get_args(hint))
        elif typing.get_origin(hint) in _WRAPPERS:
            hint = typing.get_args(hint)[0]
        else:
            return hint


def _applied(alias: Any, parts: tuple[Any, ...]) -> Any:
    """A generic `type X[T] = ...` with its parts filled in."""
    given = dict(zip(alias.__type_params__, parts, strict=False))
    free = getattr(alias.__value__, "__parameters__", ())
    return (
        alias.__value__[tuple(given.get(name, Any) for name in free)] if free else alias.__value__
    )


_WRAPPERS = (typing.Annotated, typing.Final, typing.Required, typing.NotRequired)


def _of_class(cls: type) -> Check:
    if cls in _PROMOTED:
        accepted = _PROMOTED[cls]
        return Check(
            frozenset(accepted) & LEAVES, lambda value: isinstance(value, accepted), cls.__name__
        )
    if getattr(cls, "_is_protocol", False):
        return ANYTHING
    leaves = frozenset(leaf for leaf in LEAVES if issubclass(leaf, cls))
    return Check(leaves, lambda value: isinstance(value, cls), cls.__qualname__)


def _union(hint: Any, within: tuple[Any, ...]) -> Check:
    checks = [_compile(part, within) for part in typing.get_args(hint)]
    others = [check.fits for check in checks]
    return Check(
        frozenset[type]().union(*(check.leaves for check in checks)),
        lambda value: any(fits(value) for fits in others),
    )


def _literal(hint: Any, within: tuple[Any, ...]) -> Check:
    allowed = [(type(value), value) for value in typing.get_args(hint)]
    return Check(frozenset(), lambda value: (type(value), value) in allowed)


def _all(check: Check, values: Any) -> bool:
    leaves, fits = check.leaves, check.fits
    if leaves.issuperset(map(type, values)):
        return True
    return all(type(value) in leaves or fits(value) for value in values)


def _elements(hint: Any, within: tuple[Any, ...]) -> Check:
    origin: Any = typing.get_origin(hint)
    check = _compile(typing.get_args(hint)[0], within)
    return Check(frozenset(), lambda value: isinstance(value, origin) and _all(check, value))


def _tuple(hint: Any, within: tuple[Any, ...]) -> Check:
    parts = typing.get_args(hint)
    if len(parts) == 2 and parts[1] is ...:
        return _elements(hint, within)
    checks = [_compile(part, within) for part in parts]

    def fits(value: Any) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == len(checks)
            and all(
                type(item) in check.leaves or check.fits(item)
                for item, check in zip(value, checks, strict=True)
            )
        )

    return Check(frozenset(), fits)


def _mapping(hint: Any, within: tuple[Any, ...]) -> Check:
    origin: Any = typing.get_origin(hint)
    keys, values = (_compile(part, within) for part in typing.get_args(hint))
    return Check(
        frozenset(),
        lambda value: (
            isinstance(value, origin) and _all(keys, value) and _all(values, value.values())
        ),
    )


def _typed_dict(cls: Any, within: tuple[Any, ...]) -> Check:
    hints, _ = resolved_hints(cls)
    checks = {key: _compile(hint, within) for key, hint in hints.items()}
    required: frozenset[str] = cls.__required_keys__

    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and required <= value.keys() <= checks.keys()
            and all(
                type(item) in checks[key].leaves or checks[key].fits(item)
                for key, item in value.items()
            )
        )

    return Check(frozenset(), fits, cls.__qualname__)


_COMPILERS: dict[Any, Callable[[Any, tuple[Any, ...]], Check]] = {
    typing.Union: _union,
    types.UnionType: _union,
    typing.Literal: _literal,
    tuple: _tuple,
    dict: _mapping,
    collections.abc.Mapping: _mapping,
    collections.abc.MutableMapping: _mapping,
    list: _elements,
    set: _elements,
    frozenset: _elements,
    collections.abc.Set: _elements,
    collections.abc.MutableSet: _elements,
    collections.abc.Sequence: _elements,
    collections.abc.MutableSequence: _elements,
    collections.abc.Collection: _elements,
    collections.abc.Iterable: _elements,
}
