"""How long something takes in a simulation, as values: seconds in, virtual time out.

Every delay is drawn as one whole number, so that a tape can hold it. The smallest draw is the
shortest delay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

from holon_actors.errors import ConfigError
from holon_actors.testing._choices.chance import US, S, steps_between
from holon_actors.testing._choices.tape import Stream

__all__ = ["Constant", "Delay", "Exponential", "Uniform"]

_STEPS = 1 << 16  # of the draw that an exponential delay is made from: a tail of 11 means


@dataclass(frozen=True)
class Constant:
    """Always `s` seconds."""

    s: float

    def __post_init__(self) -> None:
        _check("s", self.s)

    def draw_ns(self, stream: Stream, label: str) -> int:
        """Virtual nanoseconds; draws nothing."""
        return round(self.s * S)


@dataclass(frozen=True)
class Uniform:
    """Anything from `low_s` to `high_s` seconds, all equally likely."""

    low_s: float
    high_s: float
    _low_ns: int = field(init=False, repr=False, compare=False)
    _bound: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check("low_s", self.low_s)
        _check("high_s", self.high_s, self.low_s)
        # Reckoned once: every send of most simulations comes here.
        object.__setattr__(self, "_low_ns", round(self.low_s * S))
        object.__setattr__(self, "_bound", steps_between(self.low_s, self.high_s))

    def draw_ns(self, stream: Stream, label: str) -> int:
        """Virtual nanoseconds."""
        return self._low_ns + US * stream.draw(label, self._bound)


@dataclass(frozen=True)
class Exponential:
    """`low_s` seconds and an exponential tail of mean `mean_s`: most are short, a few are long.

    The tail ends at about 11 means.
    """

    mean_s: float
    low_s: float = 0.0

    def __post_init__(self) -> None:
        _check("mean_s", self.mean_s)
        _check("low_s", self.low_s)

    def draw_ns(self, stream: Stream, label: str) -> int:
        """Virtual nanoseconds, the tail in whole microseconds."""
        part = stream.draw(label, _STEPS) / _STEPS
        # Microseconds, so that no difference in the last bit of a logarithm ever shows.
        tail_us = round(-math.log1p(-part) * self.mean_s * 1_000_000)
        return round(self.low_s * S) + tail_us * US


Delay: TypeAlias = Constant | Uniform | Exponential


def _check(name: str, value: float, least: float = 0.0) -> None:
    if not least <= value < math.inf:
        raise ConfigError(f"{name}={value!r}: seconds, at least {least:g}")
