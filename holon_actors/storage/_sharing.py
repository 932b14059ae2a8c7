"""Many who wait for a sync, few syncs: whoever comes while one runs shares the next.

A sync covers what was written before it began, so a caller that comes later can not join it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial


class SharedSync:
    """The syncs of one file or folder.

    `begin` starts a sync and returns its future. `over` is told of each one that has ended, with
    its error if it failed, before anybody who waited for it.
    """

    def __init__(
        self,
        begin: Callable[[], asyncio.Future[None]],
        over: Callable[[BaseException | None], None],
    ) -> None:
        self._begin = begin
        self._over = over
        self._running: asyncio.Future[None] | None = None
        self._next: asyncio.Future[None] | None = None

    @property
    def busy(self) -> bool:
        """A sync runs."""
        return self._running is not None

    async def wait(self) -> None:
        """Wait for a sync that begins now or later. Raises what it does."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        shared = self._next
        if self._running is None:
            self._start()
        # Others wait for the same: a caller that is cancelled takes nothing from them.
        await asyncio.shield(shared)

    def _start(self) -> None:
        waiting, self._next = self._next, None
        assert waiting is not None
        try:
            self._running = running = self._begin()
        except Exception as error:  # noqa: BLE001  # goes to all who wait
            _tell(waiting, error)
            return
        running.add_done_callback(partial(self._ended, waiting))

    def _ended(self, waiting: asyncio.Future[None], running: asyncio.Future[None]) -> None:
        error = asyncio.CancelledError() if running.cancelled() else running.exception()
        self._running = None
        self._over(error)
        _tell(waiting, error)
        if self._next is not None:
            self._start()


def _tell(waiting: asyncio.Future[None], error: BaseException | None) -> None:
    if isinstance(error, asyncio.CancelledError):
        waiting.cancel()
    elif error is not None:
        waiting.set_exception(error)
        waiting.exception()  # whoever waited may have gone
    else:
        waiting.set_result(None)
