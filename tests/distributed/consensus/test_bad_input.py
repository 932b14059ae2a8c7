"""What comes in wrong is refused with one clear error, and harms no member."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from holon_transports import CodecError

from holon_actors.actors import MessageUnhandled
from holon_actors.actors.remote.endpoints import endpoint_url
from holon_actors.distributed.consensus import (
    FolderMismatch,
    GroupMismatch,
    LogCorrupted,
    MessageRefused,
    RaftGroup,
    RaftHost,
    SnapshotCorrupted,
)
from holon_actors.distributed.consensus.client.courier import member_address
from holon_actors.distributed.consensus.commands.commands import open_entry
from holon_actors.distributed.consensus.commands.outcomes import UNREADABLE
from holon_actors.distributed.consensus.core import messages as core
from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.wire import requests as rq
from holon_actors.distributed.consensus.wire.peer_messages import Blobs, PeerMessage, encode
from holon_actors.storage import StorageError
from holon_actors.testing import Simulation, eventually
from tests.distributed.consensus.kit import SMALL, Registers, SimGroup
from tests.distributed.consensus.test_group import with_group


def refused(group: SimGroup) -> int:
    return sum(member.status().refused for member in group.groups.values())


async def settle(group: SimGroup) -> None:
    """The group works, whatever it has been sent."""
    async with group.client("settler") as client:
        await client.propose(["append", "k", "settled"], timeout=30.0)
    await eventually(lambda: group.alike, within=60)
    assert all(not member.status().stopped for member in group.groups.values())


@with_group
async def test_a_message_of_another_group_is_refused_and_told_of_once(sim, group) -> None:
    member = group.groups["a"]
    async with member.watch() as watch:
        term = member.status().term
        for _ in range(5):
            wrong = core.VoteRequest("b", "a", term + 5, 10**6, term)
            member._ref.tell(encode("other", wrong, Blobs()))
        await settle(group)
        events = [event for event in watch._unread if type(event) is MessageRefused]
    assert len(events) == 1
    assert "other" in events[0].reason
    assert refused(group) == 5
    assert member.status().term == term


@pytest.mark.parametrize(
    "message",
    [
        lambda me, you, term: core.AppendReply(you, me, term, 10**9),
        lambda me, you, term: core.AppendRequest(you, me, 2**62, 0, 0, (Entry(1, 1, 0, b""),), 1),
        lambda me, you, term: core.AppendRequest(me, me, term, 0, 0, (), 0),
        lambda me, you, term: core.Heartbeat(you, "z", term, 0, 1),
        lambda me, you, term: core.AppendRequest(you, me, term, 5, term + 1, (), 0),
        lambda me, you, term: core.AppendRequest(you, me, term, 0, 0, (Entry(7, 1, 0, b""),), 0),
        lambda me, you, term: core.Heartbeat(you, me, term, 0, 1),
    ],
    ids=[
        "an acknowledgement of what was never sent",
        "a term that no group lives to see",
        "its own name",
        "for another member",
        "an entry of a later term before",
        "a gap",
        "a second leader",
    ],
)
def test_messages_that_no_member_would_send_are_refused(message) -> None:
    @with_group
    async def run(sim, group) -> None:
        me = group.leader
        you = next(name for name in group.members if name != me)
        term = group.groups[me].status().term
        sent = encode("raft", message(me, you, term), Blobs())
        group.groups[me]._ref.tell(sent, group.groups[you]._ref)
        await eventually(lambda: refused(group) == 1)
        await settle(group)
        assert group.groups[me].status().term < 1000

    run()


@with_group
async def test_a_second_member_of_a_name_is_refused(sim, group) -> None:
    me = group.leader
    you = next(name for name in group.members if name != me)
    sim.node("impostor")
    endpoint = sim.node("impostor").endpoint
    address = member_address("raft", you, endpoint_url(endpoint))
    impostor = sim.node(me).ref(address)
    term = group.groups[me].status().term
    reply = core.AppendReply(you, me, term, 1)
    group.groups[me]._ref.tell(encode("raft", reply, Blobs()), impostor)
    await eventually(lambda: refused(group) == 1)
    await settle(group)


@with_group
async def test_a_message_of_nobody_is_refused(sim, group) -> None:
    member = group.groups["a"]
    probe = sim.probe(node="b")
    for sender in (None, probe.ref):
        message = core.Heartbeat("b", "a", member.status().term, 0, 1)
        member._ref.tell(encode("raft", message, Blobs()), sender)
    await eventually(lambda: refused(group) == 2)
    await settle(group)


def junk(rng: random.Random, depth: int = 2) -> Any:
    """Any value."""
    match rng.randrange(8 if depth else 6):
        case 0:
            return None
        case 1:
            return rng.random() < 0.5
        case 2:
            return rng.choice([-1, 0, 1, 7, 2**63, 2**64, 0.5])
        case 3:
            return rng.choice(["", "a", "b", "z", "sim://a", "raft"])
        case 4:
            return rng.randbytes(rng.randrange(20))
        case 5:
            return open_entry(1, 0.0)
        case 6:
            return [junk(rng, depth - 1) for _ in range(rng.randrange(5))]
    return {str(junk(rng, 0)): junk(rng, depth - 1) for _ in range(rng.randrange(3))}


def request_of_junk(rng: random.Random) -> Any:
    match rng.randrange(9):
        case 0 | 1 | 2:
            fields: list[Any] = [rng.choice("abz"), rng.choice("abc")]
            fields += [junk(rng) for _ in range(rng.randrange(7))]
            return PeerMessage("raft", rng.randrange(13), fields)
        case 3:
            return PeerMessage("raft", junk(rng), junk(rng))
        case 4:
            return rq.Submit(junk(rng), junk(rng), junk(rng), junk(rng))
        case 5:
            return rq.Reads(junk(rng), junk(rng))
        case 6:
            # One that happens to be right would be done.
            return rq.ChangeMembers(*(junk(rng) for _ in range(4)), remove=7)
        case 7:
            return rq.WaitingRead(junk(rng), junk(rng))
    return rng.choice([rq.HandOver, rq.CloseSession, rq.ReadLog])(junk(rng))


def test_no_request_whatsoever_harms_a_member() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim)
        await eventually(lambda: group.leader)
        for _ in range(200):
            request = request_of_junk(sim.rng)
            group.groups["a"]._ref.tell(request, group.groups["b"]._ref)
        await settle(group)

    for seed in range(20):
        Simulation(seed).run(scenario)


@pytest.mark.parametrize(
    "request_",
    [
        rq.Submit(-1, 1, [], b""),
        rq.Submit(1, 1, ["x"], b""),
        rq.Submit(1, 1, [], "text"),
        rq.WaitingRead(math.nan, b""),
        rq.WaitingRead(-1.0, b""),
        rq.WaitingRead(1.0, b"\xff"),
        rq.WaitingRead(1.0, None),
        rq.Reads(1, b""),
        rq.Reads(False, b"\xff"),
        rq.ChangeMembers({"d": "nonsense"}, {}, [], [], []),
        rq.ChangeMembers({"": "sim://d"}, {}, [], [], []),
        rq.ChangeMembers({}, {"d": 1}, [], [], []),
        rq.ChangeMembers({}, {}, [1], [], []),
        rq.HandOver(7),
        rq.CloseSession(-7),
        rq.ReadLog("all"),
    ],
)
def test_a_request_that_makes_no_sense_ends_with_an_error(request_) -> None:
    @with_group
    async def run(sim, group) -> None:
        for name, member in group.groups.items():
            address = member_address("raft", name, group.members[name])
            with pytest.raises(CodecError):
                await sim.node("elsewhere").ref(address).ask(request_, timeout=5.0)
            assert not member.status().stopped
        await settle(group)

    run()


@with_group
async def test_commands_that_cannot_be_read_are_refused_by_each_member(sim, group) -> None:
    for member in group.groups.values():
        refusal = rq.whole_refusal(await member._ref.ask(rq.Submit(1, 1, [], b"\xff\xff")))
        assert (refusal.reason, refusal.unknown) == (UNREADABLE, False)
    await settle(group)


@with_group
async def test_a_message_of_another_kind_is_not_handled(sim, group) -> None:
    with pytest.raises(MessageUnhandled):
        await group.groups["a"]._ref.ask("anything")
    await settle(group)


# --- folders ---


async def begun(sim: Simulation, group: str = "raft", count: int = 10) -> None:
    """A group of one with something in its folder, which has been left in order."""
    member = RaftGroup(
        "a",
        {"a": "sim://a"},
        Registers(),
        group=group,
        system=sim.node("a"),
        disk=sim.disk("a"),
        settings=SMALL,
    )
    async with member:
        for number in range(count):
            await member.propose(["append", "k", number], timeout=20.0)


def again(sim: Simulation, node: str = "a", **options: Any) -> RaftGroup:
    return RaftGroup(
        node,
        {node: f"sim://{node}"},
        Registers(),
        system=sim.node("again"),
        disk=sim.disk("a"),
        settings=SMALL,
        **options,
    )


def test_a_folder_of_another_group_is_refused_and_left_alone() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim, "orders")
        before = contents(sim)
        with pytest.raises(GroupMismatch, match="orders"):
            await again(sim).start()
        assert contents(sim) == before
        async with again(sim, group="orders") as member:
            assert await member.read("k", timeout=20.0) == list(range(10))

    Simulation().run(scenario)


def test_a_folder_of_another_member_is_refused_and_left_alone() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim)
        before = contents(sim)
        with pytest.raises(FolderMismatch):
            await again(sim, "b").start()
        assert contents(sim) == before

    Simulation().run(scenario)


def contents(sim: Simulation) -> dict[str, bytes | None]:
    disk = sim.disk("a")
    return {name: disk.durable(name) for name in disk.names()}


def test_a_log_with_a_wrong_bit_is_refused_and_left_alone() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim)
        disk = sim.disk("a")
        (name,) = [name for name in disk.names() if not name.startswith("snapshot")]
        size = len(disk.durable(name) or b"")
        disk.corrupt(name, sim.draw("offset", size // 2))
        before = contents(sim)
        with pytest.raises((LogCorrupted, FolderMismatch)):
            await again(sim).start()
        assert contents(sim) == before

    for seed in range(20):
        Simulation(seed).run(scenario)


def test_a_snapshot_with_a_wrong_bit_is_refused_and_left_alone() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim, count=50)
        disk = sim.disk("a")
        (name,) = [name for name in disk.names() if name.startswith("snapshot")]
        disk.corrupt(name, sim.draw("offset", len(disk.durable(name) or b"")))
        before = contents(sim)
        with pytest.raises(SnapshotCorrupted, match=name):
            await again(sim).start()
        assert contents(sim) == before

    for seed in range(10):
        Simulation(seed).run(scenario)


def test_a_log_that_is_cut_off_is_refused_or_read_up_to_the_cut() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim)
        disk = sim.disk("a")
        (name,) = [name for name in disk.names() if not name.startswith("snapshot")]
        size = len(disk.durable(name) or b"")
        file = disk.open(name)
        file.truncate(sim.draw("size", size))
        await file.sync()
        file.close()
        before = contents(sim)
        try:
            member = again(sim)
            await member.start()
        except (LogCorrupted, FolderMismatch):
            assert contents(sim) == before
        else:
            # A crash leaves the same, then of what was never acknowledged.
            values = await member.read("k", timeout=20.0) or []
            assert values == list(range(len(values)))
            await member.close()

    for seed in range(20):
        Simulation(seed).run(scenario)


def test_a_disk_that_cannot_be_read_is_reported() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim)
        sim.disk("a").fail_next("read")
        with pytest.raises(StorageError):
            await again(sim).start()
        async with again(sim) as member:
            assert await member.read("k", timeout=20.0) == list(range(10))

    Simulation().run(scenario)


def test_a_host_takes_several_groups_from_its_folder() -> None:
    async def scenario(sim: Simulation) -> None:
        await begun(sim, "orders")
        host = RaftHost("a", system=sim.node("again"), disk=sim.disk("a"))
        async with host:
            members = {"a": "sim://a"}
            for group in ("orders", "stock"):
                member = RaftGroup("a", members, Registers(), group=group, host=host)
                await member.start()
                await member.propose(["put", "x", group], timeout=20.0)
                await member.close()

    Simulation().run(scenario)
