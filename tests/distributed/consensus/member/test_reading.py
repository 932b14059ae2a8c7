"""Reads that wait at a member until the state has an answer to them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors.distributed.consensus import MemberStopped, NotYet
from holon_actors.distributed.consensus.client.courier import member_address
from holon_actors.distributed.consensus.commands.commands import Body
from holon_actors.distributed.consensus.commands.outcomes import NOT_YET
from holon_actors.distributed.consensus.core.reasons import BUSY
from holon_actors.distributed.consensus.member.reading import Reading
from holon_actors.distributed.consensus.wire.requests import WaitingRead, whole_refusal
from holon_actors.testing import Simulation, eventually
from tests.distributed.consensus.kit import SMALL, Registers, SimGroup, with_core


class Patient(Registers):
    """A read of a key that is not there waits for it."""

    queries = 0

    def query(self, request: Any) -> Any:
        type(self).queries += 1
        if request not in self.items:
            raise NotYet
        return self.items[request]


def with_patient(scenario: Any, settings: Any = SMALL) -> Any:
    async def run(sim: Simulation) -> None:
        Patient.queries = 0
        group = SimGroup(sim, machine=Patient, settings=settings)
        await eventually(lambda: group.leader, within=60)
        await eventually(lambda: all(g.leader for g in group.groups.values()), within=60)
        async with asyncio.timeout(600), group.client() as client:
            await scenario(sim, group, client)

    def test() -> None:
        for seed in range(3):
            Simulation(seed=seed).run(run)

    return test


def waiting_read(key: str, wait_s: float = 30.0) -> WaitingRead:
    body = Body(1_000)
    body.add(1, key)
    return WaitingRead(wait_s, body.data())


def waits_at(group: SimGroup) -> int:
    """How many reads the members keep."""
    return sum(len(member._ref._actor._reading) for member in group.groups.values())


@with_patient
async def test_a_read_waits_for_its_answer_and_is_not_asked_in_between(sim, group, client) -> None:
    read = asyncio.create_task(client.read("k", timeout=100.0))
    await asyncio.sleep(5.0)
    asked = Patient.queries
    await asyncio.sleep(20.0)
    assert Patient.queries == asked <= 3
    await client.propose(["put", "other", 1], timeout=20.0)
    assert not read.done()
    await client.propose(["put", "k", 7], timeout=20.0)
    began = sim.time()
    assert await read == 7
    assert sim.time() - began < SMALL.tick_s


@with_patient
async def test_reads_wait_at_followers_too(sim, group, client) -> None:
    refs = [member._ref for member in group.groups.values()]
    reads = [asyncio.create_task(ref.ask(waiting_read("k"), timeout=100.0)) for ref in refs]
    await eventually(lambda: waits_at(group) == 3)
    await client.propose(["put", "k", 7], timeout=20.0)
    assert [(await read).outcomes for read in reads] == [[7], [7], [7]]


@with_patient
async def test_a_read_that_waits_goes_on_when_another_member_leads(sim, group, client) -> None:
    read = asyncio.create_task(client.read("k", timeout=100.0))
    await eventually(lambda: waits_at(group) == 1)
    lost = group.leader  # the client still reaches it
    others = [name for name in group.members if name != lost]
    sim.network.partition([lost, "client"], others)
    await group.groups[others[0]].propose(["put", "k", 7], timeout=30.0)
    await eventually(lambda: waits_at(group) == 0)
    sim.network.heal()
    assert await read == 7


@with_patient
async def test_a_read_that_waits_survives_the_crash_of_its_member(sim, group, client) -> None:
    read = asyncio.create_task(client.read("k", timeout=100.0))
    await eventually(lambda: waits_at(group) == 1)
    sim.crash(group.leader)
    await client.propose(["put", "k", 7], timeout=30.0)
    assert await read == 7


@with_patient
async def test_a_read_whose_time_is_over_is_not_kept(sim, group, client) -> None:
    with pytest.raises(NotYet):
        await client.read("k", timeout=2.0)
    await eventually(lambda: waits_at(group) == 0, within=1.0)
    ref = sim.node("client").ref(member_address("raft", "a", group.members["a"]))
    refusal = whole_refusal(await ref.ask(waiting_read("k", 1.0), timeout=5.0))
    assert refusal.reason == NOT_YET


@with_patient
async def test_a_member_that_stops_ends_what_waits_there(sim, group, client) -> None:
    name = next(name for name in group.members if name != group.leader)
    ref = group.groups[name]._ref
    read = asyncio.create_task(ref.ask(waiting_read("k"), timeout=100.0))
    await eventually(lambda: waits_at(group) == 1)
    await group.groups[name].close()
    with pytest.raises(MemberStopped):
        await read


def test_no_more_reads_are_kept_than_may_be() -> None:
    async def scenario(sim, group, client) -> None:
        ref = group.groups[group.leader]._ref
        reads = [asyncio.create_task(ref.ask(waiting_read("k"), 100.0)) for _ in range(2)]
        await eventually(lambda: waits_at(group) == 2)
        refusal = whole_refusal(await ref.ask(waiting_read("k"), 5.0))
        assert refusal.reason == BUSY
        await client.propose(["put", "k", 7], timeout=20.0)
        assert [(await read).outcomes for read in reads] == [[7], [7]]

    with_patient(scenario, with_core(SMALL, reads_max=2))()


@with_patient
async def test_many_that_wait_are_asked_a_few_at_a_time(sim, group, client) -> None:
    leader = group.groups[group.leader]
    reads = [
        asyncio.create_task(leader._ref.ask(waiting_read("k"), timeout=100.0)) for _ in range(600)
    ]
    await eventually(lambda: waits_at(group) == 600)
    most, original = 0, Reading.ask_again

    def counted(self: Any) -> None:
        nonlocal most
        before = Patient.queries
        original(self)
        most = max(most, Patient.queries - before)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reading, "ask_again", counted)
        await client.propose(["put", "other", 1], timeout=20.0)
        await client.propose(["put", "k", 7], timeout=20.0)
        assert all(answers.outcomes == [7] for answers in await asyncio.gather(*reads))
    assert 0 < most <= 256


@with_patient
async def test_a_read_that_waits_is_answered_over_a_snapshot_that_its_member_got(
    sim, group, client
) -> None:
    name = next(name for name in group.members if name != group.leader)
    read = asyncio.create_task(group.groups[name].read("k", timeout=300.0))
    await asyncio.sleep(1.0)
    sim.network.isolate(name)
    for number in range(60):
        await client.propose(["append", "log", number], timeout=30.0)
    await client.propose(["put", "k", 7], timeout=30.0)
    sim.network.heal()
    assert await read == 7
