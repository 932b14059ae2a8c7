from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from holon_actors.flows import flow
from holon_actors.runtime import Engine, Execution
from holon_actors.runtime.status import MOVES
from tests.runtime.sample_flows import add, echo, fail


async def test_an_execution_can_be_awaited_more_than_once_and_by_many() -> None:
    async with Engine() as engine:
        execution = engine.submit(add, (1, 2))

        async def wait() -> int:
            return await execution

        assert list(await asyncio.gather(wait(), wait(), execution)) == [3, 3, 3]
        assert await execution == execution.result() == 3


async def test_it_says_what_it_is() -> None:
    async with Engine(name="calc") as engine:
        first, second = engine.submit(add, (1, 2)), engine.submit(add, (3, 4))
        assert first.status == "queued"
        assert isinstance(first, Execution)
        assert (first.id, second.id) == ("calc/1", "calc/2")
        assert first.flow is add
        assert repr(second) == "<Execution calc/2 of 'add', queued>"
        await second
        assert (second.status, second.attempts) == ("succeeded", 1)


async def test_status_is_running_while_the_flow_runs_and_failed_after_an_error() -> None:
    statuses: list[str] = []
    async with Engine() as engine:
        look: Any = flow(lambda _: statuses.append(execution.status), name="look")
        execution: Execution[Any] = engine.submit(look, None)
        await execution
        failing = engine.submit(fail, "no")
        with pytest.raises(ValueError, match="no"):
            await failing
    assert statuses == ["running"]
    assert failing.status == "failed"


async def test_an_ended_execution_cannot_be_cancelled() -> None:
    async with Engine() as engine:
        execution = engine.submit(echo, 1)
        await execution
        assert not execution.cancel()
        assert execution.status == "succeeded"


async def test_a_flow_that_lets_out_a_cancellation_of_its_own_is_cancelled() -> None:
    @flow
    async def give_up(_: object) -> None:
        raise asyncio.CancelledError

    async with Engine() as engine:
        execution = engine.submit(give_up)
        with pytest.raises(asyncio.CancelledError):
            await execution
        assert execution.status == "cancelled"
        assert engine.stats().cancelled == 1


async def test_ended_executions_are_not_kept_by_the_engine() -> None:
    async with Engine() as engine:
        for isolation in ("inline", "thread", "loop"):
            await asyncio.gather(*[engine.submit(echo, n, isolation=isolation) for n in range(50)])
        await engine.execute(echo, 0)
        gc.collect()
        kept = [o for o in gc.get_objects() if isinstance(o, Execution) and o.host.name == "engine"]
        # Idle executors may still hold the lease they had last.
        assert len(kept) <= 2 * engine.max_concurrency


def test_ends_are_final_and_every_state_can_be_reached() -> None:
    reached = {"queued"}.union(*MOVES.values())
    assert reached == set(MOVES)
    for end in ("succeeded", "failed", "cancelled", "timed-out"):
        assert MOVES[end] == frozenset()
