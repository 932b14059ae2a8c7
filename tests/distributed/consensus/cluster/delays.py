"""Random delays whose drawing is a look-up."""

from __future__ import annotations

import math
from functools import lru_cache

__all__ = ["BITS", "delays"]

BITS = 10  # a place in a table, to be drawn
_EXPONENTIAL = tuple(-math.log(1 - (n + 0.5) / (1 << BITS)) for n in range(1 << BITS))


@lru_cache(maxsize=256)
def delays(minimum: int, mean: int) -> tuple[int, ...]:
    """Times that are all as likely: the minimum, and exponentially distributed ones of this mean on
    top of it.
    """
    return tuple(minimum + int(mean * factor) for factor in _EXPONENTIAL)
