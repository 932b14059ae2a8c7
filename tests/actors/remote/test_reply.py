"""Who asked goes on where the answer is read, and nowhere else."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from holon_actors import Actor
from holon_actors.actors.remote._reply import Reply, deliver
from holon_actors.testing import Simulation

AT_ONCE = 64
_PLACE: ContextVar[str] = ContextVar("place", default="nowhere")


def reply() -> Reply:
    return Reply(loop=asyncio.get_running_loop())


async def from_the_loop(*answers: tuple[asyncio.Future[Any], Any]) -> None:
    """Deliver as transports do: in a callback of the loop, outside of all tasks."""
    loop = asyncio.get_running_loop()
    turn = loop.create_future()

    def read() -> None:
        try:
            deliver(list(answers), AT_ONCE)
        finally:
            turn.set_result(None)

    loop.call_soon(read)
    await turn


async def test_who_waits_goes_on_at_once_in_its_own_task_and_context() -> None:
    future, order = reply(), []

    async def ask() -> Any:
        _PLACE.set("asker")
        value = await future
        order.append((value, _PLACE.get(), asyncio.current_task()))
        return value

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)

    def read() -> None:
        deliver([(future, 7)], AT_ONCE)
        order.append("read")

    asyncio.get_running_loop().call_soon(read)
    assert await task == 7
    assert order == [(7, "asker", task), "read"]


async def test_inside_a_task_nobody_goes_on_before_it_waits() -> None:
    future, order = reply(), []

    async def ask() -> None:
        order.append(await future)

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    deliver([(future, 1)], AT_ONCE)
    assert order == []
    await task
    assert order == [1]


async def test_what_was_given_up_meanwhile_is_left_alone() -> None:
    first, second, order = reply(), reply(), []

    async def ask() -> None:
        order.append(await first)
        waiting.cancel()

    async def wait() -> None:
        await second

    asking, waiting = asyncio.create_task(ask()), asyncio.create_task(wait())
    await asyncio.sleep(0)
    await from_the_loop((first, 1), (second, 2))
    await asking
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert order == [1]
    assert second.cancelled()


async def test_an_answer_that_comes_before_the_wait_is_kept() -> None:
    future = reply()
    await from_the_loop((future, 3))
    assert await future == 3


async def test_many_answers_all_arrive_and_some_by_the_loop() -> None:
    futures = [reply() for _ in range(200)]
    at_once: list[int] = []

    async def ask(future: Reply) -> int:
        value: int = await future
        at_once.append(value)
        return value

    tasks = [asyncio.create_task(ask(future)) for future in futures]
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    seen: asyncio.Future[int] = loop.create_future()

    def read() -> None:
        deliver([(future, number) for number, future in enumerate(futures)], AT_ONCE)
        seen.set_result(len(at_once))

    loop.call_soon(read)
    assert await seen == AT_ONCE
    assert await asyncio.gather(*tasks) == list(range(200))


async def test_an_error_of_who_goes_on_stays_in_its_task() -> None:
    first, second = reply(), reply()

    async def fail() -> None:
        await first
        raise ValueError("mine")

    async def succeed() -> Any:
        return await second

    failing, succeeding = asyncio.create_task(fail()), asyncio.create_task(succeed())
    await asyncio.sleep(0)
    await from_the_loop((first, 1), (second, 2))
    assert await succeeding == 2
    with pytest.raises(ValueError, match="mine"):
        await failing


async def test_an_error_of_a_callback_is_the_loops_and_the_others_are_answered() -> None:
    first, second, told = reply(), reply(), []

    def fail(answered: Any) -> None:
        raise ValueError("mine")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, facts: told.append(str(facts["exception"])))
    first.add_done_callback(fail, context=copy_context())
    await from_the_loop((first, 1), (second, 2))
    assert await second == 2
    await asyncio.sleep(0)
    assert told == ["mine"]


def test_who_ends_the_program_does_not_stop_the_delivery() -> None:
    delivered = []

    async def leave(future: Reply) -> None:
        await future
        raise SystemExit(3)

    async def main() -> None:
        future = reply()
        task = asyncio.create_task(leave(future))
        await asyncio.sleep(0)

        def read() -> None:
            deliver([(future, 1)], AT_ONCE)
            delivered.append(True)

        asyncio.get_running_loop().call_soon(read)
        await asyncio.wait([task])
        await asyncio.Event().wait()

    with pytest.raises(SystemExit) as leaving:
        asyncio.run(main())
    assert leaving.value.code == 3
    assert delivered == [True]


class Echo(Actor):
    def receive(self, message: Any, sender: Any) -> Any:
        return message


class Asker(Actor):
    def __init__(self, ref: Any, seen: list[str]) -> None:
        self.echo, self.seen = ref, seen

    async def receive(self, message: Any, sender: Any) -> None:
        await self.ask(self.echo, message, timeout=50)
        self.seen.append("answered")


@pytest.mark.parametrize("seed", range(30))
def test_in_a_simulation_a_crash_may_come_between_two_answers(seed: int) -> None:
    async def scenario(sim: Simulation) -> list[str]:
        near, far = sim.node("near"), sim.node("far")
        ref = near.ref(far.spawn(Echo).address)
        await ref.ask("first", timeout=50)
        seen: list[str] = []
        near.spawn(Asker, ref, seen).tell("inside")
        await ref.ask("outside", timeout=50)
        sim.crash("near")
        before = list(seen)
        await asyncio.sleep(5)
        return seen[len(before) :]

    assert Simulation(seed).run(scenario) == []
