"""What the tests of `system.cluster` share: real nodes in one process, and waiting for events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from holon_actors import Actor, ActorSystem
from holon_actors.actors.cluster import Member, MemberEvent

HEARTBEAT = 0.2


class Idle(Actor):
    """Does nothing."""


class Watcher(Actor):
    """Watches an actor, and keeps what it is told."""

    def __init__(self, ref: Any, told: asyncio.Future[Any]) -> None:
        self.watch(ref)
        self.told = told

    def receive(self, message: Any, sender: Any) -> None:
        if not self.told.done():
            self.told.set_result(message)


@contextlib.asynccontextmanager
async def nodes(
    names: str, scheme: str = "tcp", heartbeat: float = HEARTBEAT
) -> AsyncIterator[list[ActorSystem]]:
    """Listening systems, one per letter, none of which has joined another."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                ActorSystem(
                    name,
                    bind=f"inproc://{name}" if scheme == "inproc" else "tcp://127.0.0.1:0",
                    heartbeat=heartbeat,
                    attach=False,
                )
            )
            for name in names
        ]


async def join_all(systems: Sequence[ActorSystem]) -> None:
    """All join the first, and know one another when this returns."""
    for system in systems[1:]:
        await system.cluster.join(url(systems[0]))
    names = sorted(system.name for system in systems)
    for system in systems:
        await until(system, lambda s=system: alive(s) == names)


def url(system: ActorSystem) -> str:
    """Where a system listens."""
    me = next(m for m in system.cluster.members if m.incarnation and m.name == system.name)
    assert me.address is not None
    return me.address


def alive(system: ActorSystem) -> list[str]:
    """The names of the members that are alive, as a system sees it."""
    return [member.name for member in system.cluster.members if member.state == "alive"]


def member(system: ActorSystem, name: str) -> Member:
    """A member as a system sees it."""
    return next(m for m in system.cluster.members if m.name == name)


async def until(system: ActorSystem, condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until what a system knows of its cluster fulfils a condition."""
    changed = asyncio.Event()
    subscription = system.events.subscribe(MemberEvent, lambda _: changed.set())
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await changed.wait()
                changed.clear()
    except TimeoutError:
        raise AssertionError(f"not in time: {system.cluster.members}") from None
    finally:
        subscription.cancel()
