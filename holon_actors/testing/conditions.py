"""What must come to be, and what must hold all the time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing.errors import InvariantBroken, NotInTime, SimulationNotRunning

__all__ = ["always", "eventually"]


async def eventually(
    predicate: Callable[[], Any | Awaitable[Any]], within: float = 10.0, every: float = 0.1
) -> Any:
    """Wait until `predicate()`, sync or async, is true, and return what it gave.

    It is asked at once and then `every` so many seconds; an AssertionError of its own counts as not
    yet. Raises `NotInTime` after `within` seconds of the event loop's clock.
    """
    last: AssertionError | None = None
    try:
        async with asyncio.timeout(within) as limit:
            while True:
                try:
                    found = predicate()
                    found = await found if inspect.isawaitable(found) else found
                except AssertionError as error:
                    found, last = None, error
                else:
                    last = None
                if found:
                    return found
                await asyncio.sleep(every)
    except TimeoutError:
        if not limit.expired():
            raise
        raise NotInTime(_name(predicate), within) from last


@contextmanager
def always(predicate: Callable[[], object], text: str = "") -> Iterator[None]:
    """Within the `with` block, `predicate()` must be true after every step of the simulation;
    otherwise the run ends with `InvariantBroken`, which says `text`.

    Raises `SimulationNotRunning` outside of a simulation.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise SimulationNotRunning from None
    if not isinstance(loop, SimLoop):
        raise SimulationNotRunning
    check = invariant(loop, predicate, text)
    loop.checks.append(check)
    try:
        yield
    finally:
        if check in loop.checks:
            loop.checks.remove(check)


def invariant(loop: SimLoop, predicate: Callable[[], object], text: str) -> Callable[[], None]:
    """A check for `SimLoop.checks`."""
    name = text or _name(predicate)

    def check() -> None:
        if not predicate():
            raise InvariantBroken(name, loop.now_ns / 1e9)

    return check


def _name(predicate: object) -> str:
    return str(getattr(predicate, "__qualname__", type(predicate).__qualname__))
