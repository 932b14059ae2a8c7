"""A time limit around a command's whole work, the same for all that have `--timeout`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holon_actors.cli.errors import FlowTimedOut

__all__ = ["time_limit"]


@asynccontextmanager
async def time_limit(what: str, timeout_s: float | None) -> AsyncIterator[None]:
    """Cancel the block after `timeout_s` seconds. Raises FlowTimedOut, and never for another's."""
    try:
        async with asyncio.timeout(timeout_s) as limit:
            yield
    except TimeoutError as error:
        if timeout_s is None or not limit.expired():
            raise
        raise FlowTimedOut(what, timeout_s) from error
