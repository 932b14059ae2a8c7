from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Coroutine
from functools import partial
from typing import Any

import pytest

from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import RandomOrder
from holon_actors.testing._loop.steps import Trace
from holon_actors.testing.errors import (
    RealWorldRefused,
    SimulationDeadlock,
    StepLimitReached,
    UnhandledErrors,
)
from tests.testing.kit import interpreter, output


def run(main: Coroutine[Any, Any, Any], **options: Any) -> Any:
    return SimLoop(**options).run(main)


def test_a_year_passes_at_once_and_times_are_exact() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        times = []
        for delay in (0.1, 0.2, 0.7, 86_400 * 365):
            await asyncio.sleep(delay)
            times.append(loop.time())
        return times

    assert run(main()) == [0.1, 0.3, 1.0, 86_400 * 365 + 1]


def test_timers_of_one_instant_run_in_the_order_they_were_set() -> None:
    async def main() -> list[int]:
        ran: list[int] = []
        for i in range(50):
            asyncio.get_running_loop().call_at(1.0, ran.append, i)
        await asyncio.sleep(2)
        return ran

    assert run(main()) == list(range(50))


@pytest.mark.parametrize("when", [0.1 + 0.2, 1 / 3, 1e-10, 1e6 + 1 / 7, 2.675])
def test_a_timer_is_never_early_by_the_loops_own_clock(when: float) -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        fired: asyncio.Future[float] = loop.create_future()
        loop.call_at(when, lambda: fired.set_result(loop.time()))
        return await fired

    assert when <= run(main()) <= when + 2e-9


def test_cancelled_timers_neither_fire_nor_hold_the_run() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(i, pytest.fail, "fired") for i in range(1, 500)]
        for timer in timers:
            timer.cancel()
        await asyncio.sleep(1_000)
        return loop.time()

    assert run(main()) == 1_000


def test_what_asyncio_offers_just_works() -> None:
    async def main() -> list[Any]:
        seen: list[Any] = []
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        event = asyncio.Event()

        async def produce() -> None:
            for i in range(3):
                await queue.put(i)
            event.set()

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            seen.extend([await queue.get() for _ in range(3)])
            await event.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Future()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 5)
        seen.append(await asyncio.gather(asyncio.sleep(1, "a"), asyncio.sleep(2, "b")))
        seen.append(asyncio.get_running_loop().time())
        return seen

    assert run(main()) == [0, 1, 2, ["a", "b"], 12.0]


def test_a_deadlock_names_what_waits_and_for_what() -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.sleep(3)
        await asyncio.create_task(wait_for_ever(), name="stuck")

    with pytest.raises(SimulationDeadlock) as caught:
        run(main())
    assert caught.value.time_s == 3
    first, second = caught.value.waiting
    assert first.startswith("Task-1: ")
    assert "stuck" in first
    assert second.startswith("stuck: ")
    assert "Event.wait" in second
    assert second.endswith("for Future")


def test_a_timer_at_infinity_does_not_hide_a_deadlock() -> None:
    with pytest.raises(SimulationDeadlock):
        run(asyncio.sleep(float("inf")))


def test_a_loop_without_end_reaches_the_limit() -> None:
    async def main() -> None:
        await asyncio.sleep(2)
        while True:  # noqa: ASYNC110 - a task that polls
            await asyncio.sleep(0)

    with pytest.raises(StepLimitReached) as caught:
        run(main(), steps_max=1_000)
    assert caught.value.time_s == 2
    assert 990 <= caught.value.standing_steps <= 1_000
    assert "main" in caught.value.ready[0]


def test_a_callback_that_raises_fails_the_run_at_once() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_later(1, partial(int, "seven"))
        await asyncio.sleep(2)
        pytest.fail("went on")

    with pytest.raises(UnhandledErrors, match="seven") as caught:
        run(main())
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_handler_of_the_program_hears_of_it_too() -> None:
    heard: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
        loop.call_soon(partial(int, "seven"))
        await asyncio.sleep(1)

    with pytest.raises(UnhandledErrors):
        run(main())
    assert len(heard) == 1


async def _fail() -> None:
    raise LookupError("lost")


def test_an_error_of_a_task_that_nobody_takes_fails_the_run() -> None:
    async def main() -> str:
        task = asyncio.create_task(_fail(), name="careless")
        await asyncio.sleep(1)
        return f"{task.done()}"

    with pytest.raises(UnhandledErrors, match=r"careless.*lost"):
        run(main())


def test_an_error_that_was_taken_does_not() -> None:
    async def main() -> int:
        for _ in range(200):
            with pytest.raises(LookupError):
                await asyncio.create_task(_fail())
        return 1

    assert run(main()) == 1


def test_the_error_of_main_comes_through_with_the_others_as_notes() -> None:
    async def main() -> None:
        task = asyncio.create_task(_fail())
        await asyncio.sleep(1)
        raise KeyError(task.done())

    with pytest.raises(KeyError) as caught:
        run(main())
    assert ["lost" in note for note in caught.value.__notes__] == [True]


def test_what_is_left_is_cancelled_in_the_order_it_was_started() -> None:
    cancelled: list[int] = []

    async def linger(number: int) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            cancelled.append(number)

    async def main() -> None:
        tasks = [asyncio.create_task(linger(i)) for i in range(100)]
        await asyncio.sleep(len(tasks) / 100)

    run(main())
    assert cancelled == list(range(100))


def test_another_thread_is_refused_and_the_run_fails() -> None:
    refused: list[BaseException] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(lambda: None)

        def intrude() -> None:
            try:
                loop.call_soon_threadsafe(print)
            except RealWorldRefused as error:
                refused.append(error)

        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()

    with pytest.raises(UnhandledErrors, match="thread"):
        run(main())
    assert len(refused) == 1


PROGRAM = """
import asyncio, sys
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import Pct, RandomOrder
from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing._loop.steps import Trace

async def work(queue, event, number):
    try:
        await asyncio.sleep(number % 3)
        await queue.put(number)
        async with asyncio.timeout(1):
            await event.wait()
    except TimeoutError:
        await asyncio.sleep(50)

async def main():
    queue, event = asyncio.Queue(2), asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(work(queue, event, number))
            await asyncio.gather(*(queue.get() for _ in range(20)))
            await asyncio.sleep(5)
            raise LookupError     # a set of tasks is cancelled
    except* LookupError:
        event.set()

for scheduler in (RandomOrder, Pct):
    trace = Trace()
    SimLoop(scheduler(SeededChoices(int(sys.argv[1])).stream("sched")), trace=trace).run(main())
    print(trace.fingerprint(), len(trace.steps))
"""


def test_a_seed_gives_the_same_run_whatever_the_hash_seed() -> None:
    one = output(sys.executable, PROGRAM, 1, hash_seed=0)
    assert one == output(sys.executable, PROGRAM, 1, hash_seed=12345)
    assert one != output(sys.executable, PROGRAM, 2, hash_seed=0)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_a_seed_gives_the_same_run_on_every_python(version: str) -> None:
    there = output(interpreter(version), PROGRAM, 1, hash_seed=7)
    assert there == output(sys.executable, PROGRAM, 1)


def test_a_seed_gives_the_same_run_twice_in_a_process() -> None:
    async def pause(number: int) -> None:
        await asyncio.sleep(number % 3)

    async def main() -> None:
        await asyncio.gather(*(pause(i) for i in range(10)))

    def once(seed: int) -> str:
        trace = Trace()
        run(main(), scheduler=RandomOrder(SeededChoices(seed).stream("sched")), trace=trace)
        return trace.fingerprint()

    assert once(1) == once(1)
    assert len({once(seed) for seed in range(10)}) == 10


def test_a_trace_has_callbacks_and_timers_with_their_time() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_later(1, asyncio.Event().set)
        await asyncio.sleep(2)

    trace = Trace()
    run(main(), trace=trace)
    assert (1_000_000_000, "timer", "Event.set") in trace.steps
    assert any(step.label.startswith("Task-1 ") for step in trace.steps)
