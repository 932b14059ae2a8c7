"""The randomness that elections need: what the core uses of `random.Random`, which it is given."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Chance"]


class Chance(Protocol):
    """A source of randomness."""

    def randrange(self, start: int, stop: int, /) -> int: ...
