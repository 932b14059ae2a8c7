"""Whether a system can be attached to, and making it so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from holon_actors.actors._machine import RealMachine
from holon_actors.actors.admin.actor import Admin

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["install"]

_SEEN = ("tcp://", "ipc://")


def install(system: ActorSystem) -> None:
    """Give a system its `/system/admin`; with a socket when it runs on the real machine and is
    seen outside of its process, or wants to be.
    """
    real = isinstance(system._machine, RealMachine)
    seen = system.bind is not None and system.bind.startswith(_SEEN)
    wanted = bool(system.attach) or os.environ.get("HOLON_ATTACH") == "1"
    system._spawn_own(Admin, real and (seen or wanted), name="admin")
