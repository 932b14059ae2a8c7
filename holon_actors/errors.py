"""The root of every error Holon raises, and the few that belong to no single part.

Each part names its own errors beside its code; all derive from `HolonError`, and from the built-in
exception that fits where there is one, so that callers may catch either.
"""

from __future__ import annotations

__all__ = ["ConfigError", "HolonError", "MissingExtra"]


class HolonError(Exception):
    """Any error that Holon itself raises. A user's own exceptions pass through unwrapped."""


class ConfigError(HolonError, ValueError):
    """A setting is out of range or malformed: correct the named setting and start again."""


class MissingExtra(HolonError, ImportError):
    """An optional dependency is not installed: install the named extra."""

    def __init__(self, extra: str, feature: str) -> None:
        super().__init__(f'{feature} needs an extra: pip install "holon-actors[{extra}]"')
        self.extra = extra
        self.feature = feature
