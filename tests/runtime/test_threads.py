from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import pytest

from holon_actors.flows import flow
from holon_actors.runtime import Engine
from holon_actors.runtime.threads import Completions
from tests.runtime.sample_flows import echo


async def test_what_threads_post_arrives_once_and_in_order_per_thread() -> None:
    loop = asyncio.get_running_loop()
    seen: list[tuple[int, int]] = []
    done = asyncio.Event()

    def settle(*item: Any) -> None:
        seen.append(item)
        if len(seen) == 4000:
            done.set()

    completions = Completions(loop, settle)

    def post(thread: int) -> None:
        for n in range(1000):
            completions.post(thread, n)

    threads = [threading.Thread(target=post, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    await done.wait()
    for thread in threads:
        thread.join()
        assert not thread.is_alive()
    for n in range(4):
        assert [number for thread, number in seen if thread == n] == list(range(1000))


def test_posting_to_a_closed_loop_is_quiet() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    Completions(loop, lambda *_: None).post(1)


async def test_a_quick_result_does_not_wait_for_the_slow_flow_behind_it() -> None:
    let_go = threading.Event()
    slow = flow(lambda _: let_go.wait(30), name="slow")
    async with Engine(max_concurrency=1) as engine:
        await asyncio.gather(*[engine.submit(echo, n) for n in range(500)])  # slices have grown
        quick = engine.submit(echo, "quick")
        stuck = engine.submit(slow)
        assert await quick == "quick"
        let_go.set()
        await stuck


@pytest.mark.parametrize("seed", range(3))
async def test_any_mix_of_ends_leaves_no_slot_charged(seed: int) -> None:
    """Every way to end, at random moments, against real threads and the real loop."""
    rng = random.Random(seed)

    @flow
    def spin(rounds: int) -> int:
        return sum(range(rounds))

    @flow
    async def turns(count: int) -> int:
        for _ in range(count):
            await asyncio.sleep(0)
        return count

    @flow
    def broken(_: Any) -> None:
        raise ValueError("no")

    async with Engine(max_concurrency=3) as engine:
        executions = []
        for _ in range(1500):
            work: Any = rng.choice([spin, turns, broken, echo])
            isolation: Any = rng.choice(["inline", "thread", "auto"])
            if work is turns:
                isolation = "auto"
            timeout = rng.choice([None, None, 0.0, 0.001, 5.0])
            executions.append(
                engine.submit(work, rng.randrange(300), isolation=isolation, timeout=timeout)
            )
            if rng.random() < 0.3:
                rng.choice(executions).cancel()
            if rng.random() < 0.05:
                await asyncio.sleep(0)
        outcomes = await asyncio.gather(*executions, return_exceptions=True)
    stats = engine.stats()
    assert len(outcomes) == 1500
    ended = stats.succeeded + stats.failed + stats.cancelled + stats.timed_out
    assert ended == stats.submitted == 1500
    assert stats.leases == ()
    assert (stats.queued, stats.running, stats.abandoned) == (0, 0, 0)
    assert {e.status for e in executions} <= {"succeeded", "failed", "cancelled", "timed-out"}


@pytest.mark.parametrize("round_", range(5))
async def test_nothing_stands_behind_a_slow_flow_while_a_slot_is_idle(round_: int) -> None:
    let_go = threading.Event()
    slow = flow(lambda _: let_go.wait(30), name="slow")
    async with Engine(max_concurrency=2) as engine:
        await asyncio.gather(*[engine.submit(echo, n) for n in range(1000)])  # slices have grown
        stuck = engine.submit(slow)
        others = [engine.submit(echo, n) for n in range(round_ + 1)]
        assert await asyncio.gather(*others) == list(range(round_ + 1))
        let_go.set()
        await stuck
