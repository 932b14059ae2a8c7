"""A `random.Random` whose every choice is a draw on the tape."""

from __future__ import annotations

import random
from typing import Any

from holon_actors.testing._choices.tape import Stream

__all__ = ["StreamRandom"]

_PARTS = 1 << 53


class StreamRandom(random.Random):
    """Draws from a stream. Its state cannot be set or read: it has none of its own."""

    def __init__(self, stream: Stream) -> None:
        self._draw = stream.draw
        super().__init__(0)

    def random(self) -> float:
        return self._draw("random", _PARTS) / _PARTS

    def getrandbits(self, k: int, /) -> int:
        return self._draw("bits", 1 << k) if k else 0

    def _randbelow(self, n: int) -> int:
        # What choice, randrange, shuffle and sample are made of: one draw, as plain as it can be.
        return self._draw("below", n)

    def seed(self, *args: Any, **options: Any) -> None:
        """The tape is the seed."""

    def getstate(self) -> tuple[Any, ...]:
        raise NotImplementedError("the choices of a simulation are on its tape")

    def setstate(self, state: Any) -> None:
        raise NotImplementedError("the choices of a simulation are on its tape")
