"""A lease lives while its block runs, and not for longer than its ttl without it."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors import ConfigError
from holon_actors.distributed.consensus.machines.key_value import KeepLease, RevokeLease


def test_a_key_lives_while_the_block_runs(in_simulation):
    async def scenario(kv, group):
        async with kv.lease(ttl=3.0) as lease:
            await kv.put("a", 1, lease=lease)
            await asyncio.sleep(60.0)
            assert await kv.get("a") == 1
            assert not lease.lost
        assert lease.kept
        assert await kv.get("a") is None
        assert sum(isinstance(each, KeepLease) for each in group.commands) > 30

    in_simulation(scenario)


def test_a_lease_that_nobody_keeps_ends_by_itself(in_simulation):
    async def scenario(kv, group):
        async def hold():
            async with kv.lease(ttl=3.0) as lease:
                await kv.put("a", 1, lease=lease)
                await asyncio.Event().wait()

        holder = asyncio.create_task(hold())
        await asyncio.sleep(1.0)
        group.down = True
        holder.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holder
        group.down = False
        await asyncio.sleep(3.0)
        assert await kv.get("a") is None

    in_simulation(scenario)


def test_a_lease_survives_a_time_without_a_leader(in_simulation):
    async def scenario(kv, group):
        async with kv.lease(ttl=30.0) as lease:
            group.down = True
            await asyncio.sleep(12.0)
            group.down = False
            await asyncio.sleep(60.0)
            assert not lease.lost
        assert lease.kept

    in_simulation(scenario)


def test_a_lease_that_has_ended_says_so(in_simulation):
    async def scenario(kv, group):
        async with kv.lease(ttl=3.0) as lease:
            await kv.propose(RevokeLease(int(lease)))
            await lease.wait_lost()
            assert lease.lost
            before = len(group.commands)
            await asyncio.sleep(10.0)
        assert len(group.commands) == before
        assert not lease.kept

    in_simulation(scenario)


def test_a_lease_that_ended_unseen_was_not_kept(in_simulation):
    async def scenario(kv, _):
        async with kv.lease(ttl=3.0) as lease:
            await kv.propose(RevokeLease(int(lease)))
        assert not lease.kept

    in_simulation(scenario)


def test_a_lease_whose_end_cannot_be_told_was_not_kept_for_certain(in_simulation):
    async def scenario(kv, group):
        async with kv.lease(ttl=30.0) as lease:
            group.down = True
        assert not lease.kept

    in_simulation(scenario)


def test_the_error_of_the_block_passes_and_the_lease_ends(in_simulation):
    async def scenario(kv, _):
        async def hold():
            async with kv.lease(ttl=3.0) as lease:
                await kv.put("a", 1, lease=lease)
                raise KeyError

        with pytest.raises(KeyError):
            await hold()
        assert await kv.get("a") is None

    in_simulation(scenario)


def test_a_defect_while_a_lease_is_kept_is_not_lost(in_simulation):
    async def scenario(kv, group):
        def broken(command):
            raise RuntimeError("a defect")

        async def hold():
            async with kv.lease(ttl=3.0):
                group.machine.apply, apply = broken, group.machine.apply
                await asyncio.sleep(2.0)
                group.machine.apply = apply

        with pytest.raises(RuntimeError, match="a defect"):
            await hold()

    in_simulation(scenario)


def test_a_lease_has_no_number_before_its_block(in_simulation):
    async def scenario(kv, group):
        with pytest.raises(ConfigError, match="enter the lease first"):
            await kv.put("a", 1, lease=kv.lease(ttl=3.0))
        assert group.commands == []

    in_simulation(scenario)
