"""The store on a real group of three, in the simulation: over crashes, on the group's own time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from holon_actors import HolonError
from holon_actors.distributed.consensus import NoLeader, OutcomeUnknown, RaftGroup
from holon_actors.distributed.consensus.machines import KeyValue
from holon_actors.distributed.consensus.machines.key_value import GetLease, GrantLease, KeepLease
from holon_actors.testing import FaultPlan, Simulation, eventually, explore

MEMBERS = {name: f"sim://{name}" for name in "abc"}
SEEDS = range(3)


class Cluster:
    """Three members, each on its node, started again whenever the node is."""

    def __init__(self, sim):
        self.sim = sim
        self.groups = {}
        for name in MEMBERS:
            sim.node(name, start=self.starter(name))

    def starter(self, name):
        async def start(system):
            disk = self.sim.disk(name)
            group = RaftGroup(name, MEMBERS, KeyValue(), system=system, disk=disk)
            await group.start()
            self.groups[name] = group

        return start

    def client(self, node):
        return RaftGroup.client(MEMBERS, system=self.sim.node(node))

    async def leader(self):
        while True:
            for name, group in self.groups.items():
                if self.sim.nodes[name] == "up" and group.status().leads:
                    return name
            await asyncio.sleep(0.05)


def run(scenario, seed):
    async def begin(sim):
        await scenario(sim, Cluster(sim))

    Simulation(seed=seed).run(begin)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lock_is_held_over_a_crash_of_the_leader(seed):
    async def scenario(sim, cluster):
        async with cluster.client("client") as client:
            kv = KeyValue.client(client, timeout=30.0)
            async with kv.lock("door", ttl=10.0) as token:
                sim.crash(await cluster.leader())
                await asyncio.sleep(60.0)
                assert await kv.put("by", token) == 1
            assert await kv.get("by") == token == 1

    run(scenario, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_crashed_client_held_is_free_after_its_ttl(seed):
    async def scenario(sim, cluster):
        held = asyncio.Event()

        async def hold(system):
            client = RaftGroup.client(MEMBERS, system=system)
            kv = KeyValue.client(client, timeout=30.0)
            async with kv.lock("door", ttl=5.0) as token, kv.lease(ttl=5.0) as lease:
                await kv.put("alive", token, lease=lease)
                held.set()
                await asyncio.Event().wait()

        first = sim.node("first")
        holding = first.loop.create_task(hold(first))
        await held.wait()
        async with cluster.client("second") as client:
            kv = KeyValue.client(client, timeout=30.0)
            assert await kv.get("alive") == 1
            sim.crash("first")
            crashed = sim.time()
            async with kv.lock("door", ttl=5.0) as token:
                assert token == 2
                assert 3.0 < sim.time() - crashed < 8.0
            await asyncio.sleep(1.0)
            assert await kv.get("alive") is None
        holding.cancel()

    run(scenario, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_watch_misses_nothing_over_a_restart_of_all_members(seed):
    async def scenario(sim, cluster):
        async with cluster.client("client") as client:
            kv = KeyValue.client(client, timeout=60.0)

            async def write():
                for number in range(40):
                    await kv.put("a", number)
                    if number == 20:
                        for name in MEMBERS:
                            sim.crash(name)
                        for name in MEMBERS:
                            sim.restart(name)

            writer = asyncio.create_task(write())
            seen = []
            async for event in kv.watch("a", after=0):
                seen.append(event.value)
                if len(seen) == 40:
                    break
            await writer
            assert seen == list(range(40))

    run(scenario, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lease_lives_also_when_it_comes_from_a_member_that_has_just_started(seed):
    """It cannot know how much time has passed since the log last told."""

    async def scenario(sim, cluster):
        async with cluster.client("client") as client:
            await KeyValue.client(client, timeout=30.0).put("a", 1)
        await cluster.leader()
        name = next(each for each in MEMBERS if not cluster.groups[each].status().leads)
        sim.crash(name)
        await asyncio.sleep(100.0)
        del cluster.groups[name]
        sim.restart(name)
        await eventually(lambda: name in cluster.groups, every=0.001)
        kv = KeyValue.client(cluster.groups[name], timeout=30.0)
        lease = await kv.propose(GrantLease(2.0))
        await asyncio.sleep(1.0)
        assert await kv.propose(KeepLease(lease)) == 2.0
        await asyncio.sleep(1.5)
        assert await kv.read(GetLease(lease)) is not None
        await asyncio.sleep(2.0)
        assert await kv.read(GetLease(lease)) is None

    run(scenario, seed)


async def insisting(verb):
    """Until it is known to have been done; it may be done twice."""
    while True:
        try:
            return await verb()
        except (NoLeader, OutcomeUnknown):
            continue


async def watched(kv, last):
    """What was put, once each, up to the last value."""
    values, revision = [], 0

    async def follow():
        nonlocal revision
        async for event in kv.watch("a", after=revision):
            if values[-1:] != [event.value]:
                values.append(event.value)
            revision = event.revision
            if event.value == last:
                return

    await insisting(follow)
    return values


@pytest.mark.parametrize("seed", SEEDS)
def test_watches_and_locks_hold_under_any_mix_of_faults(seed):
    async def scenario(sim):
        cluster, tokens = Cluster(sim), []

        async def write(kv):
            for number in range(20):
                await insisting(lambda number=number: kv.put("a", number))
                await asyncio.sleep(sim.draw("gap", 5) * 0.1)

        async def lock(kv):
            for _ in range(3):
                with suppress(HolonError):
                    async with kv.lock("door", ttl=8.0) as token:
                        tokens.append(token)
                        await asyncio.sleep(0.2)

        async with asyncio.timeout(1_000), AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(cluster.client(name)) for name in "pqrst"]
            stores = [KeyValue.client(client, timeout=10.0) for client in clients]
            tasks = [write(stores[0]), watched(stores[1], 19), *map(lock, stores[2:])]
            _, values, *_ = await asyncio.gather(*tasks)
            await sim.calm()
            await lock(stores[0])
        assert values == list(range(20))
        assert tokens[-3:]
        assert tokens == sorted(set(tokens))

    explore(scenario, seeds=range(seed * 3, seed * 3 + 3), faults=FaultPlan.swarm(), shrink_s=0.0)
