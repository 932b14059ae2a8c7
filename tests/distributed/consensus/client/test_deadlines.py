from __future__ import annotations

import asyncio

from holon_actors.distributed.consensus.client.deadlines import Deadlines
from holon_actors.testing import Simulation


def test_calls_run_out_in_time_and_only_if_they_are_still_there() -> None:
    async def scenario(sim: Simulation) -> None:
        loop = asyncio.get_running_loop()
        ended: list[tuple[str, float, float]] = []
        deadlines = Deadlines[str](loop, lambda call, s: ended.append((call, s, loop.time() - at)))
        at = loop.time()
        deadlines.add("late", 2.0)
        deadlines.add("first", 1.0)
        deadlines.add("gone", 1.0)
        await asyncio.sleep(0.5)
        deadlines.add("second", 1.0)
        deadlines.discard("gone", 1.0)
        deadlines.discard("never there", 9.0)
        await asyncio.sleep(5)
        assert [(call, s) for call, s, _ in ended] == [
            ("first", 1.0),
            ("second", 1.0),
            ("late", 2.0),
        ]
        assert [round(t, 3) for *_, t in ended] == [1.0, 1.5, 2.0]

    Simulation().run(scenario)


def test_nothing_is_left_of_time_outs_that_nobody_uses_any_more() -> None:
    async def scenario(sim: Simulation) -> None:
        deadlines = Deadlines[int](asyncio.get_running_loop(), lambda call, s: None)
        for number in range(50):
            deadlines.add(number, 1.0 + number)
            deadlines.discard(number, 1.0 + number)
        await asyncio.sleep(100)
        assert not deadlines._queues
        assert not deadlines._timers

    Simulation().run(scenario)


def test_closed_deadlines_run_out_no_more() -> None:
    async def scenario(sim: Simulation) -> None:
        ended: list[int] = []
        deadlines = Deadlines[int](asyncio.get_running_loop(), lambda call, s: ended.append(call))
        deadlines.add(1, 1.0)
        deadlines.close()
        await asyncio.sleep(5)
        assert not ended

    Simulation().run(scenario)
