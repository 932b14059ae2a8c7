"""What the core of membership asks its shell to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from holon_actors.actors.cluster.messages import Message
from holon_actors.actors.cluster.record import Record

__all__ = ["Change", "ChangeKind", "Effects"]

ChangeKind: TypeAlias = Literal[
    "joined", "suspected", "recovered", "left", "down", "self-down", "superseded"
]


@dataclass(frozen=True, slots=True)
class Change:
    """Something to announce: what happened, and to whom."""

    kind: ChangeKind
    record: Record


@dataclass(frozen=True, slots=True)
class Effects:
    """Messages to send, to addresses; changes to announce, in order; seeds that have answered, by
    the number of the join.
    """

    send: tuple[tuple[str, Message], ...] = ()
    changes: tuple[Change, ...] = ()
    welcomed: tuple[int, ...] = ()
