"""Message classes: frozen values with a stable wire name, and requests that know their answer's
type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, dataclass_transform, overload

from holon_transports.codec import register_message, wire_name

__all__ = ["Request", "message", "register_message", "wire_name"]

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
    It may travel to other nodes and is understood when it comes from one. Raises `ConfigError` if
    the name belongs to another class.
    """

    def decorate(target: type[T]) -> type[T]:
        return register_message(dataclass(frozen=True, slots=True)(target), name=name)

    return decorate if cls is None else decorate(cls)
