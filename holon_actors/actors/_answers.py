"""Ending an ask with an error."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["reject"]


def reject(answer: asyncio.Future[Any] | None, error: BaseException) -> None:
    """End an ask with an error, if there is one that waits."""
    if answer is None or answer.done():
        return
    if isinstance(error, StopIteration):
        # A future refuses it, as it would end the coroutine that awaits.
        wrapped = RuntimeError(f"the handler raised {error!r}")
        wrapped.__cause__ = error
        error = wrapped
    answer.set_exception(error)
