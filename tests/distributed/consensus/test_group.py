"""`RaftGroup` and its client: what a user sees, on simulated nodes without faults of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from holon_transports import CodecError

from holon_actors import ActorSystem, ConfigError, InvalidAddress
from holon_actors.distributed.consensus import (
    Applied,
    ChangeRefused,
    CommandFailed,
    EventsLost,
    LeaderChanged,
    MemberFailed,
    MembersChanged,
    MemberStopped,
    NoLeader,
    OutcomeUnknown,
    ProposalTooLarge,
    QueryFailed,
    RaftGroup,
    RaftHost,
    SnapshotFailed,
)
from holon_actors.distributed.consensus.client.courier import member_address
from holon_actors.distributed.consensus.commands.commands import Body
from holon_actors.distributed.consensus.commands.outcomes import EXPIRED, Refusal, value_of
from holon_actors.distributed.consensus.core.effects import Placed
from holon_actors.distributed.consensus.core.reasons import NOT_LEADER
from holon_actors.distributed.consensus.member.calls import Call
from holon_actors.distributed.consensus.wire.requests import Reads, Submit, whole_refusal
from holon_actors.testing import Simulation, eventually
from tests.distributed.consensus.kit import SMALL, Registers, SimGroup, with_core

Scenario = Callable[[Simulation, SimGroup], Awaitable[None]]


def with_group(scenario: Scenario) -> Callable[[], None]:
    """A test with three members, one of which leads already."""

    async def run(sim: Simulation) -> None:
        group = SimGroup(sim)
        await eventually(lambda: group.leader)
        await eventually(lambda: all(g.leader for g in group.groups.values()))
        async with asyncio.timeout(600):
            await scenario(sim, group)

    def test() -> None:
        Simulation(seed=5).run(run)

    return test


# --- commands and reads ---


@with_group
async def test_any_member_and_any_client_takes_commands_and_reads(sim, group) -> None:
    for number, member in enumerate(group.groups.values()):
        assert len(await member.propose(["append", "k", number])) == number + 1
        assert await member.read("k") == list(range(number + 1))
    async with group.client() as client:
        assert await client.propose(["append", "k", 3]) == [0, 1, 2, 3]
        assert await client.read("k") == [0, 1, 2, 3]


@with_group
async def test_calls_of_one_turn_go_together_and_each_has_its_own_answer(sim, group) -> None:
    async with group.client() as client:
        calls = [client.propose(["append", str(n), n]) for n in range(100)]
        assert await asyncio.gather(*calls) == [[n] for n in range(100)]
        reads = [client.read(str(n)) for n in range(100)]
        assert await asyncio.gather(*reads) == [[n] for n in range(100)]
    assert group.groups["a"].status().last_index < 60, "less than one entry for each"


@with_group
async def test_what_is_returned_is_a_copy(sim, group) -> None:
    member = group.groups[group.leader]
    await member.propose(["append", "k", 1])
    (await member.read("k")).append(2)
    assert await member.read("k") == [1]


@with_group
async def test_a_command_that_raises_in_apply_is_reported_and_the_log_goes_on(sim, group) -> None:
    async with group.client() as client:
        for one in (client, *group.groups.values()):
            with pytest.raises(CommandFailed) as raised:
                await one.propose(["what"])
            assert raised.value.type_name == "ValueError"
            assert "what" in raised.value.message
        await client.propose(["put", "k", 1])
    await eventually(lambda: group.alike)
    assert all(not g.status().stopped for g in group.groups.values())


@with_group
async def test_a_query_that_raises_fails_alone(sim, group) -> None:
    async with group.client() as client:
        with pytest.raises(QueryFailed) as raised:
            await client.read(None)
        assert raised.value.type_name == "KeyError"
        assert await client.read("k") is None


@with_group
async def test_a_proposal_over_the_limit_is_refused_with_its_size(sim, group) -> None:
    async with group.client() as client:
        for one in (client, group.groups["a"]):
            good = one.propose(["append", "k", 1])
            bad = one.propose(["append", "k", "x" * 30_000])
            after = one.propose(["append", "k", 2])
            results = await asyncio.gather(good, bad, after, return_exceptions=True)
            assert isinstance(results[1], ProposalTooLarge)
            assert results[1].size > 30_000
            assert not isinstance(results[0], Exception)
            assert not isinstance(results[2], Exception)


@with_group
async def test_a_limit_that_only_the_group_knows_is_reported_as_well(sim, group) -> None:
    settings = replace(SMALL, core=replace(SMALL.core, proposal_bytes_max=10**6))
    system = sim.node("other")
    async with RaftGroup.client(group.members, settings=settings, system=system) as client:
        with pytest.raises(ProposalTooLarge):
            await client.propose(["append", "k", "x" * 30_000])
        assert await client.propose(["append", "k", 1]) == [1]


@with_group
async def test_a_command_that_cannot_travel_is_refused_where_it_is_made(sim, group) -> None:
    with pytest.raises(CodecError):
        await group.groups["a"].propose(object())
    with pytest.raises(CodecError):
        await group.groups["a"].read(object())
    assert await group.groups["a"].propose(["append", "k", 1]) == [1]


@with_group
async def test_a_follower_answers_a_read_when_it_has_applied_enough(sim, group) -> None:
    follower = next(name for name in group.members if name != group.leader)
    address = member_address("raft", follower, group.members[follower])
    body = Body(100)
    body.add(1, "k")
    async with group.client() as client:
        for number in range(20):
            await client.propose(["append", "k", number])
            asking = sim.node("reader").ref(address).ask(Reads(False, body.data()))
            (outcome,) = (await asking).outcomes
            assert value_of(outcome) == list(range(number + 1))


@with_group
async def test_a_call_whose_place_was_passed_unseen_is_not_left_waiting(sim, group) -> None:
    member = group.groups["a"]._ref._actor
    assert member._applier.index >= 1
    call = Kept()
    member._waiting.add(7, call)
    member._placed(Placed(7, 1, 1))
    assert call.refusals == [("overtaken", True)]
    assert len(member._waiting) == 0


class Kept(Call):
    def __init__(self) -> None:
        super().__init__(None)
        self.refusals: list[tuple[str, bool]] = []

    def refuse(self, reason: str, detail: str, unknown: bool, answering: Any) -> None:
        self.refusals.append((reason, unknown))


def test_a_leader_that_stood_still_has_lost_its_lease() -> None:
    """It must not answer by the lease that it still has by its own count of ticks."""

    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, settings=with_core(SMALL, lease_reads=True))
        await eventually(lambda: group.leader)
        old = group.leader
        body = Body(100)
        body.add(1, "k")
        async with group.client() as client:
            await client.propose(["append", "k", 1])
            assert await client.read("k", lease=True) == [1]
            sim.pause(old)
            await client.propose(["append", "k", 2], timeout=60.0)
            sim.resume(old)
            answers = await group.groups[old]._ref.ask(Reads(True, body.data()))
        (outcome,) = answers.outcomes
        assert type(outcome) is Refusal or value_of(outcome) == [1, 2]

    for seed in range(20):
        Simulation(seed).run(scenario)


@with_group
async def test_reads_by_lease_are_answered_too(sim, group) -> None:
    async with group.client() as client:
        await client.propose(["put", "k", 1])
        assert await client.read("k", lease=True) == 1


# --- when nobody leads, and when nobody knows ---


@with_group
async def test_without_a_quorum_nothing_has_happened_or_it_is_not_known(sim, group) -> None:
    async with group.client() as client:
        await client.propose(["append", "k", 1])
        for name in "ab":
            sim.crash(name)
        await asyncio.sleep(10)
        with pytest.raises(NoLeader) as raised:
            await client.propose(["append", "k", 2], timeout=3.0)
        assert raised.value.timeout_s == 3.0
        with pytest.raises(NoLeader):
            await client.read("k", timeout=3.0)
        for name in "ab":
            sim.restart(name)
        assert await client.read("k", timeout=30.0) == [1], "what was refused did not happen"


@with_group
async def test_a_command_that_was_sent_and_not_answered_is_of_unknown_outcome(sim, group) -> None:
    leader = group.leader
    async with group.client() as client:
        await client.propose(["append", "k", 1])
        for name in set(group.members) - {leader}:
            sim.crash(name)
        with pytest.raises(OutcomeUnknown):
            await client.propose(["append", "k", 2], timeout=0.5)
        for name in set(group.members) - {leader}:
            sim.restart(name)
        values = await client.propose(["append", "k", 3], timeout=30.0)
        assert values in ([1, 2, 3], [1, 3])


@with_group
async def test_calls_go_on_over_the_loss_of_a_leader(sim, group) -> None:
    async with group.client() as client:
        await client.propose(["append", "k", 0])
        lost = group.leader
        calls = [asyncio.create_task(client.propose(["append", "k", n], 30.0)) for n in (1, 2)]
        await asyncio.sleep(0)
        sim.crash(lost)
        calls.append(asyncio.create_task(client.propose(["append", "k", 3], 30.0)))
        await asyncio.gather(*calls)
        values = await client.read("k", timeout=30.0)
        assert sorted(values) == [0, 1, 2, 3], "each once"
        sim.restart(lost)
        await eventually(lambda: group.alike, within=60)


def test_a_group_that_nobody_can_reach_is_said_to_be_so() -> None:
    async def scenario(sim: Simulation) -> None:
        members = {"a": "sim://nobody"}
        async with RaftGroup.client(members, system=sim.node("c")) as client:
            with pytest.raises(NoLeader, match="nobody"):
                await client.propose(1, timeout=5.0)

    Simulation().run(scenario)


@with_group
async def test_a_client_of_another_group_finds_nobody(sim, group) -> None:
    async with group.client(group="other") as client:
        with pytest.raises(NoLeader, match="no actor at"):
            await client.propose(["append", "k", 1], timeout=2.0)


@with_group
async def test_a_caller_who_gives_up_takes_nobody_with_him(sim, group) -> None:
    async with group.client() as client:
        calls = [asyncio.create_task(client.propose(["append", "k", n])) for n in range(3)]
        await asyncio.sleep(0)
        calls[1].cancel()
        await asyncio.gather(calls[0], calls[2])
        values = await client.read("k")
        assert {0, 2} <= set(values) <= {0, 1, 2}
        with pytest.raises(asyncio.CancelledError):
            await calls[1]


@with_group
async def test_a_forgotten_client_goes_on_with_a_new_session(sim, group) -> None:
    async with group.client("one") as client:
        await client.propose(["append", "k", 0])
        for number in range(SMALL.sessions_max + 1):
            async with group.client("others") as other:
                other._calls._commands._courier.tell = lambda request: None  # says no goodbye
                await other.propose(["append", "others", number])
        assert await client.propose(["append", "k", 1]) == [0, 1]


@with_group
async def test_a_closed_client_says_so(sim, group) -> None:
    client = group.client()
    await client.propose(["append", "k", 1])
    assert group.groups[group.leader].status().sessions == 1
    await client.close()
    with pytest.raises(ConfigError):
        await client.propose(["append", "k", 2])
    await eventually(lambda: group.groups[group.leader].status().sessions == 0)


@with_group
async def test_closing_a_client_ends_what_it_has_under_way(sim, group) -> None:
    client = group.client()
    await client.propose(["append", "k", 0])
    sim.network.isolate("client")
    calls = [asyncio.create_task(client.propose(["append", "k", 1], timeout=900.0))]
    calls.append(asyncio.create_task(client.read("k", timeout=900.0)))
    await asyncio.sleep(0.1)
    await client.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in results] == [OutcomeUnknown, NoLeader]


@with_group
async def test_a_leader_that_closes_hands_over_first(sim, group) -> None:
    closing = group.leader
    began = sim.time()
    await group.groups[closing].close()
    await eventually(lambda: group.leader not in (None, closing), every=0.01)
    assert sim.time() - began < SMALL.election_s
    status = group.groups[closing].status()
    assert (status.role, status.stopped) == ("stopped", "it was stopped")
    with pytest.raises(MemberStopped, match="stopped"):
        await group.groups[closing].propose(["append", "k", 1])


# --- members ---


@with_group
async def test_a_new_member_learns_and_votes_and_an_old_one_leaves(sim, group) -> None:
    leader = group.groups[group.leader]
    for number in range(50):
        await leader.propose(["append", "k", number])
    group.join("d")
    await leader.add("d", "sim://d")
    assert set(leader.members) == set("abcd")
    await eventually(lambda: group.groups["d"].status().applied_index > 20)
    status = next(m for m in leader.status().members if m.name == "d")
    assert status.voter
    await group.groups["d"].remove("a")
    assert set(leader.members) == set("bcd")
    async with group.client() as client:
        await client.propose(["append", "k", 50])
        assert await client.read("k") == list(range(51))


@with_group
async def test_a_learner_is_promoted_and_a_voter_demoted(sim, group) -> None:
    group.join("d")
    member = group.groups["a"]
    await member.add("d", "sim://d", learner=True)
    assert not next(m for m in member.status().members if m.name == "d").voter
    await member.promote("d")
    await member.demote("d")
    await eventually(lambda: not next(m for m in member.status().members if m.name == "d").voter)


@with_group
async def test_leadership_is_handed_over_to_whom_it_is_meant_for(sim, group) -> None:
    before = group.leader
    target = next(name for name in group.members if name != before)
    await group.groups[before].transfer_leadership(target)
    await eventually(lambda: group.leader == target)
    await group.groups[before].transfer_leadership()
    await eventually(lambda: group.leader not in (None, target))


@with_group
async def test_a_leader_that_removes_itself_ends_as_no_member(sim, group) -> None:
    leader = group.leader
    await group.groups[leader].remove(leader)
    await eventually(lambda: group.leader not in (None, leader))
    async with group.client() as client:
        await client.propose(["append", "k", 1])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda g: g.add("b", "sim://elsewhere"), "duplicate-member"),
        (lambda g: g.remove("z"), "not-a-member"),
        (lambda g: g.promote("z"), "not-a-member"),
        (lambda g: g.transfer_leadership("z"), "not-a-member"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_with_its_reason(change, reason) -> None:
    @with_group
    async def run(sim, group) -> None:
        for member in group.groups.values():
            with pytest.raises(ChangeRefused) as raised:
                await change(member)
            assert raised.value.reason == reason
        assert set(group.groups["a"].members) == set("abc")
        await group.groups["a"].propose(["append", "k", 1])

    run()


def test_the_last_voter_cannot_be_removed() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, "a")
        await eventually(lambda: group.leader)
        with pytest.raises(ChangeRefused) as raised:
            await group.groups["a"].remove("a")
        assert raised.value.reason == "last-voter"
        assert await group.groups["a"].propose(["append", "k", 1]) == [1]

    Simulation().run(scenario)


@with_group
async def test_a_change_that_no_leader_takes_is_known_not_to_have_happened(sim, group) -> None:
    sim.crash("b")
    sim.crash("c")
    await asyncio.sleep(10)
    with pytest.raises(NoLeader):
        await group.groups["a"].remove("b", timeout=2.0)


# --- snapshots and restarts ---


@with_group
async def test_a_member_that_was_away_catches_up_by_a_snapshot(sim, group) -> None:
    away = next(name for name in group.members if name != group.leader)
    sim.crash(away)
    async with group.client() as client:
        for number in range(60):
            await client.propose(["append", "k", number], timeout=30.0)
    assert group.groups[group.leader].status().first_index > 10
    sim.restart(away)
    await eventually(lambda: group.alike, within=60)
    assert group.groups[away].status().snapshot_index > 0


@with_group
async def test_all_members_at_once_come_back_with_all_that_was_acknowledged(sim, group) -> None:
    async with group.client() as client:
        for number in range(45):
            await client.propose(["append", "k", number], timeout=30.0)
        for name in group.members:
            sim.crash(name, torn=True)
        for name in group.members:
            sim.restart(name)
        assert await client.read("k", timeout=30.0) == list(range(45))


@with_group
async def test_a_snapshot_of_what_has_one_is_not_taken_again(sim, group) -> None:
    member = group.groups["a"]
    index = await member.snapshot()
    await eventually(lambda: member.status().snapshot_index == index)
    files = sim.disk("a").names()
    assert await member.snapshot() == index
    assert sim.disk("a").names() == files


@with_group
async def test_a_snapshot_can_be_asked_for(sim, group) -> None:
    member = group.groups["a"]
    await member.propose(["append", "k", 1])
    await eventually(lambda: member.status().applied_index > 2)
    index = await member.snapshot()
    await eventually(lambda: member.status().snapshot_index == index)
    assert index == member.status().applied_index


class Unpackable(Registers):
    def snapshot(self) -> Any:
        return object()


def test_a_state_that_cannot_be_packed_is_reported_and_the_log_goes_on() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, "a", Unpackable)
        await eventually(lambda: group.leader)
        member = group.groups["a"]
        watch = member.watch()
        with pytest.raises(ChangeRefused, match="snapshot-failed"):
            await member.snapshot()
        for number in range(30):
            await member.propose(["append", "k", number])
        assert any(type(event) is SnapshotFailed for event in watch._unread)
        assert member.status().snapshot_index == 0

    Simulation().run(scenario)


# --- watching ---


@with_group
async def test_a_watch_tells_who_leads_who_is_there_and_what_was_applied(sim, group) -> None:
    member = group.groups[next(name for name in group.members if name != group.leader)]
    async with member.watch() as watch:
        await member.propose(["append", "k", 1])
        lost = group.leader
        await member.remove(lost)
        await member.propose(["append", "k", 2], timeout=30.0)
        events = list(watch._unread)
        assert [e for e in events if type(e) is Applied]
        assert [e for e in events if type(e) is MembersChanged and lost not in e.voters]
        assert [e for e in events if type(e) is LeaderChanged and e.leader not in (None, lost)]
        first = await anext(watch)
        assert first == events[0]


@with_group
async def test_a_watch_that_is_not_read_says_what_it_has_lost(sim, group) -> None:
    member = group.groups[group.leader]
    watch = member._seated.feed.watch(capacity=2)
    for number in range(5):
        await member.propose(["append", "k", number])
    lost = await anext(watch)
    assert type(lost) is EventsLost
    assert lost.count >= 3
    assert [type(await anext(watch)) for _ in range(2)] == [Applied, Applied]
    watch.close()
    assert [event async for event in watch] == []


# --- time ---


class Leases(Registers):
    """Keys that live for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.ends: dict[str, float] = {}

    def apply(self, command: Any) -> Any:
        if command[0] == "lease":
            self.ends[command[1]] = self.now + command[2]
        return super().apply(["put", *command[1:]])

    def advance(self, now: float) -> None:
        assert now > self.now
        self.now = now
        for key in [key for key, end in self.ends.items() if end <= now]:
            del self.ends[key], self.items[key]

    def deadline(self) -> float | None:
        return min(self.ends.values(), default=None)

    def snapshot(self) -> Any:
        return [self.applied, self.items, self.now, self.ends]

    def restore(self, state: Any) -> None:
        self.applied, self.items, self.now, self.ends = state


@pytest.mark.parametrize("disturbance", ["none", "leader lost", "all restarted", "long idle"])
def test_a_lease_lives_as_long_as_it_was_given_and_then_ends(disturbance: str) -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, machine=Leases)
        await eventually(lambda: group.leader)
        async with group.client() as client:

            async def gone() -> bool:
                return await client.read("k", timeout=30.0) is None

            await client.propose(["put", "other", 1], timeout=30.0)
            if disturbance == "long idle":
                away = next(name for name in group.members if name != group.leader)
                sim.crash(away)
                await asyncio.sleep(100)
                sim.restart(away)
                await group.groups[group.leader].transfer_leadership()
                await eventually(lambda: group.leader)
            any_member = group.groups["a"]
            began = sim.time()
            await any_member.propose(["lease", "k", 10.0], timeout=30.0)
            if disturbance == "leader lost":
                sim.crash(group.leader)
            if disturbance == "all restarted":
                for name in group.members:
                    sim.crash(name)
                    sim.restart(name)
            await eventually(gone, within=60.0)
            assert 10.0 <= sim.time() - began < 16.0
            assert await client.read("other", timeout=30.0) == 1

    for seed in range(3):
        Simulation(seed).run(scenario)


def test_only_a_leader_takes_commands_for_a_state_machine_that_knows_the_time() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, machine=Leases)
        await eventually(lambda: group.leader)
        await eventually(lambda: all(g.leader for g in group.groups.values()))
        body = Body(100)
        body.add(1, ["put", "k", 1])
        for name, url in group.members.items():
            ref = sim.node("client").ref(member_address("raft", name, url))
            answers = await ref.ask(Submit(1, 1, [], body.data()))
            refused = whole_refusal(answers)
            assert refused is not None
            assert refused.reason == (EXPIRED if name == group.leader else NOT_LEADER)
            assert answers.leader == group.leader

    Simulation().run(scenario)


# --- what stops a member ---


@with_group
async def test_a_disk_that_fails_stops_its_member_and_nobody_else(sim, group) -> None:
    name = group.leader
    member = group.groups[name]
    watch = member.watch()
    sim.disk(name).fail_next("sync")
    async with group.client() as client:
        await client.propose(["append", "k", 1], timeout=30.0)
        assert await client.read("k", timeout=30.0) == [1]
    await eventually(lambda: member.status().role == "stopped")
    assert "StoreBroken" in member.status().stopped
    assert member.leader is None
    with pytest.raises(MemberStopped, match="StoreBroken"):
        await member.propose(["append", "k", 2])
    with pytest.raises(MemberStopped):
        await member.snapshot()
    assert [e async for e in watch if type(e) is MemberFailed]


@with_group
async def test_a_full_disk_acknowledges_nothing_and_a_restart_recovers(sim, group) -> None:
    name = group.leader
    async with group.client() as client:
        disk = sim.disk(name)
        disk.profile = replace(disk.profile, capacity=0)
        for number in range(100):  # there may be room that was taken ahead
            await client.propose(["put", str(number), "x" * 18_000], timeout=30.0)
        await eventually(lambda: group.groups[name].status().stopped)
        assert any(word in group.groups[name].status().stopped for word in ("Broken", "DiskFull"))
        disk.profile = replace(disk.profile, capacity=None)
        sim.crash(name)
        sim.restart(name)
        await eventually(lambda: group.alike, within=60)
        assert await group.groups[name].read("99", timeout=30.0) == "x" * 18_000


class Broken(Registers):
    def apply(self, command: Any) -> Any:
        if command == ["memory"]:
            raise MemoryError("no more")
        return super().apply(command)


def test_a_member_without_memory_stops_rather_than_to_differ() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, "a", Broken)
        await eventually(lambda: group.leader)
        with pytest.raises(OutcomeUnknown, match=r"MemoryError|ended"):
            await group.groups["a"].propose(["memory"], timeout=3.0)
        assert "MemoryError" in group.groups["a"].status().stopped

    Simulation().run(scenario)


@with_group
async def test_an_instance_is_not_continued_by_another_one(sim, group) -> None:
    member = group.groups["a"]
    cell = member._ref
    cell._actor.receive = None  # the next message fails outside of the actor's own care
    cell.tell("anything")
    await eventually(lambda: member.status().stopped)
    with pytest.raises(MemberStopped):
        await member.propose(["append", "k", 1])


# --- configuration ---


def members(**others: str) -> dict[str, str]:
    return {"a": "sim://a", **others}


@pytest.mark.parametrize(
    ("node", "given", "options", "error"),
    [
        ("z", members(), {"data_dir": "x"}, ConfigError),
        ("a", {"a": "nonsense"}, {"data_dir": "x"}, InvalidAddress),
        ("a", members(b="sim://a"), {"data_dir": "x"}, ConfigError),
        ("a", members(**{"no/name": "sim://b"}), {"data_dir": "x"}, InvalidAddress),
        ("a", members(), {}, ConfigError),
        ("a", members(), {"data_dir": "x", "group": "no/name"}, InvalidAddress),
    ],
)
def test_a_group_that_cannot_be_is_refused_when_it_is_made(node, given, options, error) -> None:
    with pytest.raises(error):
        RaftGroup(node, given, Registers(), **options)


def test_a_group_has_to_be_entered_first() -> None:
    group = RaftGroup("a", members(), Registers(), data_dir="x")
    with pytest.raises(ConfigError, match="enter"):
        group.status()
    with pytest.raises(ConfigError, match="enter"):
        _ = group.leader


@pytest.mark.parametrize("given", [{}, {"a": "nonsense"}])
def test_a_client_needs_somebody_to_ask(given) -> None:
    with pytest.raises((ConfigError, InvalidAddress)):
        RaftGroup.client(given)


def test_a_host_has_one_name_and_one_folder() -> None:
    async def scenario(sim: Simulation) -> None:
        host = RaftHost("a", system=sim.node("a"), disk=sim.disk("a"))
        with pytest.raises(ConfigError, match="enter"):
            _ = host.store
        with pytest.raises(ConfigError, match="host"):
            RaftGroup("b", {"b": "sim://b"}, Registers(), host=host)
        with pytest.raises(ConfigError, match="host"):
            RaftGroup("a", members(), Registers(), host=host, data_dir="x")
        with pytest.raises(ConfigError):
            RaftHost("a", "sim://a")
        with pytest.raises(ConfigError):
            RaftHost("a", disk=sim.disk("a"))

    Simulation().run(scenario)


def test_many_groups_share_a_host() -> None:
    async def scenario(sim: Simulation) -> None:
        groups: dict[tuple[str, str], RaftGroup] = {}
        names = [f"g{number}" for number in range(10)]
        given = {name: f"sim://{name}" for name in "abc"}

        def starter(node: str) -> Any:
            async def start(system: ActorSystem) -> None:
                host = RaftHost(node, system=system, disk=sim.disk(node))
                await host.start()
                for name in names:
                    member = RaftGroup(
                        node, given, Registers(), group=name, host=host, settings=SMALL
                    )
                    groups[node, name] = member
                    await member.start()

            return start

        for node in given:
            sim.node(node, start=starter(node))
        await eventually(lambda: all(("c", name) in groups for name in names))
        for name in names:
            await groups["a", name].propose(["put", "name", name], timeout=20.0)
        sim.crash("b")
        sim.restart("b")
        for name in names:
            assert await groups["c", name].read("name", timeout=20.0) == name
        synced = groups["a", "g0"]._host.store.statistics().groups
        assert synced == len(names)

    Simulation().run(scenario)
