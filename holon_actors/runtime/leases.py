"""Slots as leases: the list of leases is the only truth about what is running.

There is no counter beside the list that could come to disagree with it. A lease says who holds the
slot and since when; it is released exactly once, and releasing it twice is a bug that fails loudly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

__all__ = ["Lease", "LeaseNotHeld", "LeaseTable"]

J = TypeVar("J")

LeaseState = Literal["running", "abandoned", "waiting"]


class LeaseNotHeld(AssertionError):
    """A lease was released or suspended while it was not held: a bug in the runtime."""


@dataclass(slots=True, eq=False)
class Lease(Generic[J]):
    """The right to occupy one slot, and the jobs that one executor runs in it one by one."""

    number: int
    isolation: str
    jobs: deque[J]  # not started yet
    granted_at: float  # loop time
    since: float  # when the current job started, in loop time
    owner: J | None = None  # the job that runs now
    executor: object = None  # who runs them
    state: LeaseState = "running"


@dataclass(slots=True)
class LeaseTable(Generic[J]):
    """The leases of one engine, in the order they were granted.

    `limit` may be exceeded only by `resume`: a parent that waited for its children gets its slot
    back at the moment the last child ends, a step before that child's own slot is released.
    """

    limit: int
    _held: dict[int, Lease[J]] = field(default_factory=dict)
    _granted: int = 0

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Lease[J]]:
        return iter(self._held.values())

    def __contains__(self, lease: Lease[J]) -> bool:
        return lease.number in self._held

    @property
    def free(self) -> int:
        """How many more leases may be granted now."""
        return max(self.limit - len(self._held), 0)

    def grant(self, isolation: str, jobs: deque[J], now: float) -> Lease[J]:
        """Charge a free slot."""
        assert len(self._held) < self.limit
        self._granted += 1
        lease = Lease(self._granted, isolation, jobs, now, now)
        self._held[lease.number] = lease
        return lease

    def release(self, lease: Lease[J]) -> None:
        """Give the slot back. Raises `LeaseNotHeld` when it was given back already."""
        if self._held.pop(lease.number, None) is None:
            raise LeaseNotHeld(f"lease {lease.number} is not held")

    def suspend(self, lease: Lease[J]) -> None:
        """Give the slot back while its job waits for other jobs. Raises `LeaseNotHeld`."""
        self.release(lease)
        lease.state = "waiting"

    def resume(self, lease: Lease[J]) -> None:
        """Charge the slot of a suspended lease again."""
        if lease.state != "waiting":
            raise LeaseNotHeld(f"lease {lease.number} was not suspended")
        lease.state = "running"
        self._held[lease.number] = lease
