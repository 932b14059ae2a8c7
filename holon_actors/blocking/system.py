"""An actor system whose verbs block, with its cluster and its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from holon_actors import actors
from holon_actors.actors import (
    Actor,
    ActorSnapshot,
    Address,
    Mailbox,
    Member,
    ShutdownReport,
    Strategy,
    SystemStatistics,
)
from holon_actors.blocking._loop import Loop
from holon_actors.blocking.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.actors.remote.peer import Peer

__all__ = ["ActorSystem", "Cluster", "Events"]


class ActorSystem:
    """An actor system that runs in a thread; takes what `holon_actors.ActorSystem` takes.

    `with ActorSystem("bank") as system:` shuts it down at the end; otherwise call `shutdown`.
    """

    def __init__(self, name: str = "holon", **options: Any) -> None:
        self._system = actors.ActorSystem(name, **options)
        self._report: ShutdownReport | None = None
        self._loop = Loop(name)
        try:
            self._loop.run(self._system.__aenter__())
        except BaseException:
            self._loop.close()
            raise

    @property
    def name(self) -> str:
        """The system's name."""
        return self._system.name

    @property
    def endpoint(self) -> str | None:
        """What the addresses of its actors carry, if it listens."""
        return self._system.endpoint

    @property
    def cluster(self) -> Cluster:
        """Who else is there."""
        return Cluster(self._loop, self._system)

    @property
    def groups(self) -> actors.Groups:
        """Named groups of actors; give them ordinary references (`ActorRef.ref`)."""
        return self._system.groups

    @property
    def events(self) -> Events:
        """What the system tells about itself."""
        return Events(self._loop, self._system)

    def spawn(
        self,
        cls: type[Actor],
        *args: Any,
        name: str | None = None,
        mailbox: Mailbox | None = None,
        dispatcher: str = "loop",
        supervision: Strategy | None = None,
        **kwargs: Any,
    ) -> ActorRef[Any]:
        """Make a top-level actor; see `holon_actors.ActorSystem.spawn`."""
        ref = self._system.spawn(
            cls,
            *args,
            name=name,
            mailbox=mailbox,
            dispatcher=dispatcher,
            supervision=supervision,
            **kwargs,
        )
        return ActorRef(self._loop, ref)

    def spawn_pool(self, cls: type[Actor], *args: Any, **options: Any) -> ActorRef[Any]:
        """Make several actors behind one reference; see `holon_actors.ActorSystem.spawn_pool`."""
        return ActorRef(self._loop, self._system.spawn_pool(cls, *args, **options))

    def spawn_remote(
        self, endpoint: str, cls: type[Actor], *args: Any, **options: Any
    ) -> ActorRef[Any]:
        """Have another system spawn an actor; see `holon_actors.ActorSystem.spawn_remote`."""
        ref = self._loop.run(self._system.spawn_remote(endpoint, cls, *args, **options))
        return ActorRef(self._loop, ref)

    def connect(self, endpoint: str, timeout: float | None = None) -> Peer:
        """Get to know the system at an endpoint; see `holon_actors.ActorSystem.connect`."""
        return self._loop.run(self._system.connect(endpoint, timeout))

    def ref(self, address: Address | str) -> ActorRef[Any]:
        """The reference for an address. Raises `InvalidAddress`."""
        return ActorRef(self._loop, self._system.ref(address))

    def lookup(self, path: str) -> ActorRef[Any] | None:
        """The living actor at a path, or None."""
        found = self._system.lookup(path)
        return None if found is None else ActorRef(self._loop, found)

    def snapshot(self) -> list[ActorSnapshot]:
        """All living actors."""
        return self._system.snapshot()

    def statistics(self) -> SystemStatistics:
        """Counts of what has happened so far."""
        return self._system.statistics()

    def shutdown(self, timeout: float = 10.0) -> ShutdownReport:
        """Stop all actors, end the thread; see `holon_actors.ActorSystem.shutdown`. A second call
        returns the report of the first.
        """
        if self._report is None:
            self._report = self._loop.run(self._system.shutdown(timeout))
            self._loop.close()
        return self._report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()


class Cluster:
    """The membership of a blocking system; see `holon_actors.ActorSystem.cluster`."""

    def __init__(self, loop: Loop, system: actors.ActorSystem) -> None:
        self._loop = loop
        self._system = system

    @property
    def members(self) -> list[Member]:
        """All members by name, this node included."""
        return self._loop.call(lambda: self._system.cluster.members)

    def join(self, endpoint: str, timeout: float = 5.0) -> None:
        """Become a member of the cluster to which the node at `endpoint` belongs. Raises what
        `holon_actors.ActorSystem.cluster` does there.
        """
        self._loop.run(self._system.cluster.join(endpoint, timeout))

    def leave(self, timeout: float = 5.0) -> None:
        """Be a member no more, and tell the others."""
        self._loop.run(self._system.cluster.leave(timeout))

    def down(self, member: Member | str) -> None:
        """Declare a member dead, by its name, its address, or itself. Raises `UnknownMember`."""
        self._loop.call(self._system.cluster.down, member)

    def __repr__(self) -> str:
        return f"<blocking {self._system.cluster!r}>"


class Events:
    """The event stream of a blocking system."""

    def __init__(self, loop: Loop, system: actors.ActorSystem) -> None:
        self._loop = loop
        self._system = system

    def subscribe(
        self, types: type | tuple[type, ...], callback: Callable[[Any], object]
    ) -> actors.Subscription:
        """Call `callback(event)`, in the system's thread, for each event of these classes."""
        return self._loop.call(self._system.events.subscribe, types, callback)

    def stream(self, *types: type) -> Iterator[Any]:
        """Iterate over events of these classes, from now on, until the system ends."""
        stream = self._loop.call(self._system.events.stream, *types)

        def events() -> Iterator[Any]:
            while True:
                try:
                    yield self._loop.run(stream.__anext__())
                except StopAsyncIteration:
                    return

        return events()
