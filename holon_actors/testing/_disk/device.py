"""What is slow and what fails about a simulated disk, whatever is on it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

from holon_actors.errors import ConfigError
from holon_actors.storage import StorageClosed, StorageError, SyncFailed
from holon_actors.testing._choices.chance import chance
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._loop.timing import Timing
from holon_actors.testing.profiles import DiskProfile

# Those that a profile's `error` concerns, and those that fail only when told to.
_PRONE = ("read", "write", "truncate", "sync", "sync_names")
VERBS = (*_PRONE, "open", "remove", "rename")


class Device:
    """Decides which verbs fail, and how long a sync takes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        stream: Stream,
        node: str,
        profile: DiskProfile,
        tell: Callable[[str, str], None],
    ) -> None:
        self.profile = profile
        self._timing = Timing(loop)
        self._stream = stream
        self._node = node
        self._tell = tell
        self._failures: list[str] = []  # verbs that fail next
        self._syncs: dict[asyncio.Future[None], str] = {}  # that run, and of what

    def draw(self, what: str, bound: int) -> int:
        return self._stream.draw(f"{self._node} disk {what}", bound)

    def chance(self, what: str, rate: float) -> bool:
        return chance(self._stream, f"{self._node} disk {what}", rate)

    def fail_next(self, verb: str, times: int) -> None:
        if verb not in VERBS:
            raise ConfigError(f"{verb!r} is no verb of a disk; there are {', '.join(VERBS)}")
        self._failures.extend([verb] * times)

    def check(self, verb: str, path: str) -> None:
        """Raises `StorageError` when the verb is to fail."""
        if self._fails(verb):
            self._tell("failed", f"{verb} {path}")
            raise StorageError(path, verb, errno.EIO)

    def _fails(self, verb: str) -> bool:
        if verb in self._failures:
            self._failures.remove(verb)
            return True
        return verb in _PRONE and self.chance(f"{verb} error", self.profile.error)

    def begin_sync(self, verb: str, path: str, settle: Callable[[], None]) -> asyncio.Future[None]:
        """A sync that has begun; `settle` is called when it ends well."""
        end: Callable[[], None] = settle
        error = SyncFailed(path, verb, errno.EIO) if self._fails(verb) else None
        if self.profile.lies and self.chance(f"{verb} lie", 0.5):
            end = _nothing
        label = f"{self._node} disk sync"
        due_ns = self._timing.now_ns + self.profile.sync.draw_ns(self._stream, label)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._syncs[future] = path
        # The device goes on while the node that waits for it stands still.
        neutral = self._timing.neutral
        self._timing.call_at_ns(due_ns, self._end_sync, future, error, end, context=neutral)
        return future

    def _end_sync(
        self, future: asyncio.Future[None], error: SyncFailed | None, end: Callable[[], None]
    ) -> None:
        path = self._syncs.pop(future, None)
        if path is None:
            return  # the node has crashed
        if error is not None:
            self._tell("failed", f"{error.operation} {path}")
            future.set_exception(error)
            return
        if end is _nothing:
            self._tell("lied", path)
        end()
        future.set_result(None)

    def abort(self) -> None:
        """Syncs that run come to nothing."""
        syncs, self._syncs = self._syncs, {}
        for future, path in syncs.items():
            future.set_exception(StorageClosed(path, "sync"))
            future.exception()  # the code that waited is gone as well


def _nothing() -> None:
    """The end of a sync that lies."""
