"""The nodes of a simulation: each an actor system that can crash, start again, and be held up."""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from holon_actors.actors._cell import Cell
from holon_actors.actors._rare import Rare
from holon_actors.actors._shutdown import ShutdownReport
from holon_actors.actors._state import State
from holon_actors.actors.signals import Terminated
from holon_actors.actors.system import ActorSystem
from holon_actors.errors import ConfigError
from holon_actors.testing._kernel.machine import SimMachine
from holon_actors.testing._loop.life import CRASHED, NODE, PAUSED, UP, Clock, Life
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing.errors import UnknownNode

__all__ = ["Cluster", "Start"]

_NS = 1_000_000_000

Start: TypeAlias = Callable[[ActorSystem], "Awaitable[object] | object"]


class Surroundings(Protocol):
    """What else has to know that a node is gone."""

    def node_crashed(self, name: str, torn: bool) -> None: ...


class Node:
    """A name, what it was made with, and its present life."""

    __slots__ = ("clock", "life", "lives", "name", "options", "start", "system")

    life: Life
    system: ActorSystem

    def __init__(self, name: str, start: Start | None, options: dict[str, Any]) -> None:
        self.name = name
        self.start = start
        self.options = options
        self.clock = Clock()
        self.lives = 0


class Cluster:
    """All nodes of one run, in the order of their making."""

    def __init__(self, loop: SimLoop, machine: SimMachine, surroundings: Surroundings) -> None:
        self._loop = loop
        self._machine = machine
        self._surroundings = surroundings
        self._nodes: dict[str, Node] = {}
        self._closed = False

    def states(self) -> dict[str, str]:
        """Name -> "up", "paused" or "crashed"."""
        return {name: node.life.state for name, node in self._nodes.items()}

    def restartable(self) -> list[str]:
        """The nodes that know how to start again."""
        return [name for name, node in self._nodes.items() if node.start is not None]

    def system(self, name: str, start: Start | None, options: dict[str, Any]) -> ActorSystem:
        """The system of a node, which is made when there is none of this name yet."""
        node = self._nodes.get(name)
        if node is None:
            node = Node(name, start, options)
            self._begin(node)
        elif (start is not None and start is not node.start) or options:
            raise ConfigError(f"node {name!r} exists: start= and options belong to its first use")
        return node.system

    def _begin(self, node: Node) -> None:
        node.lives += 1
        # In a context with nothing in it, or what the caller runs in would belong to the node.
        context = contextvars.Context()
        life = Life(node.name, node.lives, node.clock, context)
        context.run(NODE.set, life)
        node.life = life
        node.system = context.run(_make, node.name, node.options)
        self._nodes[node.name] = node
        self._machine.recorder.note("started", node.name)
        if node.start is not None:
            context.run(self._start, node)

    def _start(self, node: Node) -> None:
        assert node.start is not None
        begun = node.start(node.system)
        if inspect.isawaitable(begun):
            work = begun if inspect.iscoroutine(begun) else _await(begun)
            self._loop.create_task(work, name=f"start of {node.name}")

    def crash(self, name: str, torn: bool = False) -> None:
        """End a node without a word. A crashed one stays crashed."""
        node = self._known(name)
        life = node.life
        if life.state is CRASHED or self._closed:
            return
        self._loop.crash(life)
        self._machine.recorder.note("crashed", name)
        self._surroundings.node_crashed(name, torn)
        self._machine.waits.node_crashed(life, self._machine.foreign)
        system = node.system
        system.events._close()
        for root in filter(None, (system._user, system._own)):
            _end(root, life)
        self._end_shutdown(system)
        system.events.subscribe(self._machine.recorded, self._machine.heard)

    def _end_shutdown(self, system: ActorSystem) -> None:
        """The task that shuts the system down would never run, or not to its end."""
        if system._shutdown is None:
            system._shutdown = self._loop.create_future()
        if not system._shutdown.done():
            system._shutdown.set_result(ShutdownReport((), ()))

    def restart(self, name: str) -> ActorSystem:
        """Start a crashed node again, as a new life of the same name. A living one is left be."""
        node = self._known(name)
        if node.life.state is CRASHED and not self._closed:
            self._begin(node)
        return node.system

    def pause(self, name: str) -> None:
        """Hold a node up, as a long garbage collection does; time goes on."""
        node = self._known(name)
        if node.life.state is UP and not self._closed:
            self._loop.pause(node.life)
            self._machine.recorder.note("paused", name)

    def resume(self, name: str) -> None:
        """Let a paused node do what has come due since."""
        node = self._known(name)
        if node.life.state is PAUSED:
            self._loop.resume(node.life)
            self._machine.recorder.note("resumed", name)

    def skew(self, name: str, offset: float = 0.0, drift: float | None = None) -> None:
        """Set a clock ahead by `offset` seconds, and let it gain `drift` seconds a second."""
        node = self._known(name)
        if drift is not None and drift <= -1:
            raise ConfigError(f"drift={drift}: a clock that gains less than -1 s a second stands")
        drift_ppb = None if drift is None else round(drift * _NS)
        self._loop.skew(node.life, round(offset * _NS), drift_ppb)
        pace = "" if drift is None else f", {drift:+g} s a second"
        self._machine.recorder.note("skewed", name, None, f"{offset:+g} s{pace}")

    def close(self) -> None:
        """Let all nodes go on to their end; whatever still happens to them no longer does."""
        self.resume_all()
        self._closed = True

    def forget_starts(self) -> None:
        """Let go of functions that know the simulation, as the nodes know one another."""
        for node in self._nodes.values():
            node.start = None

    def resume_all(self) -> None:
        """No node is paused any more."""
        for name in self._nodes:
            self.resume(name)

    def all_well(self) -> None:
        """Resume whoever is paused, and restart whoever has crashed and knows how to start."""
        for name, node in tuple(self._nodes.items()):
            self.resume(name)
            if node.start is not None:
                self.restart(name)

    def _known(self, name: str) -> Node:
        node = self._nodes.get(name)
        if node is None:
            raise UnknownNode(name, tuple(self._nodes))
        return node


def _make(name: str, options: dict[str, Any]) -> ActorSystem:
    options.setdefault("bind", f"sim://{name}")
    system = ActorSystem(name, **options)
    system._bind()
    return system


async def _await(begun: Awaitable[object]) -> None:
    await begun


def _end(cell: Cell, life: Life) -> None:
    """The actor is gone, and no code of its own runs for that."""
    for child in tuple(cell._children.values()) if cell._children else ():
        _end(child, life)
    cell._state = State.STOPPED
    cell._reason = "crashed"
    cell._queue = None
    cell._first = None
    if cell._rare is not None:
        _tell_outsiders(cell, cell._rare, life)


def _tell_outsiders(cell: Cell, rare: Rare, life: Life) -> None:
    """Whoever waits there directly, from outside of the node, hears of the end."""
    for waiter in (*rare.senders, *rare.ended, rare.childless):
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
    for watcher in tuple(rare.watchers):
        if getattr(getattr(watcher, "_dispatcher", None), "life", life) is not life:
            watcher._signal(Terminated(cell, "node-lost"), cell)
