"""References: equality, hashing, pickling, and addresses where nobody lives."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import Any

import pytest

from holon_actors import (
    ActorNotFound,
    ActorStopped,
    ActorSystem,
    Address,
    DeadLetter,
    InvalidAddress,
    SystemNotRunning,
)
from tests.actors.kit import Echo, Heard, Ping, ended


async def test_the_same_actor_is_one_reference_however_it_is_found(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    for found in (
        system.ref(ref.address),
        system.ref(str(ref.address)),
        system.ref("holon://test/user/ada"),
        system.ref(Address("test", "/user/ada")),
        system.lookup("/user/ada"),
    ):
        assert found == ref
        assert hash(found) == hash(ref)
        assert found is not None
        assert await found.ask(Ping()) == "pong"
    assert ref.path == ref.address.path == "/user/ada"
    assert str(ref.address) in repr(ref)


async def test_different_actors_are_different_references(system: ActorSystem) -> None:
    refs = [system.spawn(Echo) for _ in range(50)]
    assert len(set(refs)) == 50
    assert refs[0] != refs[1]
    assert refs[0] != refs[0].address
    assert {ref: n for n, ref in enumerate(refs)}[refs[7]] == 7


async def test_a_new_actor_of_an_old_name_is_another_actor(system: ActorSystem) -> None:
    old = system.spawn(Echo, name="ada")
    old.stop()
    await ended(system, old)
    new = system.spawn(Echo, name="ada")
    assert old != new
    stale = system.ref(old.address)
    assert not stale.is_alive
    assert stale == old
    assert stale != new
    assert new != stale
    with pytest.raises(ActorStopped):
        await stale.ask(Ping())
    assert await system.ref("holon://test/user/ada").ask(Ping()) == "pong"


async def test_an_ask_to_an_unknown_address_ends_with_actor_not_found(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    nobody = system.ref("holon://test/user/nobody")
    with pytest.raises(ActorNotFound) as caught:
        await nobody.ask("anybody?")
    assert isinstance(caught.value, ActorStopped)
    assert caught.value.address == Address("test", "/user/nobody")
    with pytest.raises(ActorNotFound):
        await nobody.send("anybody?")
    nobody.tell("anybody?")
    nobody.stop()
    nobody.kill()
    assert letters
    assert {(letter.message, letter.reason) for letter in letters} == {("anybody?", "not-found")}


async def test_an_address_of_another_system_is_nobody_here(system: ActorSystem) -> None:
    system.spawn(Echo, name="ada")
    assert not system.ref("holon://other/user/ada").is_alive


async def test_text_that_is_no_address_is_refused(system: ActorSystem) -> None:
    with pytest.raises(InvalidAddress):
        system.ref("/user/ada")


async def test_lookup_finds_only_the_living(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    assert system.lookup("/user/ada") is ref
    for path in ("/user/bob", "/user/ada/child", "/system/ada", "/ada", "", "/"):
        assert system.lookup(path) is None
    ref.stop()
    await ended(system, ref)
    assert system.lookup("/user/ada") is None


async def test_references_are_pickled_by_address() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Echo, name="ada")
        data = pickle.dumps(ref)
        assert str(ref.address).encode() in data
        assert pickle.loads(data) is ref
        assert copy.deepcopy(ref) is ref
        ref.stop()
        await ended(system, ref)
        assert not pickle.loads(data).is_alive


async def test_inside_an_actor_its_own_system_is_the_one_to_unpickle_in() -> None:
    async with ActorSystem("one") as one, ActorSystem("two") as two:
        first, second = one.spawn(Echo, name="ada"), two.spawn(Echo, name="ada")
        assert pickle.loads(pickle.dumps(first)) is first
        assert pickle.loads(pickle.dumps(second)) is second


def test_a_reference_cannot_be_unpickled_where_no_system_is() -> None:
    async def pickled() -> bytes:
        async with ActorSystem("test") as system:
            return pickle.dumps(system.spawn(Echo))

    data = asyncio.run(pickled())
    with pytest.raises(SystemNotRunning):
        pickle.loads(data)


def test_a_reference_outlives_its_system_and_its_loop() -> None:
    """Tells still never raise, and asks still end."""
    kept: list[Any] = []

    async def first() -> None:
        async with ActorSystem("test") as system:
            kept.append(system.spawn(Echo))

    async def second() -> None:
        kept[0].tell("anybody?")
        for verb in (kept[0].ask, kept[0].send):
            with pytest.raises(ActorStopped):
                await verb("anybody?")
        kept[0].stop()
        kept[0].kill()

    asyncio.run(first())
    asyncio.run(second())
