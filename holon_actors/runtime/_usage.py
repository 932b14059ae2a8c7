"""Measures this process and its descendants with psutil.

Finding the descendants means reading the table of all processes, so that is done once a second; in
between the known ones are measured. Processes that end meanwhile take their processor time out of
the sum, so a total never falls: it counts what was seen.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from holon_actors.runtime.resources import Usage

__all__ = ["ProcessTree"]

_RELIST_S = 1.0


class ProcessTree:
    """The `UsageProbe` of the real machine. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._me = psutil.Process()
        self._children: list[psutil.Process] = []
        self._listed_at = -_RELIST_S
        self._cpu_s: dict[psutil.Process, float] = {}
        self._cpu_of_ended_s = 0.0

    @property
    def cpu_count(self) -> int:
        """Processors available to this process."""
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1

    def sample(self) -> Usage:
        """Measure the tree now."""
        now = self._clock()
        if now - self._listed_at >= _RELIST_S:
            self._listed_at = now
            self._children = self._me.children(recursive=True)
        memory = 0
        seen: dict[psutil.Process, float] = {}
        for process in (self._me, *self._children):
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    memory += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            seen[process] = times.user + times.system
        for process, used_s in self._cpu_s.items():
            if process not in seen:
                self._cpu_of_ended_s += used_s
        self._cpu_s = seen
        return Usage(sum(seen.values()) + self._cpu_of_ended_s, memory)
