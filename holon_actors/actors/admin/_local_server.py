"""Answers at a Unix socket, from threads of its own: also while the event loop is blocked.

A request goes to the event loop. While it is being answered there, the loop is asked for a sign of
life now and then; if none comes, the answer is made here, from what can be seen from outside.
Only processes of the same user (or root) are answered: the folder lets in no others, and the
connection itself is asked as well where the operating system can tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path
from typing import Any

from holon_transports import CodecError

from holon_actors.actors.admin.framing import read_blocking, write_blocking
from holon_actors.actors.admin.messages import Refused

__all__ = ["BLOCKED_S", "LocalServer"]

# A loop that gives no sign of life for this long counts as blocked.
BLOCKED_S = 0.5
# The same when it was blocked a moment ago.
_STILL_BLOCKED_S = 0.1
_CONNECTIONS_MAX = 32
_IDLE_S = 600.0


class LocalServer:
    """The socket at `path`.

    `answer(request)` answers on the event loop; `outside(request)` does, as far as possible, on any
    thread.
    """

    def __init__(
        self,
        path: Path,
        loop: asyncio.AbstractEventLoop,
        answer: Callable[[Any], Coroutine[Any, Any, Any]],
        outside: Callable[[Any], Any],
    ) -> None:
        self._path = path
        self._loop = loop
        self._answer = answer
        self._outside = outside
        self._closing = False
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, None] = {}
        self._tasks: dict[asyncio.Task[Any], Future[Any]] = {}
        self._alive = 0
        self._ended: asyncio.Event | None = None
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._waker, self._woken = socket.socketpair()  # closing the one ends the wait at both
        try:
            self._path.unlink(missing_ok=True)
            self._listener.bind(str(path))
            path.chmod(0o600)
            self._listener.listen(_CONNECTIONS_MAX)
            self._listener.setblocking(False)
        except OSError:
            for each in (self._listener, self._waker, self._woken):
                each.close()
            raise
        self._start(self._accept, f"holon-admin {path.stem}")

    async def close(self) -> None:
        """Hang up, and wait for the threads."""
        with self._lock:
            self._closing = True
            self._ended = asyncio.Event()
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._waker.close()
        for task in tuple(self._tasks):
            task.cancel()
        while self._alive:
            await self._ended.wait()
            self._ended.clear()
        for thread in self._threads:
            thread.join()  # past its last line already
        self._path.unlink(missing_ok=True)

    # --- threads ---

    def _start(self, target: Callable[..., None], name: str, *args: Any) -> None:
        thread = threading.Thread(target=self._run, name=name, args=(target, *args), daemon=True)
        thread.start()
        self._alive += 1
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]

    def _run(self, target: Callable[..., None], *args: Any) -> None:
        try:
            target(*args)
        finally:
            with self._lock:
                self._alive -= 1
                ended = self._ended
            if ended is not None:
                with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits
                    self._loop.call_soon_threadsafe(ended.set)

    def _accept(self) -> None:
        with self._listener, self._woken, selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while not any(key.fileobj is self._woken for key, _ in ready.select()):
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    continue  # whoever it was has gone again
                self._take(connection)

    def _take(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        with self._lock:
            full = len(self._connections) >= _CONNECTIONS_MAX
            if self._closing or full or not _is_ours(connection):
                connection.close()
                return
            self._connections[connection] = None
            try:
                self._start(self._serve, f"{self._path.stem} attached", connection)
            except RuntimeError:  # no more threads are to be had
                del self._connections[connection]
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(_IDLE_S)
            patience_s = BLOCKED_S
            while True:
                answer, patience_s = self._met(read_blocking(connection), patience_s)
                self._say(connection, answer)
        except CodecError as error:  # what follows on such a stream can be anything
            with contextlib.suppress(OSError):
                write_blocking(connection, _refusal(error))
        except (OSError, EOFError, RuntimeError, CancelledError):
            pass  # gone, or the loop has closed: there is nobody to tell
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()

    def _say(self, connection: socket.socket, answer: Any) -> None:
        try:
            write_blocking(connection, answer)
        except CodecError as error:  # nothing of it was sent
            write_blocking(connection, _refusal(error))

    def _met(self, request: Any, patience_s: float) -> tuple[Any, float]:
        try:
            return self._answered(request, patience_s)
        except (CancelledError, RuntimeError):
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of ours, told like any other answer
            return _refusal(error), patience_s

    def _answered(self, request: Any, patience_s: float) -> tuple[Any, float]:
        """The answer, and how long to wait for the next one's sign of life."""
        pending: Future[Any] = Future()
        self._loop.call_soon_threadsafe(self._begin, request, pending)
        while not pending.done():
            alive = threading.Event()
            self._loop.call_soon_threadsafe(alive.set)
            wait((pending,), patience_s)
            if not pending.done() and not alive.is_set():
                pending.cancel()  # an order that was not begun is not carried out later
                return self._outside(request), _STILL_BLOCKED_S
        return pending.result(), BLOCKED_S

    # --- on the loop ---

    def _begin(self, request: Any, pending: Future[Any]) -> None:
        if self._closing or not pending.set_running_or_notify_cancel():
            pending.cancel()
            return
        task = self._loop.create_task(self._answer(request))
        self._tasks[task] = pending
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        pending = self._tasks.pop(task)
        error = CancelledError() if task.cancelled() else task.exception()
        if error is not None:
            pending.set_exception(error)
        else:
            pending.set_result(task.result())


def _refusal(error: Exception) -> Refused:
    return Refused("failed", type(error).__name__, str(error))


def _is_ours(connection: socket.socket) -> bool:
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True  # the folder's mode is what protects here
    try:
        credentials = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    except OSError:
        return False  # gone again
    _, uid, _ = struct.unpack("3i", credentials)
    return uid in (0, os.getuid())
