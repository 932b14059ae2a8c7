"""The actor system: the root of the tree, and what all its actors share.

It decides nothing itself: it binds the kernel to an event loop, and hands out clock, randomness and
ids. There is no module-level state, so any number of systems can live in one process.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from holon_actors.actors import _lifecycle, _spawn
from holon_actors.actors._ambient import enter_system, leave_system
from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors._dispatcher import Dispatcher
from holon_actors.actors._inspect import current_message
from holon_actors.actors._log import KernelLog
from holon_actors.actors._machine import Machine, machine_of
from holon_actors.actors._shutdown import ShutdownReport, shut_down
from holon_actors.actors._tasks import TaskStarter
from holon_actors.actors._threads import Threads
from holon_actors.actors.actor import Actor
from holon_actors.actors.address import Address, check_name
from holon_actors.actors.errors import SystemNotRunning
from holon_actors.actors.events import (
    ActorEvent,
    ActorFailed,
    BlockingHandler,
    DeadLetter,
    Events,
    LateAnswer,
    MailboxHighWater,
)
from holon_actors.actors.groups import Groups
from holon_actors.actors.mailbox import Mailbox, Unbounded
from holon_actors.actors.pools import spawn_pool
from holon_actors.actors.ref import ActorRef, DeadRef
from holon_actors.actors.routing import Routing
from holon_actors.actors.snapshot import ActorSnapshot, take_snapshot
from holon_actors.actors.supervision import OneForOne, Strategy
from holon_actors.errors import ConfigError

__all__ = ["ActorSystem", "ShutdownReport", "SystemStatistics"]

T = TypeVar("T")
N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class SystemStatistics:
    """Counts since the system was made."""

    actors: int
    spawned: int
    dead_letters: int
    late_answers: int
    failures: int


class _Guardian(Actor):
    """Parent of the top-level actors. Takes no messages."""


class ActorSystem:
    """A tree of actors on one event loop.

    Use it as `async with ActorSystem("bank") as system:`; leaving the block shuts it down. It binds
    itself to the event loop that is running when it is first needed, and its methods may then be
    called from any thread.

    `supervision` is the policy for top-level actors. `ask_timeout` (seconds) is for asks that give
    none. A handler that blocks the loop for more than `slow_handler` seconds is named in a warning.
    `max_actors` refuses what spawns without end. `rng` decides what is left to chance, such as
    jitter. Raises `ConfigError` for values out of range.
    """

    def __init__(
        self,
        name: str = "holon",
        *,
        supervision: Strategy | None = None,
        ask_timeout: float = 5.0,
        slow_handler: float = 0.1,
        max_actors: int = 1_000_000,
        rng: random.Random | None = None,
    ) -> None:
        self.name = check_name(name)
        self.endpoint: str | None = None
        self.ask_timeout = _positive("ask_timeout", ask_timeout)
        self.slow_handler = _positive("slow_handler", slow_handler)
        self.max_actors = _positive("max_actors", max_actors)
        self.events = Events(self)
        self.groups = Groups(self)
        self.rng: random.Random
        self._given_rng = rng
        self._policy = supervision or OneForOne()
        self._uid = 0
        self._live = 0
        self._counts = {"dead_letters": 0, "late_answers": 0, "failures": 0}
        self._threads = Threads()
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._user: Cell
        self._dispatcher: Dispatcher
        self._asks: AskDeadlines
        self._log: KernelLog
        self._machine: Machine
        self._context: contextvars.Context
        self._nobody: ActorRef[Any]
        self._shutdown: asyncio.Task[ShutdownReport] | None = None

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
        block. `supervision` is the policy that the new actor applies to its children. Raises what
        the constructor raises, `NameTaken`, `InvalidAddress`, `ConfigError`, `ActorLimitReached`,
        or `ActorStopped` when the system is shutting down.
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
        """The reference for an address. If nobody lives there, tells become dead letters and asks
        end with `ActorNotFound`. Raises `InvalidAddress` for text that is no address.
        """
        self._bind()
        where = Address.parse(address) if isinstance(address, str) else address
        found = self.lookup(where.path) if where.system == self.name else None
        if isinstance(found, Cell) and where.uid in (None, found._uid):
            return found
        return DeadRef(self, where)

    def lookup(self, path: str) -> ActorRef[Any] | None:
        """The living actor at a path such as `/user/ada`, or None."""
        self._bind()
        root, *names = path.strip("/").split("/")
        cell: Cell | None = self._user if root == "user" else None
        for name in names:
            cell = cell._child(name) if cell is not None else None
        return cell

    def snapshot(self) -> list[ActorSnapshot]:
        """All living actors, parents before children."""
        self._bind()
        return self._from_loop(take_snapshot, self._user, self.clock())

    def statistics(self) -> SystemStatistics:
        """Counts of what has happened so far."""
        return SystemStatistics(actors=self._live, spawned=max(0, self._uid - 1), **self._counts)

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
            self._shutdown = self._start_task(shut_down(self, timeout))
        return await asyncio.shield(self._shutdown)

    async def __aenter__(self) -> Self:
        self._bind()
        enter_system(self)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        leave_system(self)
        await self.shutdown()

    def __repr__(self) -> str:
        return f"<ActorSystem {self.name} with {self._live} actors>"

    # --- the event loop ---

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that the actors share. Raises `SystemNotRunning` before there is one."""
        if self._loop is None:
            self._bind()
        assert self._loop is not None
        return self._loop

    def clock(self) -> float:
        """Now, in seconds on the event loop's clock: for durations, not for dates."""
        return self.loop.time()

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
        self._handlers = TaskStarter(loop, self._context)
        self._asks = AskDeadlines(loop)
        self._user = Cell(self, None, "user", _Guardian, (), None, Unbounded(), self._policy)
        _lifecycle.build(self._user)
        self._nobody = DeadRef(self, Address(self.name, "/nobody"))

    def _start_task(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine beside everything else; what it raises goes to the loop's exception
        handler.
        """
        task = self.loop.create_task(coroutine, context=self._context.copy())
        self._tasks[task] = None
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    def _on_loop(self, function: Callable[..., object], *args: Any) -> None:
        """Call a function on the loop's thread: at once when there, soon from elsewhere."""
        if self._dispatcher.on_loop:
            function(*args)
            return
        try:
            self.loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            # The loop has closed, and with it went everything this could have changed

    def _from_loop(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function on the loop's thread and return its result."""
        if self._dispatcher.on_loop:
            return function(*args)

        result: Future[T] = Future()

        def call() -> None:
            if result.set_running_or_notify_cancel():
                try:
                    result.set_result(function(*args))
                except BaseException as error:  # noqa: BLE001  # the caller's
                    result.set_exception(error)

        try:
            self.loop.call_soon_threadsafe(call)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            raise SystemNotRunning(f"the event loop of {self.name} has closed") from None
        return result.result()

    # --- what the kernel tells ---

    def _forget(self, cell: Cell) -> None:
        if self._log.deep:
            self._log.forget(cell)
        if cell is not self._user:
            self._live -= 1

    def dead_letter(
        self, message: Any, sender: ActorRef[Any] | None, recipient: ActorRef[Any], reason: str
    ) -> None:
        """Count, publish and log a message that nobody will handle."""
        self._counts["dead_letters"] += 1
        letter = DeadLetter(message, sender, recipient, reason)
        self._log.dead_letter(letter)
        if not isinstance(message, ActorEvent):  # or a listener without room would hear of that too
            self.events.publish(letter)

    def _late_answer(self, cell: Cell, message: Any) -> None:
        self._counts["late_answers"] += 1
        self.events.publish(LateAnswer(cell, message))

    def _publish_failure(self, failed: ActorFailed) -> None:
        self._counts["failures"] += 1
        self._log.failure(failed)
        self.events.publish(failed)

    def _high_water(self, cell: Cell, depth: int) -> None:
        if self._log.high_water(cell, depth):
            self.events.publish(MailboxHighWater(cell, depth))

    def _blocked(self, cell: Cell, seconds: float, messages: int) -> None:
        message = current_message(cell)
        message_type = "a hook" if message is None else type(message).__name__
        blocking = BlockingHandler(cell, message_type, seconds, messages)
        self._log.blocking(blocking)
        self.events.publish(blocking)


def _positive(name: str, value: N) -> N:
    if not value > 0:
        raise ConfigError(f"ActorSystem({name}={value}): more than 0")
    return value
