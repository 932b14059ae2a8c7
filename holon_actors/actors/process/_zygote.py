"""The main program of a starter: a process that has loaded what actors need and forks on demand.

It is small, has one thread and no event loop, so that forking it is safe and takes a millisecond or
two, where a new interpreter takes a tenth of a second and more. It begins processes, sees them end,
and ends them: when it is told to, and all of them when the system's process is gone. What a process
has started itself goes with it.

Records on the control socket, in both directions: what, a token for the process, a number.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import select
import signal
import socket
import struct
import sys
from typing import Final, NoReturn

__all__ = ["BEGUN", "END", "EXITED", "LOOK", "RECORD", "START", "UNSTARTED", "main"]

RECORD: Final = struct.Struct("<BQi")
START: Final = 1  # to the starter, with a descriptor: begin a process
END: Final = 2  # to the starter: send the process this signal
BEGUN: Final = 3  # from the starter: process number
UNSTARTED: Final = 4  # from the starter: error number of the fork
EXITED: Final = 5  # from the starter: exit status, negative for a signal
LOOK: Final = 6  # to the starter: have the process write down its stacks

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve the system at the other end of the socket whose descriptor is the first argument. The
    second is its process, the third the descriptor that stacks are written to.
    """
    descriptor, parent, stacks = map(int, sys.argv[1:4])
    # The thread that has started this one may have blocked the very signals that are waited for.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    end_with_parent(parent, signal.SIGTERM)
    # Here, so that no process is ever without: the signal would end it.
    os.set_inheritable(stacks, False)
    faulthandler.register(signal.SIGUSR2, file=stacks, all_threads=True)
    # Loads all that a process needs, before the first one is wanted.
    from holon_actors.actors.process import _main  # noqa: F401, PLC0415

    gc.collect()
    gc.freeze()  # the collector need not touch, and thereby copy, what all processes share
    _Zygote(socket.socket(fileno=descriptor)).serve()


def end_with_parent(parent: int, number: int) -> None:
    """Have the kernel send this process a signal when `parent` dies, where it can."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was told to watch it
        os._exit(1)


class _Zygote:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._tokens: dict[int, int] = {}  # by process number
        self._wakes, self._waker = socket.socketpair()
        self._wakes.setblocking(False)
        self._waker.setblocking(False)
        self._leaving = False

    def serve(self) -> NoReturn:
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, stack: None)
        signal.signal(signal.SIGTERM, self._leave)
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._wakes, select.POLLIN)
        while not self._leaving:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self._wakes.fileno() in ready:
                self._drain_wakes()
                self._reap()
            if self._control.fileno() in ready:
                self._obey()
        self._end_all()
        os._exit(0)

    def _leave(self, number: int, stack: object) -> None:
        self._leaving = True

    def _drain_wakes(self) -> None:
        try:
            while self._wakes.recv(4096):
                pass
        except BlockingIOError:
            pass

    def _obey(self) -> None:
        try:
            record, descriptors, _, _ = socket.recv_fds(self._control, RECORD.size, 1)
        except OSError:
            record, descriptors = b"", []
        if len(record) < RECORD.size:  # the system's process has closed its end, or died
            self._leaving = True
            return
        kind, token, number = RECORD.unpack(record)
        if kind == START:
            self._start(token, descriptors[0])
        elif kind == LOOK:
            self._look(token)
        else:
            self._signal(token, number)

    def _start(self, token: int, link: int) -> None:
        starter = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(link)
            self._tell(UNSTARTED, token, error.errno or 0)
            return
        if pid == 0:
            self._become_process(starter, link)
        os.close(link)
        self._tokens[pid] = token
        self._tell(BEGUN, token, pid)

    def _become_process(self, starter: int, link: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            # Of its own, so that ending it ends what it has started as well.
            os.setsid()
            end_with_parent(starter, signal.SIGKILL)
            for end in (self._control, self._wakes, self._waker):
                end.close()
            # What the actor starts is not to hold the link: descriptors come inheritable.
            os.set_inheritable(link, False)
            from holon_actors.actors.process import _main  # noqa: PLC0415  # loaded already

            status = _main.run(socket.socket(fileno=link))
        except BaseException:  # noqa: BLE001  # nothing may return from here into the starter's loop
            sys.excepthook(*sys.exc_info())
        finally:
            _flush_output()
            os._exit(status)

    def _reap(self) -> None:
        for pid, token in list(self._tokens.items()):
            if hasattr(os, "waitid"):
                ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None:
                    continue
                # While it is not reaped its number, which is its group's too, is nobody else's.
                _kill_group(pid, signal.SIGKILL)
            reaped, status = os.waitpid(pid, os.WNOHANG)
            if reaped:
                del self._tokens[pid]
                self._tell(EXITED, token, os.waitstatus_to_exitcode(status))

    def _signal(self, token: int, number: int) -> None:
        for pid, other in self._tokens.items():
            if other == token:
                _kill_group(pid, number)

    def _look(self, token: int) -> None:
        for pid, other in self._tokens.items():
            if other == token:
                os.kill(pid, signal.SIGUSR2)  # not yet reaped, so it is nobody else's number

    def _end_all(self) -> None:
        for pid in self._tokens:
            _kill_group(pid, signal.SIGKILL)
        for pid in self._tokens:
            os.waitpid(pid, 0)

    def _tell(self, kind: int, token: int, number: int) -> None:
        try:
            self._control.sendall(RECORD.pack(kind, token, number))
        except OSError:
            self._leaving = True


def _kill_group(pid: int, number: int) -> None:
    for kill in (os.killpg, os.kill):  # the second while it is not yet the leader of a group
        try:
            kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
        return


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # missing, broken or closed: the actor's print would have raised already
