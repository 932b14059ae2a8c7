"""Errors on their way between processes: as they are, or taken apart.

Many exceptions can be pickled and then not be rebuilt, because they hand other arguments on than
their own constructor takes. Those are taken apart. How they are pickled does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

__all__ = ["ErrorParts", "packed_form", "rebuilt_error"]

P = TypeVar("P")


class ErrorParts(NamedTuple):
    """An exception taken apart: what it takes to make an equal one without its constructor."""

    cls: type[BaseException]
    args: tuple[Any, ...]
    facts: dict[str, Any]  # its attributes


def packed_form(
    error: BaseException, pack: Callable[[Any], P], unpack: Callable[[P], Any]
) -> P | None:
    """The error, whole or else in parts, as `pack` makes it; None when neither survives the way.

    Both are tried out here, as `unpack` and `rebuilt_error` will do on the other side.
    """
    for form in (error, ErrorParts(type(error), error.args, error.__dict__)):
        try:
            packed = pack(form)
            rebuilt_error(unpack(packed))
        except Exception:  # noqa: BLE001, S112  # user code; the caller describes what cannot travel
            continue
        return packed
    return None


def rebuilt_error(form: Any) -> BaseException:
    """The exception that was sent as it is, or in parts. Raises when it is none."""
    if isinstance(form, ErrorParts):
        error = form.cls.__new__(form.cls, *form.args)
        error.args = form.args
        error.__dict__.update(form.facts)
        return error
    if not isinstance(form, BaseException):  # a __reduce__ of its own may make anything
        raise TypeError(f"{form!r} is no exception")
    return form
