"""Asking processes what they are at, one after the other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from functools import partial

import pytest

from holon_actors.actors.process.looks import Looks


@pytest.fixture
async def looks() -> Looks:
    return Looks(asyncio.get_running_loop())


@pytest.fixture(autouse=True)
def closed(looks: Looks) -> Iterator[None]:
    yield
    looks.close()
    os.close(looks.theirs)


async def test_each_gets_the_answer_of_the_one_that_it_asked(looks: Looks) -> None:
    def answer(name: str) -> None:
        os.write(looks.theirs, name.encode())

    names = ["a", "b", "c"]
    assert await asyncio.gather(*(looks.look(partial(answer, name)) for name in names)) == names


async def test_an_answer_in_parts_is_one(looks: Looks) -> None:
    def answer() -> None:
        os.write(looks.theirs, b"first ")
        asyncio.get_running_loop().call_soon(os.write, looks.theirs, b"second")

    assert await looks.look(answer) == "first second"


async def test_what_comes_when_nobody_waits_is_not_the_next_ones_answer(looks: Looks) -> None:
    os.write(looks.theirs, b"late")
    assert await looks.look(lambda: None) == ""


async def test_after_the_end_nobody_is_asked(looks: Looks) -> None:
    looks.close()
    asked: list[int] = []
    assert await looks.look(lambda: asked.append(1)) == ""
    assert asked == []
