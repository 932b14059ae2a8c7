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
        # Each who waits for the next sync has a future of its own: a caller that is cancelled takes
        # nothing from the others, and all are woken in the turn in which the sync ends.
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def busy(self) -> bool:
        """A sync runs."""
        return self._running is not None

    async def wait(self) -> None:
        """Wait for a sync that begins now or later. Raises what it does."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._running is None:
            self._start()
        await mine

    def _start(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._running = running = self._begin()
        except Exception as error:  # noqa: BLE001  # goes to all who wait
            _tell(waiting, error)
            return
        running.add_done_callback(partial(self._ended, waiting))

    def _ended(self, waiting: list[asyncio.Future[None]], running: asyncio.Future[None]) -> None:
        error = asyncio.CancelledError() if running.cancelled() else running.exception()
        self._running = None
        self._over(error)
        _tell(waiting, error)
        if self._waiting:
            self._start()


def _tell(waiting: list[asyncio.Future[None]], error: BaseException | None) -> None:
    for each in waiting:
        if each.done():
            continue  # it was cancelled
        if isinstance(error, asyncio.CancelledError):
            each.cancel()
        elif error is not None:
            each.set_exception(error)
            each.exception()  # who waited may be cancelled before it learns of it
        else:
            each.set_result(None)
