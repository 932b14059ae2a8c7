"""The world outside, kept out of a simulation while it runs.

On the simulation's thread, and only there, clocks and sources of chance give what the simulation
gives: generators without a seed, too, and the addresses by which a set of coroutines is ordered.
What cannot be simulated raises `RealWorldRefused`: threads, sockets, processes, sleeping, files
opened for writing. Other threads of the process do not notice. Everything is put back when the last
simulation of the process stops.

Out of reach: what is written in C and what a module took by name before (`from time import time`),
such as `datetime.now()`. The event loop's own refusals are in `_loop.fences`.
"""

from __future__ import annotations

import asyncio
import builtins
import gc
import io
import logging
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from holon_actors.testing.errors import RealWorldRefused

__all__ = ["Guard"]

# What time.time() shows when a simulation starts: 2000-01-01 00:00 UTC.
_EPOCH_NS = 946_684_800_000_000_000

_SLEEP = "await asyncio.sleep(), which takes no real time"
_THREADS = "call the function itself, after asyncio.sleep() for the time that it would take"
_SOCKETS = "let nodes talk by messages, or give the program an in-memory stand-in"
_PROCESSES = "start a task or a node that plays the process"
_FILES = "write to sim.disk(node), which loses what a real disk would lose"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_get_ident = threading.get_ident


class Guard:
    """Around each stretch of running of one simulation.

    `now_ns` is the clock that the running code sees, in nanoseconds; `rng` gives what looks like
    the operating system's chance, and seeds the `random` module.
    """

    def __init__(self, now_ns: Callable[[], int], rng: random.Random) -> None:
        self.now_ns = now_ns
        self.rng = rng
        self._global_state: Any = None  # of the random module, while this does not run
        self._outer: Guard | None = None

    def __enter__(self) -> Self:
        outside = random.getstate()
        if self._global_state is None:
            random.seed(self.rng.getrandbits(64))
        else:
            random.setstate(self._global_state)
        self._global_state = outside
        self._outer = _patches.enter(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _patches.leave(self._outer)
        inside = random.getstate()
        random.setstate(self._global_state)
        self._global_state = inside


class _Patches:
    """The changes to the standard library, made for the first simulation of several at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._saved: list[tuple[Any, str, Any]] = []
        self._collecting = False
        self._loggers: list[logging.Logger] = []
        self.active: dict[int, Guard] = {}  # by thread

    def enter(self, guard: Guard) -> Guard | None:
        """The simulation of this thread that `guard` takes the place of, if it runs inside one."""
        with self._lock:
            if not self.active:
                self._install()
            outer = self.active.get(_get_ident())
            self.active[_get_ident()] = guard
            return outer

    def leave(self, outer: Guard | None) -> None:
        with self._lock:
            if outer is not None:
                self.active[_get_ident()] = outer
                return
            del self.active[_get_ident()]
            if not self.active:
                self._remove()

    def _install(self) -> None:
        for owner, name, make in _CHANGES:
            real = getattr(owner, name)
            self._saved.append((owner, name, real))
            setattr(owner, name, make(real, self.active))
        # When garbage is found depends on everything that the process did before, and what follows
        # from it (the end of a generator, a warning) would be in the run.
        self._collecting = gc.isenabled()
        gc.disable()
        self._loggers = _loggers()
        for logger in self._loggers:
            logger.addFilter(self._is_outside)

    def _is_outside(self, record: logging.LogRecord) -> bool:
        """Whether a line of Holon's log is to be written: a simulation has its trace."""
        return _get_ident() not in self.active

    def _remove(self) -> None:
        for logger in self._loggers:
            logger.removeFilter(self._is_outside)
        while self._saved:
            setattr(*self._saved.pop())
        if self._collecting:
            gc.enable()


def _loggers() -> list[logging.Logger]:
    """Holon's own; a filter does not apply to the loggers below."""
    known = (name for name in logging.root.manager.loggerDict if name.startswith("holon_actors."))
    return [logging.getLogger(name) for name in ("holon_actors", *known)]


Make = Callable[[Any, dict[int, Guard]], Any]


def _clock(origin_ns: int, per_second: bool) -> Make:
    def make(real: Any, active: dict[int, Guard]) -> Any:
        def read() -> Any:
            guard = active.get(_get_ident())
            if guard is None:
                return real()
            now_ns = origin_ns + guard.now_ns()
            return now_ns / 1e9 if per_second else now_ns

        return read

    return make


def _refused(operation: str, instead: str) -> Make:
    def make(real: Any, active: dict[int, Guard]) -> Any:
        def refuse(*args: Any, **options: Any) -> Any:
            if _get_ident() in active:
                raise RealWorldRefused(operation, instead)
            return real(*args, **options)

        return refuse

    return make


def _urandom(real: Any, active: dict[int, Guard]) -> Any:
    def urandom(size: int) -> bytes:
        guard = active.get(_get_ident())
        return real(size) if guard is None else guard.rng.randbytes(size)

    return urandom


def _seed(real: Any, active: dict[int, Guard]) -> Any:
    def seed(self: random.Random, a: Any = None, version: int = 2) -> None:
        guard = active.get(_get_ident())
        if a is None and guard is not None:
            a = guard.rng.getrandbits(64)
        real(self, a, version)

    return seed


def _global_seed(real: Any, active: dict[int, Guard]) -> Any:
    def seed(a: Any = None, version: int = 2) -> None:
        guard = active.get(_get_ident())
        real(guard.rng.getrandbits(64) if a is None and guard is not None else a, version)

    return seed


def _as_completed(real: Any, active: dict[int, Guard]) -> Any:
    """Coroutines become tasks in their order, before asyncio makes a set of them."""

    def as_completed(fs: Any, *, timeout: float | None = None) -> Any:
        if _get_ident() in active and not (asyncio.isfuture(fs) or asyncio.iscoroutine(fs)):
            fs = [asyncio.ensure_future(f) for f in dict.fromkeys(fs)]
        return real(fs, timeout=timeout)

    return as_completed


def _open(real: Any, active: dict[int, Guard]) -> Any:
    def open_(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if _get_ident() in active and set(mode) & set("wax+") and _is_of_the_program(file):
            raise RealWorldRefused(f"open({os.fspath(file)!r}, {mode!r})", _FILES)
        return real(file, mode, *args, **options)

    return open_


def _os_open(real: Any, active: dict[int, Guard]) -> Any:
    def open_(path: Any, flags: int, *args: Any, **options: Any) -> Any:
        if _get_ident() in active and flags & _WRITING and _is_of_the_program(path):
            raise RealWorldRefused(f"os.open({os.fspath(path)!r})", _FILES)
        return real(path, flags, *args, **options)

    return open_


def _is_of_the_program(file: Any) -> bool:
    """Whether it is a file, and not what Python writes of its own or a descriptor that is open."""
    return not isinstance(file, int) and "__pycache__" not in os.fsdecode(file)


_CHANGES: tuple[tuple[Any, str, Make], ...] = (
    (time, "time", _clock(_EPOCH_NS, True)),
    (time, "time_ns", _clock(_EPOCH_NS, False)),
    (time, "monotonic", _clock(0, True)),
    (time, "monotonic_ns", _clock(0, False)),
    (time, "perf_counter", _clock(0, True)),
    (time, "perf_counter_ns", _clock(0, False)),
    (time, "sleep", _refused("time.sleep", _SLEEP)),
    (os, "urandom", _urandom),
    (random, "_urandom", _urandom),
    (random.Random, "seed", _seed),
    (random, "seed", _global_seed),
    (asyncio, "as_completed", _as_completed),
    (threading.Thread, "start", _refused("a thread", _THREADS)),
    (socket.socket, "__init__", _refused("a socket", _SOCKETS)),
    (subprocess.Popen, "__init__", _refused("a process", _PROCESSES)),
    (os, "fork", _refused("os.fork", _PROCESSES)),
    (os, "system", _refused("os.system", _PROCESSES)),
    (os, "posix_spawn", _refused("os.posix_spawn", _PROCESSES)),
    (builtins, "open", _open),
    (io, "open", _open),
    (os, "open", _os_open),
)

_patches = _Patches()
