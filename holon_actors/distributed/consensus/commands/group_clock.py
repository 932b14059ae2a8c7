"""The group's time, as far as this member can tell. Pure.

The log carries stamps of it, which its leader makes. A follower counts on from the last one with
its own clock, so it is never ahead of the leader; over a change of leaders and a restart time goes
on where the log has left it. A leader counts on from where it began: its own stamps come back to it
late. Time that nobody counted is not made up for: a lease may live longer, not shorter.
"""

from __future__ import annotations

__all__ = ["GroupClock"]


class GroupClock:
    """Seconds since the group was founded; `local` is always this member's clock."""

    __slots__ = ("_at", "_stamp")

    def __init__(self, stamp: float, local: float) -> None:
        self._stamp = stamp
        self._at = local

    def now(self, local: float) -> float:
        """The group's time."""
        return self._stamp + max(0.0, local - self._at)

    def observe(self, stamp: float, local: float, leads: bool) -> None:
        """A stamp has been applied; `leads` says whether this member makes the stamps now."""
        if not leads or stamp > self.now(local):
            self._stamp, self._at = stamp, local
