"""A simulated disk in a run of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.profiles import DiskProfile


def run(
    main: Callable[[SimDisk], Awaitable[Any]],
    profile: DiskProfile | None = None,
    *,
    seed: int = 0,
    choices: Any = None,
    trace: Any = None,
) -> Any:
    loop = SimLoop()
    stream = (choices or SeededChoices(seed)).stream("disk")

    async def whole() -> Any:
        return await main(SimDisk(loop, stream, "a", profile=profile, trace=trace))

    return loop.run(whole())
