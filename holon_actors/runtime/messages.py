"""What the actors of an engine say to each other. Values go by reference: it is one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from holon_actors.actors import ActorRef
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.leases import Lease

__all__ = ["AddExecutors", "AnyLease", "RemoveExecutor", "Run", "Wake"]

AnyLease = Lease[Execution[Any]]


class Wake:
    """To the scheduler: something has changed, plan again."""

    __slots__ = ()


@dataclass(slots=True)
class Run:
    """To an executor: work through this lease."""

    lease: AnyLease


@dataclass(slots=True)
class AddExecutors:
    """To the supervisor: start more executors."""

    count: int


@dataclass(slots=True)
class RemoveExecutor:
    """To the supervisor: this one is not needed any more."""

    executor: ActorRef[Any]
