"""What settings and options may be: plain checks whose errors name what is wrong."""

from __future__ import annotations

from typing import Any, Literal

from holon_actors.errors import ConfigError
from holon_actors.flows.meta import ISOLATIONS

__all__ = [
    "PriorityLevel",
    "check_count",
    "check_instance",
    "check_isolation",
    "check_number",
    "check_seconds",
    "check_whole",
    "level_of",
]

PriorityLevel = Literal["low", "normal", "high"] | int

_LEVELS = {"low": -1, "normal": 0, "high": 1}
_LEVEL_MAX = 1_000_000  # far beyond it a float cannot tell one moment of coming from the next


def check_count(name: str, value: Any) -> None:
    """Raise `ConfigError` unless an engine's setting is a whole number, at least 1."""
    check_whole(f"Engine({name}", value, 1)


def check_whole(setting: str, value: Any, least: int) -> None:
    """Raise `ConfigError` unless the value is a whole number, at least `least`. `setting` is how
    the call begins, up to the name: "RateLimit(burst".
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{setting}={value!r}): a whole number, at least {least}")


def check_number(setting: str, value: Any) -> None:
    """Raise `ConfigError` unless the value is a number; `setting` as in `check_whole`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigError(f"{setting}={value!r}): a number")


def check_seconds(name: str, value: Any) -> None:
    """Raise `ConfigError` unless a setting is a time in seconds, at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ConfigError(f"{name}={value!r}: seconds, at least 0")


def check_isolation(isolation: Any) -> None:
    """Raise `ConfigError` unless this is the name of an isolation."""
    if not isinstance(isolation, str) or isolation not in ISOLATIONS:
        raise ConfigError(f"isolation={isolation!r}: one of {', '.join(ISOLATIONS)}")


def check_instance(name: str, value: Any, kind: type) -> None:
    """Raise `ConfigError` unless an engine's setting is None or of this class."""
    if value is not None and not isinstance(value, kind):
        raise ConfigError(f"Engine({name}={value!r}): expected {kind.__name__}(...) or None")


def level_of(priority: PriorityLevel) -> int:
    """A priority as a number: higher starts earlier. Raises `ConfigError`."""
    if isinstance(priority, str) and priority in _LEVELS:
        return _LEVELS[priority]
    if isinstance(priority, int) and not isinstance(priority, bool) and abs(priority) <= _LEVEL_MAX:
        return priority
    raise ConfigError(
        f'priority={priority!r}: "low", "normal", "high" or an int of at most {_LEVEL_MAX:,}'
    )
