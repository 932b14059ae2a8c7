"""A ready-made supervisor: a fixed list of children, started in order and stopped in reverse.

The restart types are those of Erlang/OTP. A failure is judged by the strategy; an end without
failure restarts a "permanent" child as a new actor under the same name, within the same budget.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell import Cell
from holon_actors.actors.actor import Actor
from holon_actors.actors.errors import ActorStopped, RestartsExhausted
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Terminated
from holon_actors.actors.supervision import OneForOne, Strategy, allow_restart
from holon_actors.errors import ConfigError

__all__ = ["Child", "RestartType", "Supervisor"]

RestartType: TypeAlias = Literal["permanent", "transient", "temporary"]


@dataclass(frozen=True, init=False)
class Child:
    """How to start a child of a `Supervisor`, and what to do when it ends.

    `restart`: "permanent" always runs, "transient" restarts only after a failure, "temporary"
    never. `shutdown`: seconds that it has to stop before it is killed.
    """

    cls: type[Actor]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(hash=False)
    name: str | None
    restart: RestartType
    shutdown: float
    dispatcher: str
    mailbox: Any
    supervision: Strategy | None

    def __init__(
        self,
        cls: type[Actor],
        *args: Any,
        name: str | None = None,
        restart: RestartType = "permanent",
        shutdown: float = 5.0,
        dispatcher: str = "loop",
        mailbox: Any = None,
        supervision: Strategy | None = None,
        **kwargs: Any,
    ) -> None:
        if restart not in ("permanent", "transient", "temporary"):
            raise ConfigError(
                f'Child(restart={restart!r}): "permanent", "transient" or "temporary"'
            )
        if shutdown < 0:
            raise ConfigError(f"Child(shutdown={shutdown}): at least 0 seconds")
        values = {
            "cls": cls,
            "args": args,
            "kwargs": kwargs,
            "name": name,
            "restart": restart,
            "shutdown": shutdown,
            "dispatcher": dispatcher,
            "mailbox": mailbox,
            "supervision": supervision,
        }
        for key, value in values.items():
            object.__setattr__(self, key, value)


class Supervisor(Actor):
    """Keeps its children running: `system.spawn(Supervisor, children=[Child(...)],
    strategy=OneForAll())`.
    """

    _stops_children_in_order = True

    def __init__(
        self, children: list[Child] | tuple[Child, ...] = (), strategy: Strategy | None = None
    ) -> None:
        self._strategy = strategy or OneForOne()
        self._cell._policy = self._strategy
        self._specs = tuple(children)
        self._running: dict[int, ActorRef[Any]] = {}  # by index in `_specs`
        self._past: dict[int | None, tuple[float, ...]] = {}

    def started(self) -> None:
        for index in range(len(self._specs)):
            self._start(index)

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        match message:
            case Terminated(ref=ref, reason=reason):
                for index, running in self._running.items():
                    if running == ref:
                        self._ended(index, ref, reason)
                        return
            case _:
                self.unhandled(message)

    def _start(self, index: int) -> None:
        spec = self._specs[index]
        ref = self.spawn(
            spec.cls,
            *spec.args,
            name=spec.name,
            dispatcher=spec.dispatcher,
            mailbox=spec.mailbox,
            supervision=spec.supervision,
            **spec.kwargs,
        )
        assert isinstance(ref, Cell)
        rare = ref._uncommon()
        rare.shutdown_s = spec.shutdown
        rare.temporary = spec.restart == "temporary"
        self._running[index] = ref
        self._keep_order()
        self.watch(ref)

    def _keep_order(self) -> None:
        """Children stand in the order of their specifications, whenever they were started."""
        place = {ref: index for index, ref in self._running.items()}
        children = self._cell._children or {}
        # Those that a subclass has spawned beside the specified ones come last.
        ordered = sorted(children.items(), key=lambda item: place.get(item[1], len(self._specs)))
        self._cell._children = dict(ordered)

    def _ended(self, index: int, ref: ActorRef[Any], reason: str) -> None:
        """A child has ended. A permanent one starts again, unless it was ended for failing."""
        del self._running[index]
        if self._specs[index].restart != "permanent" or reason == "failed":
            return
        strategy = self._strategy
        counted = index if strategy.counts_per_child else None
        allowed, self._past[counted] = allow_restart(
            self._past.get(counted, ()),
            self.system.clock(),
            strategy.max_restarts,
            strategy.window,
        )
        if not allowed:
            raise RestartsExhausted(ref.path, strategy.max_restarts, strategy.window, None)
        for other in strategy.affected(sorted({*self._running, index}), index):
            if other != index:
                self._restart(other, ActorStopped(ref.address, reason))
        self._start(index)

    def _restart(self, index: int, error: ActorStopped) -> None:
        cell = self._running[index]
        assert isinstance(cell, Cell)
        _lifecycle.restart_beside(cell, error)
