"""The top of an engine's actor tree: its supervisor, and the engine actor that other actors talk
to.

    supervisor -+- engine       takes `Execute` and `GetStats` from other actors
                +- scheduler    decides what starts next
                +- executor-1, executor-2, ...   run it

A child that fails is restarted, one that is stopped or killed from outside is replaced. When
children fail faster than the restart budget allows, the supervisor gives up and everything the
engine had accepted fails with the reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from holon_actors.actors import Actor, ActorRef, Request, Terminated, message
from holon_actors.actors.reply import DeferredReply
from holon_actors.errors import HolonError
from holon_actors.flows import Isolation
from holon_actors.runtime.errors import ExecutionCancelled
from holon_actors.runtime.executor import Executor
from holon_actors.runtime.messages import AddExecutors, RemoveExecutor
from holon_actors.runtime.scheduler import Scheduler
from holon_actors.runtime.shop import Shop
from holon_actors.runtime.stats import EngineStats

if TYPE_CHECKING:
    from holon_actors.flows import Flow
    from holon_actors.runtime.engine import Engine

__all__ = ["EngineActor", "EngineSupervisor", "Execute", "GetStats"]


@dataclass(frozen=True, slots=True)
class Execute(Request[object]):
    """Ask an engine's actor to run a flow; the answer is its result. For actors of the same
    process.
    """

    flow: Flow[Any, Any]
    value: Any = None
    timeout: float | None = None
    isolation: Isolation | None = None


@message
class GetStats(Request[EngineStats]):
    """Ask an engine's actor what it is doing."""


class EngineActor(Actor):
    """The engine as other actors see it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        """Run a flow, or tell the statistics."""
        match message:
            case Execute():
                self._execute(message)
                return None
            case GetStats():
                return self._engine.stats()
            case _:
                return self.unhandled(message)

    def _execute(self, request: Execute) -> None:
        # Deferred, so that this actor takes the next request while the flow runs.
        reply = self.defer_reply()
        try:
            execution = self._engine.submit(
                request.flow, request.value, timeout=request.timeout, isolation=request.isolation
            )
        except HolonError as error:  # the request's fault: it is no reason to restart this actor
            reply.fail(error)
            return
        execution.add_done_callback(partial(_answer, reply))


def _answer(reply: DeferredReply, execution: asyncio.Future[Any]) -> None:
    if execution.cancelled():
        reply.fail(ExecutionCancelled(repr(execution)))
    elif (error := execution.exception()) is not None:
        reply.fail(error)
    else:
        reply.send(execution.result())


class EngineSupervisor(Actor):
    """Keeps engine actor, scheduler and executors alive."""

    def __init__(self, engine: Engine, shop: Shop) -> None:
        self._engine = engine
        self._shop = shop
        self._executors = 0
        self._leaving: dict[ActorRef[Any], None] = {}

    def started(self) -> None:
        """Start what every engine has; executors come when there is work for them."""
        self._shop.spawning = 0
        self._start_front()
        self._start_scheduler()
        self._shop.is_up.set()

    def restarting(self, error: BaseException, message: Any) -> None:
        """All children start afresh. What was accepted is kept, so this is not the end."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        """Add and remove executors, and replace whoever ended."""
        match message:
            case AddExecutors(count=count):
                for _ in range(count):
                    self._add_executor()
            case RemoveExecutor(executor=executor):
                self._leaving[executor] = None
                executor.stop()
            case Terminated(ref=ref):
                self._replace(ref)
            case _:
                self.unhandled(message)

    def stopped(self) -> None:
        """Nothing will run any more: whoever still waits is told."""
        self._engine.collapse()

    def _start(self, cls: type[Actor], name: str, *args: Any) -> ActorRef[Any]:
        ref = self.spawn(cls, *args, name=name)
        self.watch(ref)
        return ref

    def _start_front(self) -> None:
        self._shop.front = self._start(EngineActor, "engine", self._engine)

    def _start_scheduler(self) -> None:
        self._shop.scheduler = self._start(Scheduler, "scheduler", self._shop)

    def _add_executor(self) -> None:
        self._executors += 1
        self._start(Executor, f"executor-{self._executors}", self._shop)

    def _replace(self, ref: ActorRef[Any]) -> None:
        shop = self._shop
        if ref == shop.scheduler:
            self._start_scheduler()
        elif ref == shop.front:
            self._start_front()
        elif self._leaving.pop(ref, self) is self:
            # No new executor yet: the scheduler asks for one when work waits.
            shop.executor_gone(ref)
