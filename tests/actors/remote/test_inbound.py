"""What is read from a peer may run code of the messages' classes, which may do anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from holon_actors import Actor, NodeUnreachable, message
from tests.actors.kit import Echo
from tests.actors.remote.kit import sizes, two


@message
class Spoilt:
    """The second one that is made, which is the one that is read, does what the test wants."""

    number: int = 0

    def __post_init__(self) -> None:
        if SPOILING:
            SPOILING.pop(0)()


SPOILING: list[Callable[[], object]] = []


class Spoiler(Actor):
    def receive(self, message: Any, sender: Any) -> Any:
        return Spoilt()


@pytest.fixture
async def pair(tmp_path: Any) -> AsyncIterator[Any]:
    async with two("inproc", tmp_path) as systems:
        yield systems


@pytest.mark.parametrize("raises", [True, False])
async def test_an_ask_may_be_given_up_while_its_answer_is_read(pair: Any, raises: bool) -> None:
    one, other = pair
    ref, beside = (one.ref(other.spawn(cls).address) for cls in (Spoiler, Echo))
    await beside.ask("first")
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, facts: errors.append(facts))

    def give_up() -> None:
        asking.cancel()
        if raises:
            raise ValueError("not to be read")

    SPOILING[:] = [lambda: None, give_up]
    asking = asyncio.create_task(ref.ask("spoilt"))
    following = asyncio.create_task(beside.ask("in the same packet"))
    await asyncio.wait([asking])
    assert asking.cancelled()
    assert await following == "in the same packet"
    assert not errors
    assert not sizes(one)["asks"]


async def test_an_answer_whose_reading_ends_the_link_ends_the_ask_with_it(pair: Any) -> None:
    one, other = pair
    ref = one.ref(other.spawn(Spoiler).address)
    await ref.ask("first")
    errors: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, facts: errors.append(facts))
    SPOILING[:] = [lambda: None, lambda: one._remote.hang_up(other.endpoint, "spoilt")]
    with pytest.raises(NodeUnreachable, match="spoilt"):
        await ref.ask("spoilt")
    assert not errors
    assert await ref.ask("over a new link") == Spoilt()
