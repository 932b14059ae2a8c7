"""One at a time, in order, each under a larger token."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors.distributed.consensus.errors import NoLeader
from holon_actors.distributed.consensus.machines.key_value import (
    GetLock,
    LockBusy,
    LockLost,
    RevokeLease,
)


def test_one_at_a_time_has_the_lock_in_the_order_of_asking(in_simulation):
    async def scenario(kv, _):
        entered = []

        async def worker(number):
            await asyncio.sleep(number * 0.01)
            async with kv.lock("door", ttl=5.0) as token:
                entered.append((number, token))
                inside = len(entered)
                await asyncio.sleep(0.3)
                assert len(entered) == inside

        await asyncio.gather(*(worker(number) for number in range(5)))
        assert entered == [(number, number + 1) for number in range(5)]
        assert await kv.read(GetLock("door")) is None

    in_simulation(scenario)


def test_the_next_in_line_gets_the_lock_of_a_holder_that_is_gone(in_simulation):
    async def scenario(kv, group):
        async def hold():
            async with kv.lock("door", ttl=3.0):
                await asyncio.Event().wait()

        holder = asyncio.create_task(hold())
        await asyncio.sleep(0.5)
        group.down = True  # as if its process had been killed: nothing of it arrives any more
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder
        group.down = False
        async with kv.lock("door") as token:
            assert token == 2

    in_simulation(scenario)


def test_a_lock_that_stays_taken_is_busy_and_its_waiter_leaves_the_line(in_simulation):
    async def scenario(kv, _):
        async with kv.lock("door"):
            with pytest.raises(LockBusy, match="2s"):
                async with kv.lock("door", timeout=2.0):
                    raise AssertionError("two had the lock")
            assert (await kv.read(GetLock("door"))).waiting == []

    in_simulation(scenario)


def test_whoever_stops_waiting_leaves_the_line(in_simulation):
    async def scenario(kv, _):
        async def wait():
            async with kv.lock("door"):
                raise AssertionError("two had the lock")

        async with kv.lock("door"):
            waiter = asyncio.create_task(wait())
            await asyncio.sleep(1.0)
            assert len((await kv.read(GetLock("door"))).waiting) == 1
            waiter.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiter
            assert (await kv.read(GetLock("door"))).waiting == []

    in_simulation(scenario)


def test_a_lock_that_was_lost_is_told_at_the_end_of_the_block(in_simulation):
    async def scenario(kv, _):
        async def hold():
            async with kv.lock("door"):
                await kv.propose(RevokeLease((await kv.read(GetLock("door"))).lease))

        with pytest.raises(LockLost) as caught:
            await hold()
        assert (caught.value.name, caught.value.token) == ("door", 1)

    in_simulation(scenario)


def test_a_lock_whose_end_cannot_be_told_counts_as_lost(in_simulation):
    async def scenario(kv, group):
        with pytest.raises(LockLost):
            async with kv.lock("door"):
                group.down = True

    in_simulation(scenario)


def test_the_error_of_the_block_is_what_is_raised_even_if_the_lock_was_lost(in_simulation):
    async def scenario(kv, _):
        async def hold():
            async with kv.lock("door"):
                await kv.propose(RevokeLease((await kv.read(GetLock("door"))).lease))
                raise KeyError

        with pytest.raises(KeyError):
            await hold()

    in_simulation(scenario)


def test_a_lease_that_ends_in_line_is_told(in_simulation):
    async def scenario(kv, _):
        async def wait():
            async with kv.lock("door", ttl=60.0):
                raise AssertionError("two had the lock")

        async with kv.lock("door"):
            waiter = asyncio.create_task(wait())
            await asyncio.sleep(1.0)
            (lease,) = (await kv.read(GetLock("door"))).waiting
            await kv.propose(RevokeLease(lease))
            with pytest.raises(LockLost) as caught:
                await waiter
            assert caught.value.token is None

    in_simulation(scenario)


def test_a_place_in_line_is_kept_while_nobody_leads(in_simulation):
    async def scenario(kv, group):
        async def wait():
            async with kv.lock("door", ttl=60.0) as token:
                return token

        async with kv.lock("door", ttl=60.0):
            waiter = asyncio.create_task(wait())
            await asyncio.sleep(1.0)
            group.down = True
            await asyncio.sleep(12.0)
            group.down = False
        assert await waiter == 2

    in_simulation(scenario)


def test_a_time_limit_of_the_group_s_is_not_taken_for_a_busy_lock(in_simulation):
    async def scenario(kv, group):
        group.down = True
        with pytest.raises(NoLeader):
            await kv.lock("door", timeout=60.0).__aenter__()

    in_simulation(scenario)
