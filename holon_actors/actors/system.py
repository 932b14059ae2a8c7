"""The actor system: the root of the tree, and what all its actors share.

It decides nothing itself: it binds the kernel to an event loop, and hands out clock, randomness and
ids. There is no module-level state, so any number of systems can live in one process.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from holon_actors.actors import _lifecycle, _spawn
from holon_actors.actors._ambient import enter_system, leave_system
from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors._log import KernelLog
from holon_actors.actors._machine import Machine, machine_of
from holon_actors.actors._shutdown import ShutdownReport, begin_shutdown
from holon_actors.actors._system_base import SystemBase
from holon_actors.actors._threads import Threads
from holon_actors.actors.actor import Actor
from holon_actors.actors.address import Address, check_name
from holon_actors.actors.cluster.cluster import Cluster
from holon_actors.actors.errors import SystemNotRunning
from holon_actors.actors.events import Events
from holon_actors.actors.groups import Groups
from holon_actors.actors.mailbox import Mailbox, Unbounded
from holon_actors.actors.pools import spawn_pool
from holon_actors.actors.ref import ActorRef, DeadRef
from holon_actors.actors.remote.settings import HEARTBEAT_S, LinkSettings, settled
from holon_actors.actors.remote.spawning import SpawnOrder, spawn_on
from holon_actors.actors.routing import Routing
from holon_actors.actors.snapshot import ActorSnapshot, SystemStatistics, take_snapshot
from holon_actors.actors.supervision import OneForOne, Strategy
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_transports.security import Curve

    from holon_actors.actors.process.processes import Processes
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.remote.peer import Peer

__all__ = ["ActorSystem", "ShutdownReport"]

T = TypeVar("T")
N = TypeVar("N", int, float)

# Actors that one start of a listening system can spawn per unit of its incarnation before their
# uids could meet those of a later start.
_UIDS_PER_INCARNATION_BITS = 20


class _Guardian(Actor):
    """Parent of the top-level actors, or of the system's own. Takes no messages."""


class ActorSystem(SystemBase):
    """A tree of actors on one event loop.

    Use it as `async with ActorSystem("bank") as system:`; leaving the block shuts it down. It binds
    itself to the event loop that is running when it is first needed, and its methods may then be
    called from any thread.

    `bind` is where it listens for other nodes, such as "tcp://127.0.0.1:7400"; a system without it
    can still call those that do. `endpoint` is then what the addresses of its actors carry, with
    the port that was chosen for port 0; `advertise` sets it where others reach the system by
    another name, such as "tcp://orders.example:7400". Beyond this machine it takes keys
    (`security=Curve(...)`), or `insecure=True`. `heartbeat` is in seconds: a lost peer is noticed
    within two. `links` sets that and the limits of links: `LinkSettings(heartbeat_s=0.5, ...)`.

    `attach` says whether `holon attach` and its like may look at the system: by default those that
    listen, and all when HOLON_ATTACH=1 is in the environment.

    `supervision` is the policy for top-level actors. `ask_timeout` (seconds) is for asks that give
    none. A handler that blocks the loop for more than `slow_handler` seconds is named in a warning.
    `max_actors` refuses what spawns without end (the system's own do not count). `rng` decides what
    is left to chance, such as jitter. Raises `ConfigError` for values out of range.
    """

    def __init__(
        self,
        name: str = "holon",
        *,
        bind: str | None = None,
        security: Curve | None = None,
        insecure: bool = False,
        heartbeat: float = HEARTBEAT_S,
        links: LinkSettings | None = None,
        advertise: str | None = None,
        attach: bool | None = None,
        supervision: Strategy | None = None,
        ask_timeout: float = 5.0,
        slow_handler: float = 0.1,
        max_actors: int = 1_000_000,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__()
        self.name = check_name(name)
        self.endpoint: str | None = None
        self.bind = bind
        self.security = security
        self.insecure = insecure
        self.links = settled(links, _positive("heartbeat", heartbeat))
        self.heartbeat = self.links.heartbeat_s
        self.advertise = advertise
        self.attach = attach
        self.ask_timeout = _positive("ask_timeout", ask_timeout)
        self.slow_handler = _positive("slow_handler", slow_handler)
        self.max_actors = _positive("max_actors", max_actors)
        self.events = Events(self)
        self.groups = Groups(self)
        self.cluster = Cluster(self)
        self.rng: random.Random
        self._given_rng = rng
        self._policy = supervision or OneForOne()
        self._uid = 0
        self._uid_base = 0
        self._threads = Threads()
        self._user: Cell
        self._own: Cell | None = None  # the root of the system's own actors, `/system`
        self._own_spawned = 0
        self._node: Node | None = None
        self._process_table: Processes | None = None
        self._asks: AskDeadlines
        self._machine: Machine
        self._nobody: ActorRef[Any]
        self._shutdown: asyncio.Future[ShutdownReport] | None = None

    # --- users ---

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
        """Make a top-level actor of `cls(*args, **kwargs)` and return its reference.

        `mailbox`: `Unbounded()` (default), `Bounded(n)` or `Priority(key)`. `dispatcher`: "loop"
        shares the event loop, "thread" gives the actor a thread of its own, for handlers that
        block, "process" a process, for those that keep a core busy or may crash: its messages and
        answers are copied, and its constructor runs there, so that what it raises goes to the
        supervisor. `supervision` is the policy that the new actor applies to its children. Raises
        what the constructor raises, `NameTaken`, `InvalidAddress`, `ConfigError`,
        `ActorLimitReached`, `UnpicklableActor`, or `ActorStopped` when the system is shutting down.
        """
        self._bind()
        options = _spawn.options(name, mailbox, dispatcher, supervision)
        return self._from_loop(_spawn.spawn, self._user, cls, args, kwargs or None, options)

    def spawn_pool(
        self,
        cls: type[Actor],
        *args: Any,
        size: int = 4,
        routing: Routing = "round-robin",
        key: Callable[[Any], Any] | None = None,
        name: str | None = None,
        mailbox: Mailbox | None = None,
        dispatcher: str = "loop",
        supervision: Strategy | None = None,
        **kwargs: Any,
    ) -> ActorRef[Any]:
        """Make `size` actors of one class behind one reference.

        `routing` picks the worker for a message; "consistent-hash" needs `key(message)`, and
        "broadcast" sends to all (an ask then answers the list of all answers). `supervision`
        applies to the workers. Raises as `spawn` does.
        """
        self._bind()

        def make() -> ActorRef[Any]:
            return spawn_pool(
                self,
                self._user,
                cls,
                args,
                kwargs,
                size=size,
                routing=routing,
                key=key,
                name=name,
                mailbox=mailbox,
                dispatcher=dispatcher,
                supervision=supervision,
            )

        return self._from_loop(make)

    def ref(self, address: Address | str) -> ActorRef[Any]:
        """The reference for an address, also of an actor on another node. If nobody lives there,
        tells become dead letters and asks end with `ActorNotFound`. Raises `InvalidAddress` for
        text that is no address.
        """
        self._bind()
        where = Address.parse(address) if isinstance(address, str) else address
        if where.endpoint is not None and where.endpoint != self.endpoint:
            return self._remote.ref(where)
        found = self.lookup(where.path) if where.system == self.name else None
        if isinstance(found, Cell) and where.uid in (None, found._uid):
            return found
        inside = None if self._process_table is None else self._process_table.find(where)
        return inside or DeadRef(self, where)

    def lookup(self, path: str) -> ActorRef[Any] | None:
        """The living actor at a path such as `/user/ada`, or None."""
        self._bind()
        root, *names = path.strip("/").split("/")
        cell = {"user": self._user, "system": self._own}.get(root)
        for name in names:
            cell = cell._child(name) if cell is not None else None
        return cell

    def snapshot(self) -> list[ActorSnapshot]:
        """All living actors, parents before children; the system's own come last."""
        self._bind()
        return self._from_loop(self._snapshot)

    def _snapshot(self) -> list[ActorSnapshot]:
        taken = take_snapshot(self._user, self.clock())
        return taken if self._own is None else taken + take_snapshot(self._own, self.clock())

    def statistics(self) -> SystemStatistics:
        """Counts of what has happened so far."""
        roots = 1 if self._own is None else 2
        spawned = max(0, self._uid - self._uid_base - roots - self._own_spawned)
        return SystemStatistics(actors=self._users_actors(), spawned=spawned, **self._counts)

    def _users_actors(self) -> int:
        """How many actors live, without the system's own."""
        return self._live - (0 if self._own is None else len(self._own._children or ()))

    async def spawn_remote(
        self,
        endpoint: str,
        cls: type[Actor],
        *args: Any,
        name: str | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> ActorRef[Any]:
        """Have the system at `endpoint` ("tcp://127.0.0.1:7401") spawn a top-level actor.

        Its class must be marked `@remotable` and be loaded there. `timeout` is in seconds. Raises
        what `spawn` does there, `SpawnRefused` for other classes, `CodecError` for arguments that
        cannot be sent, `NodeUnreachable`, or `AskTimeout`.
        """
        self._bind()
        limit = self.ask_timeout if timeout is None else timeout
        order = SpawnOrder(cls, args, kwargs, name)
        return await spawn_on(self._remote, endpoint, order, limit)

    async def connect(self, endpoint: str, timeout: float | None = None) -> Peer:
        """Get to know the system that listens at `endpoint`: its name, endpoint and incarnation.

        `timeout` is in seconds. Raises `NodeUnreachable`, `InvalidAddress` for what is no endpoint.
        """
        self._bind()
        return await self._remote.connect(
            endpoint, self.ask_timeout if timeout is None else timeout
        )

    async def shutdown(self, timeout: float = 10.0) -> ShutdownReport:
        """Stop all actors, children before their parents, and wait for them at most `timeout`
        seconds.

        What has not stopped by then is killed and reported as abandoned. A second call waits for
        the first.
        """
        if self._loop is None or self._loop.is_closed():
            return ShutdownReport((), ())
        if asyncio.get_running_loop() is not self._loop:
            ending = asyncio.run_coroutine_threadsafe(self.shutdown(timeout), self._loop)
            return await asyncio.wrap_future(ending)
        if self._shutdown is None:
            self._shutdown = begin_shutdown(self, timeout)
        return await asyncio.shield(self._shutdown)

    async def __aenter__(self) -> Self:
        self._bind()
        enter_system(self)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        leave_system(self)
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<ActorSystem {self.name} actors={self._users_actors()}>"

    # --- the event loop ---

    def _bind(self) -> None:
        if self._loop is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise SystemNotRunning(
                f"{self.name} needs a running event loop; without one use holon_actors.blocking"
            ) from None
        self._loop = loop
        # Every turn runs in this context, so that no actor sees the variables of whoever woke the
        # loop.
        self._context = contextvars.copy_context()
        self._context.run(enter_system, self)
        self._log = KernelLog(self.name, loop.time)
        self._machine = machine = machine_of(loop)
        self.rng = self._given_rng or machine.rng(self)
        self._dispatcher = machine.dispatcher(self, self._context, self._blocked, self._log)
        self._handlers = machine.tasks(self, self._context)
        self._asks = machine.deadlines(self)
        self.incarnation = machine.incarnation(self)
        if self.bind is not None:
            # So that no address of an earlier start fits an actor of this one.
            self._uid = self._uid_base = self.incarnation << _UIDS_PER_INCARNATION_BITS
        self._user = self._root("user")
        self._nobody = DeadRef(self, Address(self.name, "/nobody"))
        if self.bind is not None:
            self._listen(self.bind)
        if self._attachable:
            # Here, as most systems are not looked at from outside.
            from holon_actors.actors.admin.install import install  # noqa: PLC0415

            install(self)
        if self.bind is not None:
            self.cluster._start()

    @property
    def _attachable(self) -> bool:
        if self.attach is None:
            return self.bind is not None or os.environ.get("HOLON_ATTACH") == "1"
        return self.attach

    def _root(self, name: str) -> Cell:
        root = Cell(self, None, name, _Guardian, (), None, Unbounded(), self._policy)
        _lifecycle.build(root)
        return root

    def _spawn_own(self, cls: type[Actor], *args: Any, name: str, **kwargs: Any) -> ActorRef[Any]:
        """Make one of the system's own actors, below `/system`. They end after all others."""
        self._bind()
        if self._own is None:
            self._own = self._root("system")
        self._own_spawned += 1
        options = _spawn.options(name, None, "loop", None)
        return _spawn.spawn(self._own, cls, args, kwargs or None, options)

    def _listen(self, url: str) -> None:
        try:
            self.endpoint = self._remote.bind(url, self.advertise)
        except BaseException:
            self._loop = None  # it is not running: the next use tries again
            if self._node is not None:
                self._node.abandon()
                self._node = None
            raise

    @property
    def _remote(self) -> Node:
        """What knows of other nodes; made when it is first needed."""
        if self._node is None:
            # Here, as most systems never leave their process.
            from holon_actors.actors.remote.node import Node  # noqa: PLC0415

            self._node = Node(self, self.links, self.incarnation)
        return self._node

    @property
    def _processes(self) -> Processes:
        """The processes of actors that have one of their own; made when first needed."""
        if self._process_table is None:
            # Here, as most systems have none.
            from holon_actors.actors.process.processes import Processes  # noqa: PLC0415

            self._process_table = Processes(self)
        return self._process_table


def _positive(name: str, value: N) -> N:
    if not value > 0:
        raise ConfigError(f"ActorSystem({name}={value}): more than 0")
    return value
