"""What the kernel tells an actor, delivered to `receive` ahead of the messages of other actors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holon_actors.actors.ref import ActorRef

__all__ = ["ChildFailed", "PipeFailed", "ReceiveTimeout", "Signal", "Terminated"]


class Signal:
    """Base of all signals, for an actor that wants to tell them from messages."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Terminated(Signal):
    """A watched actor has ended. `reason` is "stopped", "failed", "killed", "not-found" (it had
    ended before) or "node-lost" (nobody knows: its node does not answer any more).
    """

    ref: ActorRef[Any]
    reason: str = "stopped"


@dataclass(frozen=True, slots=True)
class ReceiveTimeout(Signal):
    """Nothing came for as long as `set_receive_timeout` said."""


@dataclass(frozen=True, slots=True)
class ChildFailed(Signal):
    """A child was ended for good because of `error` (its supervision said `Directive.STOP`)."""

    ref: ActorRef[Any]
    error: BaseException


@dataclass(frozen=True, slots=True)
class PipeFailed(Signal):
    """What was given to `pipe_to_self` raised `error` instead of a result."""

    error: BaseException
