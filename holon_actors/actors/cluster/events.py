"""What a system tells about its cluster, on `system.events`. Subscribe to `MemberEvent` for all."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.actors.cluster.effects import Change, ChangeKind
from holon_actors.actors.cluster.member import Member, member_of
from holon_actors.actors.events import ActorEvent

__all__ = [
    "MemberDown",
    "MemberEvent",
    "MemberJoined",
    "MemberLeft",
    "MemberRecovered",
    "MemberSuspected",
    "SelfDown",
    "event_of",
]


@dataclass(frozen=True, slots=True)
class MemberEvent(ActorEvent):
    """Something has happened to `member`, which is as it was just then."""

    member: Member


class MemberJoined(MemberEvent):
    """A node is new here, or is back as a new incarnation."""

    __slots__ = ()


class MemberSuspected(MemberEvent):
    """A member did not answer somebody. It may still be well; nothing is final."""

    __slots__ = ()


class MemberRecovered(MemberEvent):
    """A suspect has answered after all."""

    __slots__ = ()


class MemberLeft(MemberEvent):
    """A member has said goodbye. It may come back, as a new incarnation."""

    __slots__ = ()


class MemberDown(MemberEvent):
    """A member was given up for good, or a later start of its node has taken its place."""

    __slots__ = ()


class SelfDown(MemberEvent):
    """This node was given up by the others although it lives: it was cut off for too long, or
    somebody called `down`. What they had delegated to it they may have given to others. It is
    coming back as a new incarnation; a program that must not may shut its system down.
    """

    __slots__ = ()


_EVENTS: dict[ChangeKind, type[MemberEvent]] = {
    "joined": MemberJoined,
    "suspected": MemberSuspected,
    "recovered": MemberRecovered,
    "left": MemberLeft,
    "down": MemberDown,
    "superseded": MemberDown,
    "self-down": SelfDown,
}


def event_of(change: Change) -> MemberEvent:
    """The event that announces a change."""
    return _EVENTS[change.kind](member_of(change.record))
