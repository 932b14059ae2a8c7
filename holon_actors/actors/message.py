"""Message classes: frozen values with a stable wire name, and requests that know their answer's
type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, dataclass_transform, overload

__all__ = ["Request", "message", "wire_name"]

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)


class Request(Generic[R_co]):
    """Base of a message that is asked: `class Balance(Request[int])` is answered with an int."""

    __slots__ = ()


@overload
def message(cls: type[T], /) -> type[T]: ...
@overload
def message(*, name: str) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True)
def message(
    cls: type[T] | None = None, /, *, name: str | None = None
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a message: a frozen, slotted dataclass with a wire name.

    The wire name is `name`, or module and qualified name. Give a `name` to a class that may move.
    """

    def decorate(target: type[T]) -> type[T]:
        wire = name or f"{target.__module__}.{target.__qualname__}"
        made = dataclass(frozen=True, slots=True)(target)
        made.__wire_name__ = wire  # type: ignore[attr-defined]  # read through wire_name()
        return made

    return decorate if cls is None else decorate(cls)


def wire_name(cls: type) -> str | None:
    """The wire name of a message class, or None; a subclass does not inherit it."""
    name = cls.__dict__.get("__wire_name__")
    return name if isinstance(name, str) else None
