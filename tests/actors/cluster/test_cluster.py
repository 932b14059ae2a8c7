"""`system.cluster` between real systems of one process."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors import ActorSystem, ConfigError, DeadLetter, HolonError
from holon_actors.actors.address import Address
from holon_actors.actors.cluster import (
    ClusterUnreachable,
    Member,
    MemberDown,
    MemberEvent,
    MemberJoined,
    MemberLeft,
    SelfDown,
    UnknownMember,
)
from holon_actors.actors.cluster.agent import PATH, ClusterMessage
from tests.actors.cluster.kit import (
    Idle,
    Watcher,
    alive,
    join_all,
    member,
    nodes,
    until,
    url,
)


@pytest.mark.parametrize("scheme", ["tcp", "inproc"])
async def test_nodes_join_by_any_seed_and_all_know_all(scheme: str) -> None:
    async with nodes("abc", scheme) as (a, b, c):
        await b.cluster.join(url(a))
        await c.cluster.join(url(b))
        for system in (a, b, c):
            await until(system, lambda s=system: alive(s) == ["a", "b", "c"])
        assert a.cluster.members == b.cluster.members == c.cluster.members


async def test_before_any_join_there_is_the_node_itself() -> None:
    async with nodes("a") as (a,):
        [me] = a.cluster.members
        assert (me.name, me.state, me.incarnation) == ("a", "alive", a.incarnation)
        assert me.address == f"tcp://{a.endpoint}"


async def test_a_system_that_does_not_listen_knows_itself_but_cannot_be_a_member() -> None:
    async with nodes("a") as (a,), ActorSystem("client") as client:
        assert client.cluster.members == [Member("client", None, "alive", client.incarnation)]
        with pytest.raises(ConfigError, match="bind"):
            await client.cluster.join(url(a))
        with pytest.raises(ConfigError, match="bind"):
            await client.cluster.leave()


async def test_joining_oneself_or_twice_changes_nothing() -> None:
    async with nodes("ab") as (a, b):
        await a.cluster.join(url(a))
        assert alive(a) == ["a"]
        await join_all([a, b])
        before = a.cluster.members
        await b.cluster.join(url(a))
        await a.cluster.join(url(b))
        assert a.cluster.members == before


async def test_two_nodes_may_join_each_other_at_the_same_time() -> None:
    async with nodes("ab") as (a, b):
        await asyncio.gather(a.cluster.join(url(b)), b.cluster.join(url(a)))
        for system in (a, b):
            await until(system, lambda s=system: alive(s) == ["a", "b"])


async def test_a_seed_that_is_not_there_is_named() -> None:
    async with nodes("a") as (a,):
        with pytest.raises(ClusterUnreachable, match=r"127\.0\.0\.1:1\b") as unreachable:
            await a.cluster.join("tcp://127.0.0.1:1", timeout=0.3)
        assert unreachable.value.seed == "tcp://127.0.0.1:1"
        assert unreachable.value.timeout_s == 0.3
        assert isinstance(unreachable.value, HolonError)
        assert alive(a) == ["a"]


async def test_a_seed_may_come_up_later() -> None:
    async with nodes("a", "inproc") as (a,):
        joining = asyncio.ensure_future(a.cluster.join("inproc://late", timeout=20))
        await asyncio.sleep(0)
        async with ActorSystem("late", bind="inproc://late", heartbeat=0.2) as late:
            await joining
            await until(late, lambda: alive(late) == ["a", "late"])


@pytest.mark.parametrize("wrong", ["nonsense", "tcp://", ""])
async def test_what_is_no_endpoint_is_refused(wrong: str) -> None:
    async with nodes("a") as (a,):
        with pytest.raises(ValueError, match="endpoint"):
            await a.cluster.join(wrong)


async def test_who_leaves_has_left_for_all_and_may_come_back() -> None:
    async with nodes("abc") as (a, b, c):
        await join_all([a, b, c])
        first = member(a, "c").incarnation
        await c.cluster.leave()
        for system in (a, b, c):
            await until(system, lambda s=system: member(s, "c").state == "left")
        await c.cluster.leave()  # again: nothing
        await c.cluster.join(url(b))
        for system in (a, b, c):
            await until(system, lambda s=system: alive(s) == ["a", "b", "c"])
        assert member(a, "c").incarnation > first


async def test_a_node_alone_leaves_at_once() -> None:
    async with nodes("a") as (a,):
        await a.cluster.leave(timeout=60)
        assert member(a, "a").state == "left"


async def test_a_shutdown_leaves_first() -> None:
    async with nodes("a") as (a,):
        async with nodes("b") as (b,):
            await join_all([a, b])
        await until(a, lambda: member(a, "b").state == "left")


async def test_events_tell_what_happens_to_members() -> None:
    async with nodes("ab") as (a, b):
        seen: list[MemberEvent] = []
        a.events.subscribe(MemberEvent, seen.append)
        await join_all([a, b])
        await b.cluster.leave()
        await until(a, lambda: member(a, "b").state == "left")
        assert [type(event) for event in seen] == [MemberJoined, MemberLeft]
        assert [event.member.state for event in seen] == ["alive", "left"]
        assert seen[0].member.name == "b"


@pytest.mark.parametrize("how", ["name", "address", "member"])
async def test_a_member_can_be_downed_by_hand(how: str) -> None:
    """It lives, so it hears of that, says so, and is back as a new incarnation."""
    async with nodes("abc") as (a, b, c):
        await join_all([a, b, c])
        first = member(a, "c")
        downed: list[MemberDown] = []
        for system in (a, b):
            system.events.subscribe(MemberDown, downed.append)
        self_down = asyncio.get_running_loop().create_future()
        c.events.subscribe(SelfDown, self_down.set_result)
        a.cluster.down({"name": "c", "address": url(c), "member": first}[how])
        event = await self_down
        assert event.member.incarnation == first.incarnation
        for system in (a, b, c):
            await until(system, lambda s=system: alive(s) == ["a", "b", "c"])
        assert member(a, "c").incarnation > first.incarnation
        assert {(e.member.name, e.member.state) for e in downed} == {("c", "down")}


async def test_watchers_of_a_member_that_is_down_are_told() -> None:
    async with nodes("ab") as (a, b):
        await join_all([a, b])
        watched = b.spawn(Idle, name="watched")
        ref = a.ref(str(watched.address).replace("holon://b/", f"holon://b@{b.endpoint}/"))
        told = asyncio.get_running_loop().create_future()
        watcher = a.spawn(Watcher, ref, told)
        a.cluster.down("b")
        terminated = await told
        assert terminated.reason == "node-lost"
        watcher.stop()


async def test_only_members_can_be_downed_and_not_oneself() -> None:
    async with nodes("ab") as (a, b):
        await join_all([a, b])
        with pytest.raises(UnknownMember, match="'nobody' names nobody"):
            a.cluster.down("nobody")
        with pytest.raises(ConfigError, match="leave"):
            a.cluster.down("a")


async def test_members_of_one_name_are_told_apart_by_their_addresses() -> None:
    async with nodes("a") as (a,), nodes("b") as (b,), nodes("b") as (other,):
        await b.cluster.join(url(a))
        await other.cluster.join(url(a))
        await until(a, lambda: len(a.cluster.members) == 3)
        with pytest.raises(UnknownMember) as ambiguous:
            a.cluster.down("b")
        assert set(ambiguous.value.candidates) == {f"tcp://{s.endpoint}" for s in (b, other)}
        a.cluster.down(f"tcp://{other.endpoint}")
        await until(a, lambda: any(m.incarnation > other.incarnation for m in a.cluster.members))


async def test_a_restarted_node_takes_the_place_of_its_former_self() -> None:
    async with nodes("a", "inproc") as (a,):
        async with nodes("b", "inproc") as (first,):
            await join_all([a, first])
            old = member(a, "b").incarnation
        async with nodes("b", "inproc") as (second,):
            await second.cluster.join(url(a))
            await until(a, lambda: alive(a) == ["a", "b"])
            assert member(a, "b").incarnation > old
            assert len(a.cluster.members) == 2


@pytest.mark.parametrize(
    "body", [[], ["x"], [0, [], 1], [99, [["x"]]], [[[[[[]]]]]], [0, [["x"] * 8] * 1001, 1]]
)
async def test_garbage_from_another_node_does_no_harm(body: list[object]) -> None:
    async with nodes("ab") as (a, b):
        await join_all([a, b])
        before = a.cluster.members
        idle = b.spawn(Idle)
        ref = b._remote.ref(Address("a", PATH, None, a.endpoint))
        ref.tell(ClusterMessage(body), idle)
        ref.tell("what is this?", idle)
        ref.tell(ClusterMessage(body))
        await b.cluster.join(url(a))  # what was sent before has arrived by then
        assert a.cluster.members == before


async def test_gossip_to_the_dead_is_no_dead_letter() -> None:
    async with nodes("ab", "inproc") as (a, b):
        await join_all([a, b])
        letters: list[DeadLetter] = []
        a.events.subscribe(DeadLetter, letters.append)
        await b._remote.close(0)  # as if it had crashed
        await until(a, lambda: member(a, "b").state == "suspect")
        assert letters == []
        assert a.statistics().dead_letters == 0


async def test_the_cluster_says_what_it_is() -> None:
    async with nodes("a") as (a,):
        assert repr(a.cluster) == "<Cluster of a with 1 members>"
        assert str(a.cluster.members[0]) == f"a at tcp://{a.endpoint} (alive)"
