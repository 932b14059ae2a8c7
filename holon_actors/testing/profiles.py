"""What links between nodes and what disks are like, as values, and what happened on a link."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError
from holon_actors.testing._text.showing import changed
from holon_actors.testing.delays import Constant, Delay, Exponential, Uniform

__all__ = ["DiskProfile", "LinkProfile", "LinkStatistics"]


_SHORT = Uniform(0.000_1, 0.001)


@dataclass(frozen=True, kw_only=True, repr=False)
class LinkProfile:
    """How one direction between two nodes behaves. The default has no faults: everything arrives,
    once and in order, after a varying but short delay.

    Frames that were sent together share their fate.
    """

    # Virtual seconds on the way. Longer than a heartbeat: nodes lose one another.
    delay: Delay = _SHORT
    # Part of the sends that never arrive, 0 to 1. At 1 nothing ever does.
    loss: float = 0.0
    # Part of the sends of which a second copy arrives, later, and after newer ones too.
    duplicate: float = 0.0
    # Part of the sends that newer ones may overtake; the rest keep their order.
    reorder: float = 0.0
    # How long after its time a copy, or what is overtaken, arrives at most. Virtual seconds.
    late_s: float = 0.05
    # Bytes per virtual second; None: as much as there is. Less: sends wait for those before them.
    bandwidth: float | None = None
    # Sends on the way at once; beyond it `send` has no room. Higher: more to lose with a crash.
    capacity: int = 1_000

    def __post_init__(self) -> None:
        for name in ("loss", "duplicate", "reorder"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)!r}: a part, from 0 to 1")
        if not isinstance(self.delay, Constant | Uniform | Exponential):
            raise ConfigError(f"delay={self.delay!r}: Constant, Uniform or Exponential")
        if self.late_s < 0:
            raise ConfigError(f"late_s={self.late_s!r}: seconds, at least 0")
        if self.bandwidth is not None and self.bandwidth <= 0:
            raise ConfigError(f"bandwidth={self.bandwidth!r}: bytes per second, above 0, or None")
        if self.capacity < 1:
            raise ConfigError(f"capacity={self.capacity!r}: sends, at least 1")

    def __repr__(self) -> str:
        return changed(self)


@dataclass(frozen=True, kw_only=True)
class LinkStatistics:
    """Counts of one direction between two nodes, in sends.

    Invariant: sent + duplicated == delivered + dropped + waiting.
    """

    sent: int  # accepted from the sender
    delivered: int  # handed to a receiver, copies included
    dropped: int  # by loss, partition, reset or crash, or because nobody listened
    duplicated: int  # copies made on the way
    reordered: int  # that newer ones were allowed to overtake
    refused: int  # not accepted: no room
    waiting: int  # on the way


_PROMPT = Constant(0.001)


@dataclass(frozen=True, kw_only=True, repr=False)
class DiskProfile:
    """How a node's disk behaves. The default keeps what was synced and loses the rest in a crash.

    `lies` breaks the promise that all durable programs build on; no program survives it alone.
    """

    # Virtual seconds that a sync takes. Longer: more is unsynced when the node crashes.
    sync: Delay = _PROMPT
    # The part of unsynced changes that survive a crash, each on its own, in no order.
    survival: float = 0.0
    # A crash may leave only the beginning of a surviving write.
    torn: bool = False
    # The part of reads, writes and syncs that fail with an error.
    error: float = 0.0
    # Bytes of all files together, after which writes fail; None: no limit.
    capacity: int | None = None
    # The part of reads that return a wrong bit.
    rot: float = 0.0
    # One sync in two does nothing, and says it is done.
    lies: bool = False

    def __post_init__(self) -> None:
        for name in ("survival", "error", "rot"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)!r}: a part, from 0 to 1")
        if not isinstance(self.sync, Constant | Uniform | Exponential):
            raise ConfigError(f"sync={self.sync!r}: Constant, Uniform or Exponential")
        if self.capacity is not None and self.capacity < 0:
            raise ConfigError(f"capacity={self.capacity!r}: bytes, at least 0, or None")

    def __repr__(self) -> str:
        return changed(self)
