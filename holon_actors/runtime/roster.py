"""Which executors exist, which are idle, and what each has been given.

An executor keeps the thread or worker process it once needed, so work goes by preference to an idle
one that already has what it takes, the latest used first: few stay warm instead of all lukewarm.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Roster"]

E = TypeVar("E", bound=Hashable)
L = TypeVar("L")

_FRESH = "fresh"


class Roster(Generic[E, L]):
    """Executors `E` and their leases `L`. Pure bookkeeping.

    Invariant: an executor is idle, has a lease, or is gone.
    """

    __slots__ = ("_idle", "assigned", "members")

    def __init__(self) -> None:
        self.members: dict[E, str] = {}  # and the isolation each last worked in
        self.assigned: dict[E, L] = {}
        self._idle: dict[str, dict[E, None]] = {}  # by that isolation, latest last

    @property
    def idle_count(self) -> int:
        """How many have nothing to do."""
        return len(self.members) - len(self.assigned)

    def join(self, executor: E) -> None:
        """A new or replaced executor is ready for work."""
        self.leave(executor)
        self.members[executor] = _FRESH
        self._idle.setdefault(_FRESH, {})[executor] = None

    def leave(self, executor: E) -> L | None:
        """An executor is gone; the lease it had, if any."""
        warm = self.members.pop(executor, None)
        if warm is not None:
            self._idle.get(warm, {}).pop(executor, None)
        return self.assigned.pop(executor, None)

    def assign(self, isolation: str, lease: L) -> E | None:
        """Give a lease to the idle executor that suits it best; None when none is idle."""
        executor = self._pick(isolation)
        if executor is not None:
            self.members[executor] = isolation
            self.assigned[executor] = lease
        return executor

    def finished(self, executor: E, lease: L) -> bool:
        """The executor is idle again. False when the lease was not its own any more."""
        if self.assigned.get(executor) is not lease:
            return False
        del self.assigned[executor]
        self._idle.setdefault(self.members[executor], {})[executor] = None
        return True

    def surplus(self, limit: int) -> E | None:
        """An idle executor beyond `limit`, taken off the roster; None without any."""
        if len(self.members) <= limit:
            return None
        for idle in self._idle.values():
            if idle:
                executor = next(iter(idle))
                self.leave(executor)
                return executor
        return None

    def _pick(self, isolation: str) -> E | None:
        idle = self._idle
        for warm in (isolation, _FRESH):
            if idle.get(warm):
                return idle[warm].popitem()[0]
        for others in idle.values():
            if others:
                return others.popitem()[0]
        return None
