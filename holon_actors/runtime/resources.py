"""How much of the machine an engine may use, and whether its process tree is over that now.

Pure but for the probe, which comes in as an argument (`_usage.py` has the real one). Two kinds of
limit: `memory` and `cpu` hold back *new* work while the whole process tree is over them; under
process isolation `memory` and `cpu_time` also bind each execution, enforced by the operating
system.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from holon_actors.errors import ConfigError
from holon_actors.runtime.options import check_number
from holon_actors.runtime.units import parse_duration, parse_size

__all__ = ["ResourceGate", "ResourceLimits", "Usage", "UsageProbe"]


@dataclass(frozen=True, kw_only=True)
class ResourceLimits:
    """Limits of one engine. None means no limit. Raises `ConfigError` when a value is out of range.

    `cpu`: share of the processors available to this process, more than 0 and at most 1.
    `memory`: bytes, or text such as "512MB".
    `cpu_time`: seconds of processor time that one execution in a worker process may use, or text.
    `sample_interval`: seconds between looks at the process tree; each costs up to some
    milliseconds.
    """

    cpu: float | None = None
    memory: int | str | None = None
    cpu_time: float | str | None = None
    sample_interval: float = 0.1

    def __post_init__(self) -> None:
        if self.cpu is not None:
            check_number("ResourceLimits(cpu", self.cpu)
            if not 0 < self.cpu <= 1:
                raise ConfigError(f"ResourceLimits(cpu={self.cpu}): more than 0 and at most 1")
        check_number("ResourceLimits(sample_interval", self.sample_interval)
        if self.memory is not None:
            parse_size(self.memory, "ResourceLimits(memory)")
        if self.cpu_time is not None and not parse_duration(
            self.cpu_time, "ResourceLimits(cpu_time)"
        ):
            raise ConfigError(f"ResourceLimits(cpu_time={self.cpu_time!r}): more than 0 seconds")
        if not 0 <= self.sample_interval < math.inf:
            raise ConfigError(
                f"ResourceLimits(sample_interval={self.sample_interval}): at least 0 seconds"
            )

    @property
    def memory_bytes(self) -> int | None:
        """`memory` in bytes."""
        return None if self.memory is None else parse_size(self.memory)

    @property
    def cpu_time_s(self) -> float | None:
        """`cpu_time` in seconds."""
        return None if self.cpu_time is None else parse_duration(self.cpu_time)


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process tree has used up to a moment."""

    cpu_s: float  # processor time of all processes together, ever growing
    memory_bytes: int  # resident memory of all processes together


class UsageProbe(Protocol):
    """Measures the process tree; see `_usage.py`."""

    @property
    def cpu_count(self) -> int:
        """Processors available to this process."""
        ...

    def sample(self) -> Usage:
        """Measure now."""
        ...


class ResourceGate:
    """Whether new work must wait. Looks at the process tree as seldom as the limits say."""

    __slots__ = ("_at", "_last", "_limits", "_over", "_probe", "interval_s")

    def __init__(self, limits: ResourceLimits | None, probe: UsageProbe | None) -> None:
        self._limits = limits
        self._probe = probe
        self.interval_s = 0.0 if limits is None else limits.sample_interval
        self._at = -math.inf
        self._last: Usage | None = None
        self._over = False

    def is_over(self, now: float) -> bool:
        """Whether the process tree is over a limit, as of a sample that is at most `interval_s`
        old.
        """
        limits = self._limits
        if limits is None or (limits.cpu is None and limits.memory is None):
            return False
        if now - self._at >= self.interval_s:
            self._look(limits, now)
        return self._over

    def _look(self, limits: ResourceLimits, now: float) -> None:
        probe = self._probe
        assert probe is not None  # an engine with limits has one
        usage, last, elapsed_s = probe.sample(), self._last, now - self._at
        self._last, self._at = usage, now
        memory = limits.memory_bytes
        self._over = memory is not None and usage.memory_bytes > memory
        # The first sample has nothing to compare with; after a long pause the average says little
        # about now, but erring towards admission only lasts until the next sample.
        if limits.cpu is not None and last is not None and elapsed_s > 0:
            share = (usage.cpu_s - last.cpu_s) / (elapsed_s * probe.cpu_count)
            self._over = self._over or share > limits.cpu
