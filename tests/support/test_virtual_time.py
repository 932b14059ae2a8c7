from __future__ import annotations

import asyncio

from tests.support.virtual_time import run_virtual


def test_sleeping_a_day_takes_a_day_of_virtual_time() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) >= 86_400


def test_timers_fire_in_order_of_their_time() -> None:
    async def main() -> list[int]:
        fired: list[int] = []

        async def note(at: int) -> None:
            await asyncio.sleep(at)
            fired.append(at)

        await asyncio.gather(note(3), note(1), note(2))
        return fired

    assert run_virtual(main()) == [1, 2, 3]


def test_work_in_threads_is_waited_for() -> None:
    async def main() -> int:
        return await asyncio.to_thread(sum, [1, 2, 3])

    assert run_virtual(main()) == 6
