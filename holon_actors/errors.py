"""The root of every error Holon raises, and the few that belong to no single part.

Each part names its own errors beside its code; all derive from `HolonError`, and from the built-in
exception that fits where there is one, so that callers may catch either.
"""

from __future__ import annotations

from typing import Any

__all__ = ["ConfigError", "HolonError", "MissingExtra"]


class HolonError(Exception):
    """Any error that Holon itself raises. A user's own exceptions pass through unwrapped.

    All of them can be pickled, with their attributes.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # An exception is pickled as its class and `args`, and rebuilt by calling the one with the
        # other. Ours make their text from several facts, so the call would not fit.
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[HolonError], args: tuple[Any, ...], facts: dict[str, Any]) -> HolonError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


class ConfigError(HolonError, ValueError):
    """A setting is out of range or malformed: correct the named setting and start again."""


class MissingExtra(HolonError, ImportError):
    """An optional dependency is not installed: install the named extra."""

    def __init__(self, extra: str, feature: str) -> None:
        super().__init__(f'{feature} needs an extra: pip install "holon-actors[{extra}]"')
        self.extra = extra
        self.feature = feature
