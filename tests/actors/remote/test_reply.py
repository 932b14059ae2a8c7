"""Who asked goes on where the answer is read, and nowhere else."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from holon_actors import Actor, AskTimeout
from holon_actors.actors.remote._reply import Reply, deliver
from holon_actors.testing import Simulation
from tests.actors.remote.kit import sizes
from tests.support.virtual_time import VirtualTimeLoop

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


def on_uvloop() -> asyncio.AbstractEventLoop:
    uvloop = pytest.importorskip("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def with_eager_tasks() -> asyncio.AbstractEventLoop:
    if sys.version_info < (3, 12):
        pytest.skip("eager tasks came with Python 3.12")
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop


Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.new_event_loop, VirtualTimeLoop, on_uvloop, with_eager_tasks])
def run(request: Any) -> Any:
    """Runs a coroutine on one of the event loops there are."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


def test_on_any_loop_who_waits_goes_on_at_once(run: Run) -> None:
    async def main() -> None:
        future, order = reply(), []

        async def ask() -> None:
            order.append((await future, asyncio.current_task()))

        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(order.append, "later")
        await from_the_loop((future, 1))
        assert order == ["later", (1, task)] or order == [(1, task), "later"]
        await task

    run(main())


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_a_cancellation_beside_the_answer_takes_one_of_them(
    run: Run, cancelled_first: bool
) -> None:
    """Whichever comes first; after the answer there is nothing to cancel any more."""

    async def main() -> None:
        future, order = reply(), []

        async def ask() -> None:
            try:
                order.append(await future)
            except asyncio.CancelledError:
                order.append("cancelled")
                raise

        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        steps: list[Callable[[], Any]] = [task.cancel, lambda: deliver([(future, 1)], AT_ONCE)]
        for step in steps if cancelled_first else reversed(steps):
            asyncio.get_running_loop().call_soon(step)
        await asyncio.wait([task])
        assert order == (["cancelled"] if cancelled_first else [1])
        assert task.cancelled() is cancelled_first

    run(main())


def test_who_is_cancelled_where_it_goes_on_meets_that_at_its_next_wait(run: Run) -> None:
    async def main() -> None:
        future, order = reply(), []

        async def ask() -> None:
            order.append(await future)
            task.cancel()
            order.append("after")
            await asyncio.sleep(0)
            order.append("never")

        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        await from_the_loop((future, 1))
        await asyncio.wait([task])
        assert task.cancelled()
        assert order == [1, "after"]

    run(main())


def test_a_time_limit_that_is_over_in_the_turn_of_the_answer_takes_nothing_back(run: Run) -> None:
    async def main() -> None:
        future, loop = reply(), asyncio.get_running_loop()

        async def ask() -> Any:
            async with asyncio.timeout(None) as limit:
                limits.append(limit)
                value = await future
            await asyncio.sleep(0)  # a cancellation that was left over would come here
            return value

        limits: list[asyncio.Timeout] = []
        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        loop.call_soon(deliver, [(future, 1)], AT_ONCE)
        limits[0].reschedule(loop.time())
        assert await task == 1

    run(main())


def test_an_asker_may_ask_again_where_it_goes_on(run: Run) -> None:
    async def main() -> None:
        first, second, order = reply(), reply(), []

        async def ask() -> None:
            order.append(await first)
            order.append(await second)

        task = asyncio.create_task(ask())
        await asyncio.sleep(0)
        await from_the_loop((first, 1), (second, 2))
        await task
        assert order == [1, 2]

    run(main())


class Patient(Actor):
    """Asks, and says what came of it."""

    def __init__(self, ref: Any, limit_s: float, seen: list[Any]) -> None:
        self.echo, self.limit_s, self.seen = ref, limit_s, seen

    async def receive(self, message: Any, sender: Any) -> None:
        try:
            self.seen.append(await self.ask(self.echo, message, timeout=self.limit_s))
        except AskTimeout:
            self.seen.append("too late")
        except asyncio.CancelledError:
            self.seen.append("ended")
            raise


@pytest.mark.parametrize("seed", range(20))
def test_an_ask_has_one_end_whatever_races_with_its_answer(seed: int) -> None:
    """Limits about as long as the way there and back, and kills."""

    async def scenario(sim: Simulation) -> None:
        near, far = sim.node("near"), sim.node("far")
        ref = near.ref(far.spawn(Echo).address)
        await ref.ask("first", timeout=50)
        began = near.clock()
        await ref.ask("second", timeout=50)
        way_s = near.clock() - began
        ends: list[list[Any]] = [[] for _ in range(40)]
        askers = []
        for number, seen in enumerate(ends):
            askers.append(near.spawn(Patient, ref, way_s * (0.5 + number / 10), seen))
            askers[-1].tell(number)
        await asyncio.sleep(way_s * 0.9)
        for asker in askers[::7]:
            asker.kill()
        await asyncio.sleep(60)
        for number, seen in enumerate(ends):
            assert len(seen) == 1
            assert seen[0] in (number, "too late", "ended")
        assert sizes(near)["asks"] == sizes(far)["answers"] == 0

    Simulation(seed).run(scenario)
