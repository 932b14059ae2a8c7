"""Which faults a simulated run meets, as a value: printed when the run fails, smaller when shrunk.

A `FaultPlan` says what may happen and how often; when it happens, and to whom, is drawn. A `Swarm`
draws the plan itself: each run turns on a random part of the faults at random rates, which finds
more than all of them at once (Groce et al., "Swarm Testing", 2012). Nothing here does anything:
the network, the disks and the nemesis read their plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from holon_actors.errors import ConfigError
from holon_actors.testing._choices.chance import chance
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._text.showing import changed
from holon_actors.testing.delays import Constant, Delay, Exponential, Uniform
from holon_actors.testing.profiles import DiskProfile, LinkProfile

__all__ = ["PARTITION_KINDS", "FaultPlan", "Swarm"]

PARTITION_KINDS = ("isolate", "split", "one-way", "bridge", "ring")

# What belongs to each fault. The first field turns it on; the rest shape it.
_FAULTS: dict[str, tuple[str, ...]] = {
    "delay": ("delay",),
    "loss": ("loss",),
    "duplicate": ("duplicate",),
    "reorder": ("reorder",),
    "reset": ("reset_every_s",),
    "partition": ("partition_every_s", "partition_lasts_s", "partition_kinds"),
    "slow": ("slow_every_s", "slow_lasts_s", "slow_factor"),
    "clog": ("clog_every_s", "clog_lasts_s"),
    "crash": ("crash_every_s", "crash_lasts_s"),
    "pause": ("pause_every_s", "pause_lasts_s"),
    "skew": ("skew_every_s", "skew_drift", "skew_step_s"),
    "disk_survival": ("disk_survival",),
    "disk_torn": ("disk_torn",),
    "disk_sync": ("disk_sync",),
    "disk_error": ("disk_error",),
    "disk_full": ("disk_full",),
    "disk_rot": ("disk_rot",),
    "disk_lies": ("disk_lies",),
}

_PARTS = (
    "loss",
    "duplicate",
    "reorder",
    "skew_drift",
    "disk_survival",
    "disk_error",
    "disk_rot",
)


@dataclass(frozen=True, kw_only=True, repr=False)
class FaultPlan:
    """What may go wrong, and how often. Without arguments: nothing.

    `..._every_s` are mean virtual seconds from one such event to the next (None: never),
    `..._lasts_s` how long it goes on in the mean; both vary exponentially. Nodes are crashed and
    paused only if the simulation knows how to start them again.
    """

    # Every link: how long frames are on the way; None: a short time.
    delay: Delay | None = None
    # Parts of all sends, 0 to 1, as in `LinkProfile`.
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    # How much later than due a copy, or what was overtaken, arrives at most. Virtual seconds.
    late_s: float = 0.05
    # A connection breaks, with what is on its way.
    reset_every_s: float | None = None
    # Some nodes do not reach some others; one partition at a time.
    partition_every_s: float | None = None
    partition_lasts_s: float = 2.0
    partition_kinds: tuple[str, ...] = PARTITION_KINDS
    # A link gets slow: each delay `slow_factor` times as long.
    slow_every_s: float | None = None
    slow_lasts_s: float = 2.0
    slow_factor: float = 50.0
    # A link holds everything back, and then delivers it.
    clog_every_s: float | None = None
    clog_lasts_s: float = 1.0
    # A node is gone, and comes back with what was durable.
    crash_every_s: float | None = None
    crash_lasts_s: float = 2.0
    # A node stands still, and goes on as if nothing had been.
    pause_every_s: float | None = None
    pause_lasts_s: float = 2.0
    # A node's clock runs faster or slower by up to this part, and jumps by up to so many seconds.
    skew_every_s: float | None = None
    skew_drift: float = 0.05
    skew_step_s: float = 0.0
    # How many nodes are crashed or paused at once. None: fewer than half, but one at least.
    down_max: int | None = None
    # Each unsynced write survives a crash with this probability, whatever came before it.
    disk_survival: float = 0.0
    # A crash may cut a surviving write short.
    disk_torn: bool = False
    # How long a sync takes; None: a short time.
    disk_sync: Delay | None = None
    # The part of reads, writes and syncs that fail.
    disk_error: float = 0.0
    # Bytes after which each disk is full; None: never.
    disk_full: int | None = None
    # The part of reads in which a bit is wrong.
    disk_rot: float = 0.0
    # A sync may say that it is done when it is not.
    disk_lies: bool = False

    def __post_init__(self) -> None:
        for name in _PARTS:
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)!r}: a part, from 0 to 1")
        for name in ("late_s", "skew_step_s", "down_max", "disk_full"):
            if (getattr(self, name) or 0) < 0:
                raise ConfigError(f"{name}={getattr(self, name)!r}: at least 0")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith(("every_s", "lasts_s")) and value is not None:
                _check_seconds(field.name, value)
        for name in ("delay", "disk_sync"):
            if not isinstance(getattr(self, name), Constant | Uniform | Exponential | None):
                raise ConfigError(f"{name}={getattr(self, name)!r}: Constant, Uniform, Exponential")
        if not self.partition_kinds or set(self.partition_kinds) - set(PARTITION_KINDS):
            some = ", ".join(PARTITION_KINDS)
            raise ConfigError(f"partition_kinds={self.partition_kinds!r}: some of {some}")
        if self.skew_drift >= 1:
            raise ConfigError(f"skew_drift={self.skew_drift!r}: below 1, or clocks would stand")
        if self.slow_factor < 1:
            raise ConfigError(f"slow_factor={self.slow_factor!r}: at least 1")

    def __repr__(self) -> str:
        return changed(self)

    # Presets

    @classmethod
    def none(cls) -> FaultPlan:
        """Nothing goes wrong."""
        return cls()

    @classmethod
    def lossy(cls) -> FaultPlan:
        """A bad network between healthy nodes: loss, copies, no order, broken connections."""
        return cls(delay=Exponential(0.01), loss=0.1, duplicate=0.1, reorder=0.1, reset_every_s=2.0)

    @classmethod
    def swarm(cls, **worst: Any) -> Swarm:
        """Plans at random, each with some faults and not others.

        `worst` changes what a fault is like at its worst; a fault whose first field has its
        default there (`crash_every_s=None`, `loss=0.0`) never happens. What a sound program
        cannot bear without errors of its own (`disk_error`, `disk_full`, `disk_rot`, `disk_lies`,
        jumping clocks) happens only when it is asked for here.
        """
        return Swarm(worst=replace(_WORST, **worst))

    # For shrinking

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the faults that are on."""
        return tuple(
            name
            for name, (switch, *_) in _FAULTS.items()
            if getattr(self, switch) != _DEFAULTS[switch]
        )

    def without(self, fault: str) -> FaultPlan:
        """This plan with one fault off. Raises `ConfigError` for a name that is none."""
        if fault not in _FAULTS:
            raise ConfigError(f"{fault!r} is no fault; there are {', '.join(_FAULTS)}")
        return replace(self, **{name: _DEFAULTS[name] for name in _FAULTS[fault]})

    # For those that are faulty

    def link_profile(self) -> LinkProfile:
        """What every link is like."""
        profile = LinkProfile(
            loss=self.loss, duplicate=self.duplicate, reorder=self.reorder, late_s=self.late_s
        )
        return profile if self.delay is None else replace(profile, delay=self.delay)

    def disk_profile(self) -> DiskProfile:
        """What every disk is like."""
        profile = DiskProfile(
            survival=self.disk_survival,
            torn=self.disk_torn,
            error=self.disk_error,
            capacity=self.disk_full,
            rot=self.disk_rot,
            lies=self.disk_lies,
        )
        return profile if self.disk_sync is None else replace(profile, sync=self.disk_sync)


def _check_seconds(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise ConfigError(f"{name}={value!r}: seconds, above 0")


_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(FaultPlan)}

_WORST = FaultPlan(
    delay=Exponential(0.1),
    loss=0.3,
    duplicate=0.3,
    reorder=0.5,
    late_s=1.0,
    reset_every_s=0.5,
    partition_every_s=1.0,
    slow_every_s=0.5,
    clog_every_s=0.5,
    crash_every_s=1.0,
    pause_every_s=1.0,
    skew_every_s=2.0,
    disk_survival=0.5,
    disk_torn=True,
    disk_sync=Exponential(0.05),
)

_HALVINGS = 5  # of what is worst, down to a sixteenth


@dataclass(frozen=True, kw_only=True)
class Swarm:
    """Where plans are drawn from; made by `FaultPlan.swarm`."""

    worst: FaultPlan

    def draw(self, stream: Stream) -> FaultPlan:
        """One plan: each fault is on or off, and from a sixteenth to all of its worst."""
        plan = self.worst
        for fault in self.worst.active:
            if chance(stream, f"swarm {fault}", 0.5):
                switch = _FAULTS[fault][0]
                halvings = _HALVINGS - 1 - stream.draw(f"swarm {fault} strength", _HALVINGS)
                weaker = _weakened(switch, getattr(plan, switch), 0.5**halvings)
                plan = replace(plan, **{switch: weaker})
            else:
                plan = plan.without(fault)
        if not {"duplicate", "reorder"} & set(plan.active):
            plan = replace(plan, late_s=_DEFAULTS["late_s"])
        return plan


def _weakened(switch: str, worst: Any, part: float) -> Any:
    """A field with this part of its worst effect."""
    match worst:
        case bool() | int():
            return worst
        case float():
            return _rounded(worst / part if switch.endswith("every_s") else worst * part)
        case Constant(s):
            return Constant(_rounded(s * part))
        case Uniform(low_s, high_s):
            return Uniform(low_s, max(low_s, _rounded(high_s * part)))
        case Exponential(mean_s, low_s):
            return Exponential(_rounded(mean_s * part), low_s)
    raise AssertionError(f"{switch}: {worst!r}")


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")  # for people to read
