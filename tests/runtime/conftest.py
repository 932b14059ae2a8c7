"""What the runtime's tests share: engines that leave nothing behind, and ways to wait without
sleeping.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from tests.support.waiting import until


@pytest.fixture(autouse=True)
async def nothing_is_left_running() -> AsyncIterator[None]:
    """No worker process and no worker thread outlives a test."""
    before = set(threading.enumerate())
    # A helper of multiprocessing's, which other tests use, lives as long as the test run.
    children_before = set(psutil.Process().children(recursive=True))
    yield
    # Threads of to_thread() belong to the event loop, which ends after this.
    ours = [t for t in threading.enumerate() if t.name.startswith("holon-") and t not in before]
    for thread in ours:
        thread.join(5)
        assert not thread.is_alive(), thread
    assert not set(psutil.Process().children(recursive=True)) - children_before


@pytest.fixture(name="until")
def _until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Wait for a condition that has no event to wait for."""
    return until


@pytest.fixture
def note(tmp_path: Path) -> str:
    """Where a flow in another process leaves word."""
    return str(tmp_path / "note")


@pytest.fixture
def read_note(
    note: str, until: Callable[[Callable[[], object]], Awaitable[None]]
) -> Callable[[], Awaitable[str]]:
    """Wait until the flow has left word, and read it."""

    async def read() -> str:
        path = Path(note)
        await until(path.exists)
        return path.read_text()  # noqa: ASYNC240  # a few bytes

    return read
