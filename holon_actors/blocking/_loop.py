"""An event loop in a thread of its own, and how others hand work to it and wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from holon_actors.actors import SystemNotRunning
from holon_actors.errors import HolonError

__all__ = ["BlockedLoop", "Loop"]

T = TypeVar("T")

# What tasks that users' code has left running get to end when the loop is closed.
_LAST_GRACE_S = 0.2


class BlockedLoop(HolonError, RuntimeError):
    """A blocking verb was used on the very event loop that would have to do the work. Use `await`
    there.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: this would block its own event loop; use the async verbs here")
        self.name = name


class Loop:
    """An event loop in a thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._serve, name=f"holon-blocking {name}", daemon=True
        )
        self._closing = False
        self._thread.start()

    def _serve(self) -> None:
        while not self._closing:
            # A SystemExit that an actor raised has been told to whoever asked and to its
            # supervisor. Here it can end no program, only the loop that everybody waits for.
            with suppress(SystemExit, KeyboardInterrupt):
                self._loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return its result."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise BlockedLoop(self._name)
        if self._loop.is_closed():
            coroutine.close()
            raise SystemNotRunning(f"{self._name} has been shut down")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # after a Ctrl-C nobody waits for it any more
            raise

    @property
    def closed(self) -> bool:
        """Whether it has been closed."""
        return self._loop.is_closed()

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function on the loop and return its result."""

        async def calling() -> T:
            return function(*args, **kwargs)

        return self.run(calling())

    def close(self) -> None:
        """End the loop and its thread."""
        if self._loop.is_closed():
            return
        self.run(_cancel_tasks())
        self.run(self._loop.shutdown_asyncgens())
        self._closing = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _cancel_tasks() -> None:
    """End what users' code has left running, as `asyncio.run` does."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_LAST_GRACE_S)
