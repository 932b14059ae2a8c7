"""Units: how a measured number reads, and which direction is better.

A worker reports in the base unit (per second, bytes, seconds); only printing scales it.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Unit:
    """What one measured value means.

    `scale` is how many base units make one of `name`.
    """

    name: str
    scale: float
    better: Literal["more", "less"]

    def show(self, value: float) -> str:
        """The value for a person: three significant digits and the unit."""
        scaled = value / self.scale
        digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
        return f"{scaled:,.{digits}f} {self.name}"

    def ratio(self, ours: float, theirs: float) -> float:
        """How many times as good ours is: above 1 is better, whatever the direction."""
        return ours / theirs if self.better == "more" else theirs / ours


MILLIONS_PER_S = Unit(name="M/s", scale=1e6, better="more")
THOUSANDS_PER_S = Unit(name="k/s", scale=1e3, better="more")
KIB = Unit(name="KiB", scale=1024, better="less")
SECONDS = Unit(name="s", scale=1, better="less")
VIRTUAL_SECONDS = Unit(name="virtual s/s", scale=1, better="more")
MILLISECONDS = Unit(name="ms", scale=1e-3, better="less")
GIGABYTES_PER_S = Unit(name="GB/s", scale=1e9, better="more")
