"""Outcomes: what became of one entrant over all repeats."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(kw_only=True)
class Outcome:
    """The values of one entrant, or the reason that there are none.

    Invariant: `absent` and `failure` are not both set; an outcome with either takes no more values.
    """

    values: list[float] = field(default_factory=list)  # base unit, in the order measured
    absent: str | None = None  # the package or program this machine lacks
    failure: str | None = None  # the last lines of what the worker said

    @property
    def runnable(self) -> bool:
        """Whether another repeat is worth starting."""
        return self.absent is None and self.failure is None

    @property
    def value(self) -> float | None:
        """The median in the base unit; None when nothing was measured or a repeat failed."""
        return median(self.values) if self.values and self.runnable else None

    def as_json(self) -> dict[str, object]:
        """The outcome for the report file."""
        if self.absent is not None:
            return {"absent": self.absent}
        if self.failure is not None:
            return {"failure": self.failure, "values": self.values}
        return {"median": self.value, "values": self.values}
