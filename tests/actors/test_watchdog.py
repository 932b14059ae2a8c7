"""A handler that never gives the loop back is named while it blocks."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from holon_actors import ActorSystem
from tests.actors.kit import Echo, Note, Ping, Scripted


class Told(logging.Handler):
    """Lets the blocked handler go when a warning about it has come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told = threading.Event()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        self.told.set()


@pytest.fixture
def told() -> Iterator[Told]:
    handler = Told()
    logging.getLogger("holon_actors").addHandler(handler)
    yield handler
    logging.getLogger("holon_actors").removeHandler(handler)


@pytest.mark.parametrize("kind", ["sync", "async", "async after a wait"])
async def test_a_handler_that_never_returns_is_named_while_it_blocks(
    system: ActorSystem, told: Told, kind: str
) -> None:
    def block(me: Any, message: Any, sender: Any) -> bool:
        return told.told.wait(20)  # blocks the event loop, on purpose

    async def block_later(me: Any, message: Any, sender: Any) -> bool:
        if kind == "async after a wait":
            await asyncio.sleep(0)
        return block(me, message, sender)

    ref = system.spawn(Scripted, block if kind == "sync" else block_later, name="stuck")
    assert await ref.ask(Note("x"), timeout=30) is True
    line = told.lines[0]
    assert "/user/stuck" in line
    assert "Note" in line
    assert __file__.rpartition("/")[2] in line or "wait" in line


async def test_an_idle_system_is_not_watched(system: ActorSystem) -> None:
    """No actor has run, so there is no thread."""
    assert not [t for t in threading.enumerate() if t.name.startswith("holon-watchdog")]
    await system.spawn(Echo).ask(Ping())


async def test_the_watchdog_ends_with_its_system() -> None:
    before = set(threading.enumerate())
    async with ActorSystem("test") as system:
        await system.spawn(Echo).ask(Ping())
    assert set(threading.enumerate()) <= before
