"""Sizes and durations as people write them: "512MB", "1GiB", "5s", "250ms".

Python code passes plain numbers (bytes, seconds); files and command lines pass text. Decimal
prefixes are powers of 1000 and binary ones (`KiB`, `MiB`, ...) powers of 1024. Anything else is a
`ConfigError` that quotes the text and says what was expected: a guess about a limit is worse than a
refusal.
"""

from __future__ import annotations

import math
import re
from typing import TypeVar

from holon_actors.errors import ConfigError

__all__ = ["parse_duration", "parse_size"]

N = TypeVar("N", int, float)

_QUANTITY = re.compile(r"\s*(\d{1,18}(?:\.\d{1,9})?|\.\d{1,9})\s*([A-Za-zµ]*)\s*")

_BYTES = {
    "": 1,
    "b": 1,
    **{prefix + "b": 1000**power for power, prefix in enumerate("kmgtp", start=1)},
    **{prefix + "ib": 1024**power for power, prefix in enumerate("kmgtp", start=1)},
}

_SECONDS = {
    "": 1.0,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
}


def parse_size(size: str | int, what: str = "size") -> int:
    """A size in bytes, from bytes or from text such as "512MB" and "1GiB" (case does not matter).

    `what` names the setting in the `ConfigError` raised for anything else, or for less than one
    byte.
    """
    if isinstance(size, str):
        number, factor = _quantity(size, _BYTES, what, 'a size such as "512MB" or "1GiB"')
        # Whole numbers stay exact, which floats are only up to 2**53.
        count = int(number) * factor if "." not in number else int(float(number) * factor)
    elif isinstance(size, bool) or not isinstance(size, int):
        raise ConfigError(f'{what}={size!r}: expected bytes as an int, or text such as "512MB"')
    else:
        count = size
    if count < 1:
        raise ConfigError(f"{what}={size!r}: at least 1 byte")
    return count


def parse_duration(duration: str | float, what: str = "duration") -> float:
    """A time in seconds, from seconds or from text such as "5s", "250ms", "2m" and "1h".

    `what` names the setting in the `ConfigError` raised for anything else, or for less than zero.
    """
    if isinstance(duration, str):
        number, factor = _quantity(duration, _SECONDS, what, 'a time such as "5s" or "250ms"')
        return float(number) * factor
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise ConfigError(f'{what}={duration!r}: expected seconds, or text such as "250ms"')
    if not (duration >= 0 and math.isfinite(duration)):
        raise ConfigError(f"{what}={duration!r}: a finite number of seconds, at least 0")
    return float(duration)


def _quantity(text: str, units: dict[str, N], what: str, expected: str) -> tuple[str, N]:
    match = _QUANTITY.fullmatch(text)
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ConfigError(f"{what}={text!r}: expected {expected}")
    return match[1], factor
