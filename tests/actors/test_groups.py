"""Named groups."""

from __future__ import annotations

import asyncio
from typing import Any

from holon_actors import ActorSystem, GroupJoined, GroupLeft
from tests.actors.kit import Boom, Collector, Echo, ended, turns, until


async def test_members_are_listed_in_order_of_joining(system: ActorSystem) -> None:
    refs = [system.spawn(Echo) for _ in range(3)]
    for ref in reversed(refs):
        system.groups.join("workers", ref)
        system.groups.join("workers", ref)
    assert system.groups.members("workers") == refs[::-1]
    assert system.groups.members("nobody") == []
    assert system.groups.names() == ["workers"]


async def test_a_member_that_leaves_is_gone(system: ActorSystem) -> None:
    one, two = system.spawn(Echo), system.spawn(Echo)
    for ref in (one, two):
        system.groups.join("a", ref)
        system.groups.join("b", ref)
    system.groups.leave("a", one)
    system.groups.leave("a", one)
    system.groups.leave("unknown", one)
    assert system.groups.members("a") == [two]
    assert system.groups.members("b") == [one, two]
    system.groups.leave("a", two)
    assert system.groups.names() == ["b"]


async def test_an_actor_that_ends_leaves_all_its_groups(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    for name in ("a", "b"):
        system.groups.join(name, ref)
    ref.stop()
    await ended(system, ref)
    assert system.groups.names() == []
    system.groups.join("a", ref)
    assert system.groups.members("a") == []


async def test_a_restarted_actor_stays_a_member(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    system.groups.join("a", ref)
    ref.tell(Boom())
    await ref.ask("restarted")
    assert system.groups.members("a") == [ref]


async def test_subscribers_hear_of_members_now_and_later(system: ActorSystem) -> None:
    seen: list[Any] = []
    subscriber = system.spawn(Collector, seen)
    early, late = system.spawn(Echo), system.spawn(Echo)
    system.groups.join("g", early)
    system.groups.subscribe("g", subscriber)
    system.groups.subscribe("g", subscriber)
    system.groups.join("g", late)
    system.groups.leave("g", early)
    late.stop()
    await until(lambda: len(seen) == 4)
    await turns()
    assert seen == [
        GroupJoined("g", early),
        GroupJoined("g", late),
        GroupLeft("g", early),
        GroupLeft("g", late),
    ]


async def test_after_unsubscribing_nothing_is_heard(system: ActorSystem) -> None:
    seen: list[Any] = []
    subscriber = system.spawn(Collector, seen)
    system.groups.subscribe("g", subscriber)
    system.groups.unsubscribe("g", subscriber)
    system.groups.unsubscribe("unknown", subscriber)
    system.groups.join("g", system.spawn(Echo))
    await turns()
    assert seen == []


async def test_a_subscriber_that_ends_is_forgotten(system: ActorSystem) -> None:
    subscriber = system.spawn(Collector, [])
    system.groups.subscribe("g", subscriber)
    subscriber.stop()
    await ended(system, subscriber)
    system.groups.join("g", system.spawn(Echo))
    await turns()
    assert system.statistics().dead_letters == 0


async def test_an_actor_may_be_member_and_subscriber(system: ActorSystem) -> None:
    seen: list[Any] = []
    both = system.spawn(Collector, seen)
    system.groups.join("g", both)
    system.groups.subscribe("g", both)
    await until(lambda: seen)
    both.stop()
    await ended(system, both)
    assert seen == [GroupJoined("g", both)]
    assert system.groups.names() == []
    assert system.statistics().dead_letters == 0


async def test_groups_may_be_joined_from_another_thread(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    await asyncio.to_thread(system.groups.join, "g", ref)
    await until(lambda: system.groups.members("g") == [ref])


async def test_two_systems_have_groups_of_their_own(system: ActorSystem) -> None:
    async with ActorSystem("other") as other:
        system.groups.join("g", system.spawn(Echo))
        assert other.groups.members("g") == []


async def test_groups_that_an_actor_has_left_are_not_remembered_with_it(
    system: ActorSystem,
) -> None:
    ref: Any = system.spawn(Echo)
    for name in ("a", "b"):
        system.groups.join(name, ref)
        system.groups.subscribe(name, ref)
        system.groups.leave(name, ref)
        assert name in ref._rare.groups  # it subscribes still
        system.groups.unsubscribe(name, ref)
    assert not ref._rare.groups
