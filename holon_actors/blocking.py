"""The same verbs without `await`, for scripts, notebooks and frameworks that block.

A system or an engine from here runs its event loop in a thread of its own; every verb hands over to
it and waits. Leaving the `with` block shuts it down. What is given to an actor's code (its
`self.ref`, a `sender`) is of the ordinary kind: only the objects made here block.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from holon_actors import actors, runtime
from holon_actors.actors import (
    Actor,
    ActorSnapshot,
    ActorStopped,
    Address,
    Mailbox,
    Member,
    Request,
    ShutdownReport,
    Strategy,
    SystemNotRunning,
    SystemStatistics,
)
from holon_actors.errors import HolonError
from holon_actors.flows import Flow

if TYPE_CHECKING:
    from holon_actors.actors.remote.packets import Greeting

__all__ = ["ActorRef", "ActorSystem", "BlockedLoop", "Cluster", "Engine", "Execution"]

M = TypeVar("M")
R = TypeVar("R")
T = TypeVar("T")

# What tasks that users' code has left running get to end when the loop is closed.
_LAST_GRACE_S = 0.2


class BlockedLoop(HolonError, RuntimeError):
    """A blocking verb was used on the very event loop that would have to do the work. Use `await`
    there.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: this would block its own event loop; use the async verbs here")
        self.name = name


class _Loop:
    """An event loop in a thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._serve, name=f"holon-blocking {name}", daemon=True
        )
        self._closing = False
        self._thread.start()

    def _serve(self) -> None:
        while not self._closing:
            # A SystemExit that an actor raised has been told to whoever asked and to its
            # supervisor. Here it can end no program, only the loop that everybody waits for.
            with suppress(SystemExit, KeyboardInterrupt):
                self._loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return its result."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise BlockedLoop(self._name)
        if self._loop.is_closed():
            coroutine.close()
            raise SystemNotRunning(f"{self._name} has been shut down")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # after a Ctrl-C nobody waits for it any more
            raise

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._loop.is_closed()

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function on the loop and return its result."""

        async def calling() -> T:
            return function(*args, **kwargs)

        return self.run(calling())

    def close(self) -> None:
        """End the loop and its thread."""
        if self._loop.is_closed():
            return
        self.run(_cancel_tasks())
        self.run(self._loop.shutdown_asyncgens())
        self._closing = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_tasks() -> None:
    """End what users' code has left running, as `asyncio.run` does."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_LAST_GRACE_S)


class ActorRef(Generic[M]):
    """A reference whose `ask` and `send` block. See `holon_actors.ActorRef`."""

    __slots__ = ("_loop", "ref")

    def __init__(self, loop: _Loop, ref: actors.ActorRef[Any]) -> None:
        self._loop = loop
        self.ref = ref  # the ordinary reference, to be sent in messages

    @property
    def address(self) -> Address:
        """Where the actor lives."""
        return self.ref.address

    @property
    def path(self) -> str:
        """The path part of the address."""
        return self.ref.path

    @property
    def is_alive(self) -> bool:
        """Whether the actor still takes messages."""
        return self.ref.is_alive

    def tell(self, message: M) -> None:
        """Put a message in the mailbox and go on."""
        self.ref.tell(message)

    @overload
    def ask(self, message: Request[R], timeout: float | None = None) -> R: ...
    @overload
    def ask(self, message: M, timeout: float | None = None) -> object: ...
    def ask(self, message: Any, timeout: float | None = None) -> Any:
        """Send a message and return its answer; raises what `ActorRef.ask` raises, and
        `BlockedLoop`.
        """
        self._check_running()
        return self._loop.run(self.ref.ask(message, timeout))

    def send(self, message: M) -> None:
        """Like `tell`, but wait while a bounded mailbox is full. Raises `ActorStopped`,
        `BlockedLoop`.
        """
        self._check_running()
        self._loop.run(self.ref.send(message))

    def _check_running(self) -> None:
        if self._loop.closed:
            raise ActorStopped(self.address, "shutdown")

    def stop(self) -> None:
        """Let the current message finish, then end the actor."""
        self.ref.stop()

    def kill(self) -> None:
        """Cancel the current message, then end the actor."""
        self.ref.kill()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ActorRef) and self.ref == other.ref

    def __hash__(self) -> int:
        return hash(self.ref)

    def __repr__(self) -> str:
        return f"<blocking {self.ref!r}>"


class ActorSystem:
    """An actor system that runs in a thread; takes what `holon_actors.ActorSystem` takes.

    `with ActorSystem("bank") as system:` shuts it down at the end; otherwise call `shutdown`.
    """

    def __init__(self, name: str = "holon", **options: Any) -> None:
        self._system = actors.ActorSystem(name, **options)
        self._report: ShutdownReport | None = None
        self._loop = _Loop(name)
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

    def connect(self, endpoint: str, timeout: float | None = None) -> Greeting:
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

    def __init__(self, loop: _Loop, system: actors.ActorSystem) -> None:
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

    def __init__(self, loop: _Loop, system: actors.ActorSystem) -> None:
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


class Execution(Generic[T]):
    """A flow that a blocking engine runs."""

    def __init__(self, loop: _Loop, execution: runtime.Execution[T]) -> None:
        self._loop = loop
        self._execution = execution

    @property
    def id(self) -> str:
        """Unique within the process."""
        return self._execution.id

    @property
    def status(self) -> str:
        """Where the execution is in its life."""
        return self._execution.status

    @property
    def trace(self) -> runtime.Trace | None:
        """The spans, when submitted with `trace=True`."""
        return self._execution.trace

    def done(self) -> bool:
        """Whether it has ended."""
        return self._execution.done()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the flow and return its result, or raise its error.

        `timeout` (seconds) limits this wait, not the flow: it raises TimeoutError and the flow goes
        on.
        """

        async def wait() -> T:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(self._execution)

        return self._loop.run(wait())

    def cancel(self) -> bool:
        """Cancel it. False when it had ended."""
        return self._loop.call(self._execution.cancel)


class Engine:
    """An engine that runs in a thread; takes what `holon_actors.Engine` takes, except `system`."""

    def __init__(self, **options: Any) -> None:
        self._engine = runtime.Engine(**options)
        self._stats: runtime.EngineStats | None = None
        self._loop = _Loop(self._engine.name)
        try:
            self._loop.run(self._engine.start())
        except BaseException:
            self._loop.close()
            raise

    def execute(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> T:
        """Run a flow and return its result; see `holon_actors.Engine.execute`."""
        return self._loop.run(self._engine.execute(flow, value, **options))

    def submit(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> Execution[T]:
        """Queue a flow and return its execution; see `holon_actors.Engine.submit`."""
        return Execution(self._loop, self._loop.call(self._engine.submit, flow, value, **options))

    def future(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> Future[T]:
        """`submit`, as a `concurrent.futures.Future`, for code that waits for several kinds of
        them.
        """
        return self._engine.submit_threadsafe(flow, value, **options)

    def stats(self) -> runtime.EngineStats:
        """What the engine is doing and has done."""
        return self._loop.call(self._engine.stats)

    def shutdown(self, timeout: float | None = 10.0) -> runtime.EngineStats:
        """Finish or cancel what was accepted, and end the thread. A second call returns the counts
        of the first.
        """
        if self._stats is None:
            self._stats = self._loop.run(self._engine.shutdown(timeout))
            self._loop.close()
        return self._stats

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown(timeout=None if kind is None else 0.0)
