"""Actors of other nodes behave like those next door, over every transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from holon_actors import (
    Actor,
    ActorNotFound,
    ActorSystem,
    DeadLetter,
    MessageUnhandled,
    Terminated,
)
from holon_actors.actors.errors import RemoteError
from holon_actors.actors.remote.remote_ref import RemoteRef
from tests.actors.remote.kit import (
    TRANSPORTS,
    Account,
    Add,
    Fail,
    Introduce,
    Listener,
    Total,
    Watcher,
    two,
)
from tests.support.waiting import until


@pytest.fixture(params=TRANSPORTS)
async def pair(request: Any, tmp_path: Any) -> AsyncIterator[Any]:
    async with two(request.param, tmp_path) as systems:
        yield systems


def far(here: ActorSystem, ref: Any) -> RemoteRef:
    found = here.ref(ref.address)
    assert isinstance(found, RemoteRef)
    return found


async def test_tells_arrive_in_order_and_an_ask_behind_them_sees_them(pair: Any) -> None:
    one, two = pair
    account = far(one, two.spawn(Account, 10, name="ada"))
    for _ in range(5):
        account.tell(Add(1))
    assert await account.ask(Total(), timeout=5) == 15


async def test_a_handlers_error_keeps_its_type(pair: Any) -> None:
    one, two = pair
    account = far(one, two.spawn(Account))
    with pytest.raises(ValueError, match="bad") as caught:
        await account.ask(Fail("value"))
    assert caught.value.args == ("bad", 3)
    with pytest.raises(RemoteError) as other:
        await account.ask(Fail("private"))
    assert other.value.type_name.endswith("Private")
    assert "Private: secret" in other.value.traceback_text


async def test_an_ask_that_means_nothing_to_an_actor_elsewhere_ends_with_an_error(
    pair: Any,
) -> None:
    one, two = pair
    there = two.spawn(Actor)
    with pytest.raises(MessageUnhandled) as caught:
        await far(one, there).ask(Total(), timeout=5)
    assert (caught.value.address, caught.value.message_type) == (there.address, "Total")


async def test_a_watcher_hears_of_the_end_of_an_actor_elsewhere(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    there = two.spawn(Account)
    account = far(one, there)
    one.spawn(Watcher, seen, account)
    await account.ask(Total())
    there.stop()
    await until(lambda: seen)
    assert seen == [Terminated(account, "stopped")]
    assert not account.is_alive


async def test_nobody_at_a_path_ends_asks_and_makes_dead_letters_there(pair: Any) -> None:
    one, two = pair
    letters: list[Any] = []
    two.events.subscribe(DeadLetter, letters.append)
    nobody = one.ref(f"holon://two@{two.endpoint}/user/nobody")
    with pytest.raises(ActorNotFound) as caught:
        await nobody.ask(Total())
    assert caught.value.address.path == "/user/nobody"
    nobody.tell(Add(1))
    await until(lambda: any(letter.message == Add(1) for letter in letters))


async def test_references_travel_and_come_home_as_what_they_were(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    listener = one.spawn(Listener, seen)
    account = far(one, two.spawn(Account, 7))
    assert await account.ask(Introduce(listener)) is listener
    await until(lambda: seen)
    message, sender = seen[0]
    assert message == Add(7)
    assert sender == account


async def test_large_buffers_arrive_as_they_were_sent(pair: Any) -> None:
    one, two = pair
    account = far(one, two.spawn(Account))
    for value in (
        np.arange(200_000, dtype="f8").reshape(400, 500),
        bytes(range(256)) * 8_000,
        bytearray(100_000),
    ):
        back = await account.ask([value, "beside it"])
        assert back[1] == "beside it"
        assert type(back[0]) is type(value)
        assert np.array_equal(np.asarray(back[0]), np.asarray(value))


async def test_many_large_messages_keep_their_order(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    ref = far(one, two.spawn(Listener, seen))
    for n in range(60):
        await ref.send(np.full(100_000, n))
        ref.tell(n)
    await ref.ask("last")
    assert [int(m[0]) if isinstance(m, np.ndarray) else m for m, _ in seen] == [
        *(n for n in range(60) for _ in range(2)),
        "last",
    ]


async def test_a_ref_can_be_used_from_other_threads(pair: Any) -> None:
    one, two = pair
    account = far(one, two.spawn(Account, 1))

    def elsewhere() -> Any:
        account.tell(Add(2))
        return asyncio.run(account.ask(Total(), timeout=10))

    assert await asyncio.to_thread(elsewhere) == 3
