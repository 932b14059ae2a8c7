"""Whether the machine has run out of memory: the kernel kills for that and tells nobody."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MemoryKills"]

_COUNTERS = Path("/proc/vmstat")


class MemoryKills:
    """How many processes the kernel has killed for memory, on this machine, since this was made."""

    __slots__ = ("_before", "_counters")

    def __init__(self, counters: Path = _COUNTERS) -> None:
        self._counters = counters
        self._before = self._count()

    def happened(self) -> bool:
        """Whether there has been one. False where the kernel does not tell (it does on Linux)."""
        now = self._count()
        return self._before is not None and now is not None and now > self._before

    def _count(self) -> int | None:
        try:
            for line in self._counters.read_text().splitlines():
                name, _, value = line.partition(" ")
                if name == "oom_kill":
                    return int(value)
        except (OSError, ValueError):
            pass  # another system, or hidden from us
        return None
