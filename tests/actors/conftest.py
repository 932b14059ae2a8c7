"""A running system per test, and the check that no test leaves a thread behind."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from holon_actors import ActorSystem


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test's systems started has ended when the test has."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and not _of_asyncio(t)]
    for thread in left:
        thread.join(5)
    assert not [thread for thread in left if thread.is_alive()]


def _of_asyncio(thread: threading.Thread) -> bool:
    return thread.name.startswith("asyncio_")


@pytest.fixture
async def system() -> AsyncIterator[ActorSystem]:
    """A system; what a test leaves waiting in it for ever is killed at the end."""
    async with ActorSystem("test") as system:
        yield system
        for actor in system.snapshot():
            ref = system.lookup(actor.path)
            if ref is not None:
                ref.kill()
