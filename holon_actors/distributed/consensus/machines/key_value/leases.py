"""Leases: who lives for how long, by the time that the log tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from holon_actors.distributed.consensus.machines.key_value.errors import LeaseNotFound

__all__ = ["Lease", "Leases"]

# Deadlines that no longer count are cleared out when they are more than this.
_OUTDATED_MIN = 64


@dataclass(slots=True)
class Lease:
    """It ends at `deadline`, in seconds of the log's time, unless it is kept."""

    number: int
    ttl: float
    deadline: float
    keys: dict[str, None] = field(default_factory=dict)


class Leases:
    """Invariant: the deadline of every lease is in `_deadlines`, where earlier ones of leases that
    were kept or ended since may be as well. Numbers are never used again.
    """

    def __init__(self) -> None:
        self._leases: dict[int, Lease] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._last = 0
        self._now = 0.0

    def __len__(self) -> int:
        return len(self._leases)

    def get(self, number: int) -> Lease:
        """Raises `LeaseNotFound`."""
        lease = self._leases.get(number)
        if lease is None:
            raise LeaseNotFound(number)
        return lease

    def find(self, number: int) -> Lease | None:
        """The lease if it lives."""
        return self._leases.get(number)

    def grant(self, ttl: float) -> int:
        """Begin a lease; returns its number."""
        self._last += 1
        lease = self._leases[self._last] = Lease(self._last, ttl, self._now + ttl)
        self._expect(lease)
        return self._last

    def keep(self, number: int) -> float:
        """Begin its time anew; returns its ttl. Raises `LeaseNotFound`."""
        lease = self.get(number)
        lease.deadline = self._now + lease.ttl
        self._expect(lease)
        return lease.ttl

    def end(self, number: int) -> Lease:
        """Forget a lease; returns it. Raises `LeaseNotFound`."""
        lease = self.get(number)
        del self._leases[number]
        return lease

    def remaining(self, lease: Lease) -> float:
        """Seconds, as of the last step of time."""
        return max(0.0, lease.deadline - self._now)

    def deadline(self) -> float | None:
        """When `advance` has something to do; None while there are no leases."""
        while self._deadlines and not self._counts(*self._deadlines[0]):
            heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def advance(self, now: float) -> list[Lease]:
        """It is `now` (seconds; time that goes back stands still). Ends and returns those whose
        time is over, the first first.
        """
        self._now = max(self._now, now)
        over = []
        while self._deadlines and self._deadlines[0][0] <= self._now:
            deadline, number = heappop(self._deadlines)
            if self._counts(deadline, number):
                over.append(self.end(number))
        return over

    def _expect(self, lease: Lease) -> None:
        heappush(self._deadlines, (lease.deadline, lease.number))
        # A lease that lives long and is kept often leaves a deadline behind each time.
        if len(self._deadlines) > 2 * len(self._leases) + _OUTDATED_MIN:
            self._rebuild(self._leases.values())

    def _counts(self, deadline: float, number: int) -> bool:
        lease = self._leases.get(number)
        return lease is not None and lease.deadline == deadline

    def _rebuild(self, leases: Iterable[Lease]) -> None:
        self._deadlines = [(each.deadline, each.number) for each in leases]
        heapify(self._deadlines)

    def state(self) -> dict[str, Any]:
        """For a snapshot, without the keys: they know their leases."""
        leases = [[each.number, each.ttl, each.deadline] for each in self._leases.values()]
        return {"leases": leases, "lease": self._last, "now": self._now}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Leases:
        """Out of a snapshot."""
        leases = cls()
        leases._last, leases._now = state["lease"], state["now"]
        leases._leases = {each[0]: Lease(*each) for each in state["leases"]}
        leases._rebuild(leases._leases.values())
        return leases
