"""A member as users see it."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.actors.cluster.record import Record, State
from holon_actors.actors.remote.endpoints import endpoint_url

__all__ = ["Member", "member_of"]


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One start of one node.

    `name` is that of its system, `address` the endpoint at which others reach it, such as
    "tcp://127.0.0.1:7400" (None for this system when it does not listen). `state` is "alive",
    "suspect" (it did not answer somebody), "left" (it said so) or "down" (a majority gave it up, or
    somebody's `down` did). `incarnation` grows with each start of the node, and when it comes back
    after it was down.
    """

    name: str
    address: str | None
    state: State
    incarnation: int

    def __str__(self) -> str:
        return f"{self.name} at {self.address} ({self.state})"


def member_of(record: Record) -> Member:
    """The member that a record is about."""
    return Member(record.name, endpoint_url(record.address), record.state, record.incarnation)
