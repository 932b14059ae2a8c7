"""The same verbs without `await`, for scripts, notebooks and frameworks that block.

A system or an engine from here runs its event loop in a thread of its own; every verb hands over to
it and waits. Leaving the `with` block shuts it down. What is given to an actor's code (its
`self.ref`, a `sender`) is of the ordinary kind: only the objects made here block.
"""

from holon_actors.blocking._loop import BlockedLoop
from holon_actors.blocking.engine import Engine, Execution
from holon_actors.blocking.ref import ActorRef
from holon_actors.blocking.system import ActorSystem, Cluster, Events

__all__ = ["ActorRef", "ActorSystem", "BlockedLoop", "Cluster", "Engine", "Events", "Execution"]
