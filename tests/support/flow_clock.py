"""A flow clock for tests: sleeping advances it, and is written down."""

from __future__ import annotations


class FakeClock:
    """Virtual seconds; `random()` gives a fixed number."""

    def __init__(self, random: float = 0.5) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []
        self.fixed = random

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def random(self) -> float:
        return self.fixed
