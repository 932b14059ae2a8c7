"""Checks of the combinators' settings, made when a flow is defined, not when it runs."""

from __future__ import annotations

from math import isfinite

from holon_actors.errors import ConfigError


def whole(where: str, value: object, least: int) -> int:
    """`value` when it is an int of at least `least`; else ConfigError naming the argument."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{where}: expected a whole number of at least {least}, got {value!r}")
    return value


def seconds(where: str, value: object, *, zero: bool = False) -> float:
    """`value` when it is a usable number of seconds; else ConfigError naming the argument."""
    usable = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if not usable or value < 0 or (value == 0 and not zero):  # type: ignore[operator]
        wanted = "zero or more" if zero else "more than zero"
        raise ConfigError(f"{where}: expected seconds, {wanted}; got {value!r}")
    return float(value)  # type: ignore[arg-type]


def text(where: str, value: object) -> str:
    """`value` when it is a string; else ConfigError naming the argument."""
    if not isinstance(value, str):
        raise ConfigError(f"{where}: expected a string, got {value!r}")
    return value
