from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from holon_actors.testing._loop.fences import REFUSED
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing.errors import RealWorldRefused


@pytest.mark.parametrize("operation", REFUSED)
def test_the_outside_world_is_refused_with_what_to_use_instead(operation: str) -> None:
    async def main() -> None:
        getattr(asyncio.get_running_loop(), operation)(1, 2)

    with pytest.raises(RealWorldRefused, match=operation) as caught:
        SimLoop().run(main())
    assert caught.value.instead == REFUSED[operation]


async def _to_thread() -> None:
    await asyncio.to_thread(print)


async def _subprocess() -> None:
    await asyncio.create_subprocess_exec("true")


async def _connection() -> None:
    await asyncio.open_connection("127.0.0.1", 9)


@pytest.mark.parametrize("main", [_to_thread, _subprocess, _connection])
def test_asyncio_functions_meet_the_fence(main: Any) -> None:
    with pytest.raises(RealWorldRefused):
        SimLoop().run(main())


def test_nothing_of_the_outside_world_is_forgotten() -> None:
    outside = (
        "sock",
        "create_",
        "connect_",
        "subprocess",
        "add_",
        "remove_",
        "get",
        "send",
        "start",
    )
    inside = {
        "create_future",
        "create_task",
        "get_debug",
        "get_exception_handler",
        "get_task_factory",
    }
    offered = {
        name
        for name, _ in inspect.getmembers(asyncio.AbstractEventLoop, inspect.isfunction)
        if name.startswith(outside)
    }
    assert offered - inside <= set(REFUSED)
