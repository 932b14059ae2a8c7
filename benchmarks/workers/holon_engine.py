"""Holon's engine: submit all, then gather, with supervision, admission and stats as default.

The queue is as long as the work, since all of it is submitted before any is awaited.
"""

import asyncio
from time import perf_counter
from typing import Literal

from benchmarks.workers._serve import WorkFunction, on_loop, serve, warm_up_size
from benchmarks.workers.noop_flows import same
from holon_actors import Engine

WORKERS = 2


def under(isolation: Literal["inline", "thread", "process"]) -> WorkFunction:
    """Executions per second of a no-op flow under `isolation`."""

    async def rate(count: int) -> float:
        async with Engine(max_concurrency=WORKERS, queue_size=count) as engine:
            await _run_all(engine, isolation, warm_up_size(count))
            started = perf_counter()
            await _run_all(engine, isolation, count)
            return count / (perf_counter() - started)

    return on_loop(rate)


async def _run_all(
    engine: Engine, isolation: Literal["inline", "thread", "process"], count: int
) -> None:
    executions = [engine.submit(same, 1, isolation=isolation) for _ in range(count)]
    assert sum(await asyncio.gather(*executions)) == count


if __name__ == "__main__":
    serve(
        {
            "engine-inline": under("inline"),
            "engine-thread": under("thread"),
            "engine-process": under("process"),
        }
    )
