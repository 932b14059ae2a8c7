"""Which systems the running code belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from holon_actors import ActorSystem, Address, SystemNotRunning
from holon_actors.actors._ambient import ambient_system
from tests.actors.kit import Scripted


async def test_the_system_that_the_address_names_goes_before_the_innermost() -> None:
    async with ActorSystem("outer") as outer, ActorSystem("inner") as inner:
        assert ambient_system(Address("outer", "/user/a")) is outer
        assert ambient_system(Address("inner", "/user/a")) is inner
        assert ambient_system(Address("unknown", "/user/a")) is inner
    with pytest.raises(SystemNotRunning):
        ambient_system(Address("outer", "/user/a"))


async def test_systems_may_be_left_in_any_order() -> None:
    first, second = ActorSystem("first"), ActorSystem("second")
    await first.__aenter__()
    await second.__aenter__()
    await first.__aexit__(None, None, None)
    assert ambient_system(Address("first", "/user/a")) is second
    await second.__aexit__(None, None, None)


async def test_an_actor_is_inside_its_own_system() -> None:
    def here(me: Any, message: Any, sender: Any) -> Any:
        return ambient_system(Address("nowhere", "/user/a"))

    async def here_later(me: Any, message: Any, sender: Any) -> Any:
        return here(me, message, sender)

    async with ActorSystem("one") as one, ActorSystem("two") as two:
        for system in (one, two):
            for handler in (here, here_later):
                assert await system.spawn(Scripted, handler).ask("where") is system
