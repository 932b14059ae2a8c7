"""Handlers started on the spot, their tasks, and cancellation at awkward moments."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

import pytest

from holon_actors import ActorStopped, ActorSystem
from tests.actors.kit import Scripted, ended, turns


async def answer_later(me: Any, message: Any, sender: Any) -> Any:
    await asyncio.sleep(0)
    return message


async def answer_now(me: Any, message: Any, sender: Any) -> Any:
    return message


def current_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task


async def test_a_handler_that_cancels_its_own_task_ends_where_it_waits(system: ActorSystem) -> None:
    async def cancel_and_wait(me: Any, message: Any, sender: Any) -> None:
        current_task().cancel()
        await asyncio.Event().wait()

    with pytest.raises(ActorStopped):
        await system.spawn(Scripted, cancel_and_wait).ask(1)
    assert await system.spawn(Scripted, answer_later).ask(2, timeout=1) == 2


async def test_a_task_cancelled_by_a_handler_that_returned_is_no_other_handler_s(
    system: ActorSystem,
) -> None:
    async def cancel_and_return(me: Any, message: Any, sender: Any) -> str:
        current_task().cancel()
        return "done"

    assert await system.spawn(Scripted, cancel_and_return).ask(1) == "done"
    assert await system.spawn(Scripted, answer_later).ask(2, timeout=1) == 2


async def test_a_handler_cancelled_in_the_turn_that_began_it_ends(system: ActorSystem) -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def wait(me: Any, message: Any, sender: Any) -> None:
        tasks.append(current_task())
        await asyncio.Event().wait()

    waiting = system.spawn(Scripted, wait)
    cancelling = system.spawn(Scripted, lambda me, message, sender: tasks[0].cancel() and None)
    waiting.tell(1)
    cancelling.tell(1)
    async with asyncio.timeout(5):
        await ended(system, waiting)


async def test_handlers_go_on_after_everything_was_cancelled(system: ActorSystem) -> None:
    assert await system.spawn(Scripted, answer_now).ask(1) == 1
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await turns()
    assert await system.spawn(Scripted, answer_later).ask(2, timeout=1) == 2


async def test_nested_handlers_leave_no_task_behind() -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, what: complaints.append(what))
    async with ActorSystem("test") as system:
        inner = system.spawn(Scripted, answer_now)

        async def ask_inner(me: Any, message: Any, sender: Any) -> Any:
            return await me.ask(inner, message)

        outer = system.spawn(Scripted, ask_inner)
        for n in range(5):
            assert await outer.ask(n) == n
            await turns()
    await turns()
    gc.collect()
    assert complaints == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
async def test_a_sync_handler_is_not_reentered_by_an_eager_task(system: ActorSystem) -> None:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
    steps: list[Any] = []
    tasks: list[asyncio.Task[Any]] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        steps.append(("begin", message))
        if message == 1:
            tasks.append(asyncio.create_task(me.ref.ask(2)))
        steps.append(("end", message))

    await system.spawn(Scripted, handle).ask(1)
    await tasks[0]
    assert steps == [("begin", 1), ("end", 1), ("begin", 2), ("end", 2)]
