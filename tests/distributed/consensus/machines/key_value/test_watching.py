"""Every change is seen once, in order, or it is said that some were missed."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors.distributed.consensus.errors import NoLeader
from holon_actors.distributed.consensus.machines.key_value import Compacted, Event


async def first(events, number):
    seen = []
    async for event in events:
        seen.append(event)
        if len(seen) == number:
            break
    return seen


def test_changes_are_seen_as_they_come(in_simulation):
    async def scenario(kv, _):
        async def write():
            for number in range(20):
                await kv.put(f"a/{number % 3}", number)
                await kv.put("b", number)
                await asyncio.sleep(0.03)
            await kv.delete("a/0")

        await kv.put("a/0", "before")
        watcher = asyncio.create_task(first(kv.watch("a/"), 21))
        await asyncio.sleep(0.01)  # it has asked for the present revision
        await write()
        seen = await watcher
        assert [event.value for event in seen] == [*range(20), None]
        assert seen[-1].kind == "delete"

    in_simulation(scenario)


def test_a_watch_goes_on_after_a_revision(in_simulation):
    async def scenario(kv, _):
        for number in range(5):
            await kv.put("a", number)
        assert await first(kv.watch(after=3), 2) == [
            Event(4, "put", "a", 3),
            Event(5, "put", "a", 4),
        ]

    in_simulation(scenario)


def test_a_watcher_that_is_too_late_is_told_so(in_simulation):
    async def scenario(kv, _):
        for number in range(9):
            await kv.put("a", number)
        with pytest.raises(Compacted) as caught:
            await first(kv.watch(after=2), 1)
        assert (caught.value.after, caught.value.oldest) == (2, 6)
        assert len(await first(kv.watch(after=caught.value.oldest), 3)) == 3

    in_simulation(scenario, history_max=3)


def test_a_group_that_does_not_answer_ends_a_watch(in_simulation):
    async def scenario(kv, group):
        group.down = True
        with pytest.raises(NoLeader):
            await first(kv.watch(after=0), 1)

    in_simulation(scenario)


def test_nothing_is_asked_while_nothing_changes(in_simulation):
    async def scenario(kv, group):
        watcher = asyncio.create_task(first(kv.watch("a", after=0), 1))
        await asyncio.sleep(100.0)
        assert group.reads <= 100.0 / 5.0 + 1, "once for each time limit of the store"
        await kv.put("a", 1)
        await asyncio.sleep(0.01)
        assert [event.value for event in await watcher] == [1]

    in_simulation(scenario)


def test_a_watch_goes_on_over_many_changes_of_other_keys(in_simulation):
    async def scenario(kv, _):
        watcher = asyncio.create_task(first(kv.watch("a", after=0), 1))
        for number in range(300):
            await kv.put("b", number)
        await kv.put("a", 1)
        assert (await watcher)[0].revision == 301

    in_simulation(scenario, history_max=150)
