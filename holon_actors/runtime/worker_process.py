"""A worker process as its engine sees it: start it, send it requests, end it.

The process leads a session of its own, so a Ctrl-C at the terminal reaches the engine first, and
ending it ends what its flow has started as well. Its standard output and error are the engine's.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from holon_actors.runtime._frames import FrameReader, frame
from holon_actors.runtime._shipping import Reply, Request
from holon_actors.runtime.errors import WorkerStartError
from holon_actors.runtime.flow_codes import KnownFlows

__all__ = ["WorkerDied", "WorkerProcess"]

# The worker must find this package wherever the engine got it from; the rest of sys.path comes with
# the first frame.
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop());"
    "from holon_actors.runtime._worker_main import main; main()"
)
_ROOT = str(Path(__file__).resolve().parents[2])
_READ_BYTES = 1 << 18
_REAP_S = 0.001  # first wait between looks at whether it has ended; doubled each time
_START_S = 60.0


def _spawn(link: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own interpreter and program
        [sys.executable, "-c", _BOOT, str(link), str(os.getpid()), _ROOT],
        stdin=subprocess.DEVNULL,
        pass_fds=(link,),
        start_new_session=True,
    )


class WorkerDied(Exception):
    """The process ended before it answered.

    `exit_code` is as in `subprocess.Popen`; `delivered` says whether it can have seen the request.
    """

    def __init__(self, exit_code: int | None, delivered: bool = True) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code = exit_code
        self.delivered = delivered


class WorkerProcess:
    """One worker process. Takes one request at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, on_exit: Callable[[int], None]) -> None:
        ours, theirs = socket.socketpair()
        self._loop = loop
        self._on_exit = on_exit
        self._link = ours
        self._reader = FrameReader()
        self._unsent = memoryview(b"")
        self._answer: asyncio.Future[bytes] | None = None
        self._exited: asyncio.Future[None] = loop.create_future()
        self._reaping: asyncio.Task[None] | None = None
        self._killing: asyncio.TimerHandle | None = None
        self._watch: int | None = None
        self._dismissed = False
        self._delivered = False  # some of the current request has reached the process
        self.flows = KnownFlows()
        with theirs:
            ours.setblocking(False)
            try:
                self._process = _spawn(theirs.fileno())
            except OSError:
                ours.close()
                raise
        self.pid = self._process.pid
        loop.add_reader(ours, self._readable)
        if sys.platform == "linux":
            # What the flow has forked may hold the other end of the link open, so its closing is
            # not enough.
            self._watch = os.pidfd_open(self.pid)
            loop.add_reader(self._watch, self._ended)

    @classmethod
    async def start(
        cls, loop: asyncio.AbstractEventLoop, on_exit: Callable[[int], None]
    ) -> WorkerProcess:
        """Start a process and wait until it is ready. Raises `WorkerStartError`."""
        if os.name != "posix":
            raise WorkerStartError("process isolation needs a POSIX system")
        try:
            worker = cls(loop, on_exit)
        except OSError as error:
            raise WorkerStartError(str(error)) from error
        try:
            hello = pickle.dumps(list(sys.path))
            await asyncio.wait_for(worker._ask(hello), _START_S)
        except WorkerDied as died:
            raise WorkerStartError(f"it ended at once with {died}") from died
        except TimeoutError as error:
            worker.kill()
            raise WorkerStartError(f"it was not ready after {_START_S:g} s") from error
        except asyncio.CancelledError:
            worker.kill()
            raise
        return worker

    async def call(self, request: Request) -> Reply:
        """Send a request and wait for its answer. Raises `WorkerDied`."""
        # As a bare tuple: a class would be named in each frame.
        body = pickle.dumps(tuple(request), pickle.HIGHEST_PROTOCOL)
        return Reply(*pickle.loads(await self._ask(body)))  # noqa: S301  # see _frames

    @property
    def is_ready(self) -> bool:
        """Whether it may be given a request: it is alive, and nobody has begun to end it."""
        return self.is_alive and self._killing is None

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as has been noticed."""
        return self._reaping is None

    def terminate(self, grace_s: float) -> None:
        """End the process: TERM now, KILL after `grace_s` seconds."""
        if self.is_alive and self._killing is None:
            self._signal(signal.SIGTERM)
            self._killing = self._loop.call_later(grace_s, self.kill)

    def kill(self) -> None:
        """End the process, and what it has started, at once."""
        self._signal(signal.SIGKILL)

    async def close(self, grace_s: float) -> None:
        """Let an idle process end by itself, a busy one by force; wait until it is gone."""
        if self.is_ready and self._answer is None:
            self._dismissed = True
            self._link.shutdown(socket.SHUT_WR)
            self._killing = self._loop.call_later(grace_s, self.kill)
        else:
            self.terminate(grace_s)
        await asyncio.shield(self._exited)

    # --- the link ---

    def _ask(self, body: bytes) -> asyncio.Future[bytes]:
        assert self._answer is None
        answer: asyncio.Future[bytes] = self._loop.create_future()
        self._delivered = False
        if self._exited.done():
            answer.set_exception(WorkerDied(self._process.returncode, delivered=False))
        else:
            self._answer = answer
            self._send(memoryview(frame(body)))
        return answer

    def _send(self, data: memoryview) -> None:
        if not self.is_alive:
            return
        try:
            sent = self._link.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:  # it is gone, which the reader will notice
            return
        self._delivered = True
        if sent < len(data):
            self._unsent = data[sent:]
            self._loop.add_writer(self._link, self._writable)

    def _writable(self) -> None:
        self._loop.remove_writer(self._link)
        self._send(self._unsent)

    def _readable(self) -> None:
        if self._read():
            return
        if self._dismissed and self._watch is not None:
            # It ends as told. Reaping it before `_ended` would lose hold of what its flow started.
            self._loop.remove_reader(self._link)
        else:
            self._hung_up()

    def _read(self) -> bool:
        """Take in what there is; False at the end of the stream."""
        try:
            data = self._link.recv(_READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for body in self._reader.feed(data):
            answer, self._answer = self._answer, None
            if answer is not None and not answer.done():
                answer.set_result(body)
        return len(data) > 0

    # --- the end ---

    def _ended(self) -> None:
        """The process has ended and keeps its exit code. What its flow started has to go too."""
        self.kill()
        self._hung_up()

    def _hung_up(self) -> None:
        """The process has ended, or closed its end of the link: what is left of it has to go."""
        if not self.is_alive:
            return
        if not self._dismissed:
            # A dying process keeps its own exit code. One that only closed the link does not live
            # on.
            self.kill()
        self._reaping = self._loop.create_task(self._reap())

    async def _reap(self) -> None:
        wait_s = _REAP_S
        while self._process.poll() is None:
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, 0.1)
        if self._killing is not None:
            self._killing.cancel()
        self._read_rest()
        self._loop.remove_reader(self._link)
        self._loop.remove_writer(self._link)
        self._link.close()
        if self._watch is not None:
            self._loop.remove_reader(self._watch)
            os.close(self._watch)
        self._on_exit(self.pid)
        self._exited.set_result(None)
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(WorkerDied(self._process.returncode, self._delivered))

    def _read_rest(self) -> None:
        """An answer may have been written just before the end."""
        while self._answer is not None:
            before = self._answer
            if not self._read() or self._answer is before:
                return

    def _signal(self, number: int) -> None:
        if self._process.returncode is not None:
            return
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # it, and all that it started, has ended
