"""Which actor systems the running code belongs to, so that an unpickled reference finds its own.

A context variable, not a registry: two systems in one program, or one test, do not see each other
unless the code runs inside both.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from holon_actors.actors.address import Address
from holon_actors.actors.errors import SystemNotRunning

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["ambient_system", "enter_system", "leave_system"]

_systems: ContextVar[tuple[ActorSystem, ...]] = ContextVar("holon_actor_systems", default=())


def enter_system(system: ActorSystem) -> None:
    """Make `system` the innermost of the current context."""
    _systems.set((system, *_systems.get()))


def leave_system(system: ActorSystem) -> None:
    """Take `system` out of the current context, wherever it stands."""
    _systems.set(tuple(other for other in _systems.get() if other is not system))


def ambient_system(address: Address) -> ActorSystem:
    """The system of the current context that `address` names, or else the innermost."""
    systems = _systems.get()
    if not systems:
        raise SystemNotRunning(f"{address} can only be unpickled where an ActorSystem is active")
    return next((system for system in systems if system.name == address.system), systems[0])
