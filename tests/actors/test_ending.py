"""The end of an actor, seen from threads that send to it at that moment, and what it leaves."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from typing import Any

import pytest

from holon_actors import Actor, ActorStopped, ActorSystem, DeadLetter
from holon_actors.actors._cell import Cell
from holon_actors.actors._ending import finish
from holon_actors.actors._state import State
from tests.actors.kit import Boom, Collector, Heard, HowMany, Scripted, ended, turns


def end_now(cell: Any) -> None:
    """What the event loop's thread may do between any two steps of a `tell` on another thread."""
    cell._become(State.STOPPING)
    finish(cell)


class Overtaken(deque[Any]):
    """A queue whose actor ends just before a message is put in."""

    cell: Cell

    def append(self, item: Any) -> None:
        end_now(self.cell)
        super().append(item)


async def test_a_tell_that_the_end_overtakes_is_a_dead_letter(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    seen: list[Any] = []
    cell: Any = system.spawn(Collector, seen)
    cell._queue = Overtaken()
    cell._queue.cell = cell
    cell.tell("late")
    await letters.wait()
    assert [letter.message for letter in letters] == ["late"]
    assert not seen


async def test_no_message_of_an_ended_actor_reaches_another_one(system: ActorSystem) -> None:
    cell: Any = system.spawn(Collector, [])
    for n in range(3):
        cell.tell(n)
    assert await cell.ask(HowMany()) == 3
    held = cell._queue  # by a thread that was interrupted in the middle of its `tell`
    cell.stop()
    await ended(system, cell)
    others: list[Any] = [system.spawn(Collector, []) for _ in range(3)]
    for other in others:
        other.tell(1)
        other.tell(2)
    assert all(other._queue is not held for other in others)


async def test_a_first_message_that_the_end_overtakes_is_a_dead_letter(
    system: ActorSystem,
) -> None:
    letters = Heard(system, DeadLetter)
    cell: Any = system.spawn(Collector, [])

    class Gate:
        def __enter__(self) -> None:
            cell._dispatcher.lock = lock
            end_now(cell)

        def __exit__(self, *exc_info: object) -> None:
            pass

    lock, cell._dispatcher.lock = cell._dispatcher.lock, Gate()
    cell.tell("late")
    await letters.wait()
    assert [letter.message for letter in letters] == ["late"]


async def test_what_an_ended_actor_begins_is_nothing(system: ActorSystem) -> None:
    actors: list[Any] = []
    begun: list[int] = []

    async def work() -> None:
        begun.append(1)

    ref: Any = system.spawn(Scripted, lambda me, message, sender: actors.append(me))
    other: Any = system.spawn(Collector, [])
    await ref.ask(1)
    ref.stop()
    await ended(system, ref)
    actors[0].pipe_to_self(work())
    actors[0].set_receive_timeout(1)
    actors[0].watch(other)
    await turns()
    gc.collect()  # a coroutine that was never awaited would complain now
    assert not begun
    assert ref._rare is None or ref._rare.receive_timeout is None
    assert other._rare is None or not other._rare.watchers


async def test_children_of_a_failed_constructor_are_waited_for() -> None:
    log: list[str] = []

    class Child(Actor):
        async def stopped(self) -> None:
            await asyncio.sleep(0)
            log.append("stopped")

    class Broken(Actor):
        def __init__(self) -> None:
            self.spawn(Child)
            raise Boom

    async with ActorSystem("test") as system:
        with pytest.raises(Boom):
            system.spawn(Broken, name="ada")
        assert system.lookup("/user/ada") is None
    assert log == ["stopped"]


async def test_a_shutdown_ends_the_asks_of_a_handler_that_does_not_end() -> None:
    over = asyncio.Event()

    async def stubborn(me: Any, message: Any, sender: Any) -> None:
        while not over.is_set():
            try:
                await over.wait()
            except asyncio.CancelledError:
                continue

    system = ActorSystem("test")
    ref = system.spawn(Scripted, stubborn)
    asks = [asyncio.create_task(ref.ask(n, timeout=1e6)) for n in range(2)]
    await turns()
    report = await system.shutdown(timeout=0.01)
    assert report.abandoned == (ref.path,)
    for ask in asks:
        with pytest.raises(ActorStopped):
            await asyncio.wait_for(ask, 5)
    assert system.statistics().actors == 0
    over.set()
    await turns()


async def test_a_shutdown_waits_for_pipes_that_it_cancelled() -> None:
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)

    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, lambda me, message, sender: me.pipe_to_self(work()))
        await ref.ask(1)
        await turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}
