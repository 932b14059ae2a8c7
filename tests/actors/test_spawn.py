"""Names, limits and options of spawning."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorLimitReached,
    ActorSystem,
    ConfigError,
    HolonError,
    InvalidAddress,
    NameTaken,
)
from tests.actors.kit import Boom, Echo, Ping, Scripted, ended, until


async def test_a_name_is_the_last_part_of_the_path(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    assert ref.path == "/user/ada"
    assert str(ref.address) == f"holon://test/user/ada#{ref.address.uid}"


async def test_actors_without_a_name_get_one_of_their_own(system: ActorSystem) -> None:
    refs = [system.spawn(Echo) for _ in range(20)]
    assert len({ref.path for ref in refs}) == 20
    for ref in refs:
        assert ref.path.startswith("/user/echo~")
        assert system.lookup(ref.path) == ref
        assert system.ref(str(ref.address)) == ref


async def test_a_class_whose_name_does_not_fit_a_path_still_gets_one(system: ActorSystem) -> None:
    strange = type("Über", (Echo,), {})
    ref = system.spawn(strange)
    assert system.ref(str(ref.address)) == ref
    assert await ref.ask(Ping()) == "pong"


async def test_a_name_is_free_again_when_its_actor_has_ended(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    with pytest.raises(NameTaken) as caught:
        system.spawn(Echo, name="ada")
    assert caught.value.path == "/user/ada"
    ref.stop()
    with pytest.raises(NameTaken):
        system.spawn(Echo, name="ada")
    await ended(system, ref)
    assert await system.spawn(Echo, name="ada").ask(Ping()) == "pong"


async def test_the_same_name_may_live_under_different_parents(system: ActorSystem) -> None:
    parent = system.spawn(Scripted, lambda me, message, sender: me.spawn(Echo, name=message))
    child: Any = await parent.ask("ada")
    top = system.spawn(Echo, name="ada")
    assert child != top
    with pytest.raises(NameTaken):
        await parent.ask("ada")


async def test_two_living_actors_never_share_a_path(system: ActorSystem) -> None:
    """Not even when a given name looks like a made one."""
    uid = system.spawn(Echo).address.uid
    assert uid is not None
    named = []
    for n in range(1, 4):
        try:
            named.append(system.spawn(Echo, name=f"echo~{uid + 2 * n}"))
        except (NameTaken, InvalidAddress):
            continue
    refs = [*named, *(system.spawn(Echo) for _ in range(5))]
    assert len({ref.path for ref in refs}) == len(refs)


@pytest.mark.parametrize("name", ["", "a/b", "a b", "#1", "ä", "x" * 300])
async def test_names_that_do_not_fit_a_path_are_refused(system: ActorSystem, name: str) -> None:
    with pytest.raises(InvalidAddress):
        system.spawn(Echo, name=name)
    assert system.snapshot() == []


@pytest.mark.parametrize("dispatcher", ["fiber", "", None])
async def test_an_unknown_dispatcher_is_refused(system: ActorSystem, dispatcher: Any) -> None:
    with pytest.raises(ConfigError, match="dispatcher"):
        system.spawn(Echo, dispatcher=dispatcher)
    assert system.statistics().actors == 0


async def test_what_spawns_without_end_is_stopped_at_the_limit() -> None:
    class Rabbit(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            while True:
                self.spawn(Echo)

    async with ActorSystem("test", max_actors=50) as system:
        other = system.spawn(Echo)
        rabbit = system.spawn(Rabbit)
        with pytest.raises(ActorLimitReached) as caught:
            await rabbit.ask("go")
        assert (caught.value.path, caught.value.limit) == (rabbit.path, 50)
        assert await other.ask(Ping()) == "pong"
        await until(lambda: system.statistics().actors == 2)
        assert system.spawn(Echo).is_alive


async def test_what_spawns_itself_without_end_is_stopped_at_the_limit() -> None:
    class Endless(Actor):
        def started(self) -> None:
            self.spawn(Endless)

    async with ActorSystem("test", max_actors=30) as system:
        system.spawn(Endless)
        await until(lambda: system.statistics().failures > 0)
        assert system.statistics().actors <= 30


async def test_ended_actors_do_not_count_against_the_limit() -> None:
    async with ActorSystem("test", max_actors=2) as system:
        for _ in range(10):
            ref = system.spawn(Echo)
            ref.stop()
            await ended(system, ref)
        assert system.statistics().actors == 0
        assert system.statistics().spawned == 10


async def test_the_system_s_own_actors_do_not_count_against_the_limit() -> None:
    async with ActorSystem("test", max_actors=1) as system:
        system._spawn_own(Echo, name="first")
        ref = system.spawn(Echo)
        system._spawn_own(Echo, name="second")
        with pytest.raises(ActorLimitReached):
            system.spawn(Echo)
        ref.stop()
        await ended(system, ref)
        assert system.spawn(Echo).is_alive


async def test_arguments_that_do_not_fit_the_constructor_are_the_caller_s_error(
    system: ActorSystem,
) -> None:
    with pytest.raises(TypeError):
        system.spawn(Echo, "too", "many")
    assert system.statistics().actors == 0


async def test_spawning_works_from_another_thread(system: ActorSystem) -> None:
    ref = await asyncio.to_thread(system.spawn, Echo, name="ada")
    assert await ref.ask(Ping()) == "pong"

    class Broken(Actor):
        def __init__(self) -> None:
            raise Boom

    with pytest.raises(Boom):
        await asyncio.to_thread(system.spawn, Broken)
    with pytest.raises(HolonError):
        await asyncio.to_thread(system.spawn, Echo, name="ada")
