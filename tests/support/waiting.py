"""Waiting for what tells nobody: another process, a thread of libzmq's, a log, a file.

Where there is an event, a future or a message to wait for, that is the better way; within one event
loop, so are turns of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["until"]

EVERY_S = 0.002


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    """Look again and again until a condition holds; raises TimeoutError after `within_s`."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # see the module
            await asyncio.sleep(EVERY_S)
