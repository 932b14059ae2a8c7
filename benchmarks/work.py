"""The shape of the benchmark table: what is measured, by whom, and what must hold.

Plain values only. The table itself is in `table.py`; judging a result is in `verdict.py`.
"""

from dataclasses import dataclass

from benchmarks.units import Unit

OURS = "holon"


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """One system taking part in one work."""

    system: str  # the name shown, and named by targets
    worker: str  # module of benchmarks.workers
    size: int  # messages, actors, leaves or runs: about a second of work for this system
    options: tuple[str, ...] = ()  # passed to the worker after work and size


@dataclass(frozen=True, kw_only=True)
class Relative:
    """Ours is at least `factor` times as good as the best of `peers`."""

    factor: float
    peers: tuple[str, ...]

    def __str__(self) -> str:
        return f">= {self.factor:g}x"


@dataclass(frozen=True, kw_only=True)
class Absolute:
    """Ours is at least (or, where less is better, at most) `bound`, in the base unit."""

    bound: float


@dataclass(frozen=True, kw_only=True)
class Work:
    """One row of the benchmark table. The first entrant is Holon."""

    name: str  # for --only and JSON
    title: str
    unit: Unit
    entrants: tuple[Entrant, ...]
    targets: tuple[Relative | Absolute, ...]
