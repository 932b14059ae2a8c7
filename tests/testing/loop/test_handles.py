from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from holon_actors.testing._loop.handles import label, owner
from holon_actors.testing._loop.loop import SimLoop


def plain() -> None: ...


EVENT = asyncio.Event()


@pytest.mark.parametrize(
    ("callback", "name", "whose"),
    [
        (plain, "plain", None),
        (partial(partial(plain)), "plain", None),
        (EVENT.set, "Event.set", EVENT),
        (partial(EVENT.set), "Event.set", EVENT),
        (print, "print", None),
    ],
)
def test_a_callback_is_named_without_addresses(
    callback: Callable[[], Any], name: str, whose: object
) -> None:
    loop = SimLoop()
    handle = loop.call_soon(callback)
    assert label(handle) == name
    assert owner(handle) is whose
    loop.close()


def test_a_task_owns_its_steps_and_names_them() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(asyncio.sleep(0), name="nap")
        handle = loop._ready[-1]  # type: ignore[attr-defined]
        assert owner(handle) is task
        assert label(handle) == "nap sleep"
        await task

    SimLoop().run(main())


def test_tasks_hash_by_their_number() -> None:
    async def main() -> list[int]:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(3)]
        await asyncio.gather(*tasks)
        return [hash(task) for task in tasks]

    assert SimLoop().run(main()) == [2, 3, 4]


def test_futures_in_a_set_are_in_the_order_of_their_making() -> None:
    loop = SimLoop()
    futures = [loop.create_future() for _ in range(20)]
    assert list({*futures[10:], *futures[:10]}) == futures
    loop.close()
