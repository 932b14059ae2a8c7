"""What settings and options may be: plain checks whose errors name what is wrong."""

from __future__ import annotations

from typing import Any, Literal

from holon_actors.errors import ConfigError
from holon_actors.flows.meta import ISOLATIONS

__all__ = ["Priority", "check_count", "check_isolation", "check_seconds", "level_of"]

Priority = Literal["low", "normal", "high"] | int

_LEVELS = {"low": -1, "normal": 0, "high": 1}


def check_count(name: str, value: Any) -> None:
    """Raise `ConfigError` unless an engine's setting is a whole number, at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"Engine({name}={value!r}): a whole number, at least 1")


def check_seconds(name: str, value: Any) -> None:
    """Raise `ConfigError` unless a setting is a time in seconds, at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ConfigError(f"{name}={value!r}: seconds, at least 0")


def check_isolation(isolation: Any) -> None:
    """Raise `ConfigError` unless this is the name of an isolation."""
    if isolation not in ISOLATIONS:
        raise ConfigError(f"isolation={isolation!r}: one of {', '.join(ISOLATIONS)}")


def level_of(priority: Priority) -> int:
    """A priority as a number: higher starts earlier. Raises `ConfigError`."""
    if isinstance(priority, int) and not isinstance(priority, bool):
        return priority
    if priority in _LEVELS:
        return _LEVELS[priority]
    raise ConfigError(f'priority={priority!r}: "low", "normal", "high" or an int')
