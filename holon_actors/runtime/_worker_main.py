"""The main program of a worker process: takes requests from its engine, one at a time, and answers
them.

It must start fast, so it imports little, and it must never outlive its engine: it ends when the
socket does, and on Linux the kernel kills it when the engine's process dies, whatever it is doing.
Limits are set per request, as a share above what the process has used already, and lifted after it.
"""

from __future__ import annotations

import contextvars
import errno
import os
import pickle
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from holon_actors.error_parts import packed_form
from holon_actors.runtime._frames import FrameReader, frame
from holon_actors.runtime._shipping import Reply, Request, pack, unpack

try:
    import resource
except ImportError:  # not a POSIX system; the engine does not start workers there
    resource = None  # type: ignore[assignment]

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1
_READ_BYTES = 1 << 18


class _CpuTimeUp(BaseException):
    """Raised in the running flow when its processor time is used up. No `except Exception` holds it
    back.
    """


def main() -> None:
    """Serve the engine at the other end of the socket whose descriptor is the first argument."""
    descriptor, parent = int(sys.argv[1]), int(sys.argv[2])
    _die_with(parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever the engine's process had ignored
    with socket.socket(fileno=descriptor) as link:
        reader = FrameReader()
        hello: list[bytes] = []
        while not hello:
            data = link.recv(_READ_BYTES)
            if not data:
                return
            hello = reader.feed(data)
        sys.path[:] = pickle.loads(hello[0])  # noqa: S301  # see _frames
        link.sendall(frame(pickle.dumps(os.getpid())))
        _Worker(link, reader).serve()


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415  # Linux only

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was told to watch it
        os._exit(1)


class _Worker:
    """The loop of a worker, and the flows it knows."""

    def __init__(self, link: socket.socket, reader: FrameReader) -> None:
        self._link = link
        self._reader = reader
        self._flows: dict[int, Any] = {}
        self._runner: Any = None  # for async flows, made when the first one comes

    def serve(self) -> None:
        """Answer requests until the engine closes the link."""
        while data := self._link.recv(_READ_BYTES):
            for body in self._reader.feed(data):
                reply = self._answer(Request(*pickle.loads(body)))  # noqa: S301  # see _frames
                _flush_output()
                # As a bare tuple: a class would be named in each frame.
                self._link.sendall(frame(pickle.dumps(tuple(reply), pickle.HIGHEST_PROTOCOL)))

    def _answer(self, request: Request) -> Reply:
        if request.forget is not None:
            self._flows.pop(request.forget, None)
        try:
            flow = self._flow(request)
            value = unpack(request.value)
        except BaseException as error:  # noqa: BLE001  # told to the engine
            return _describe("unloadable", error)
        spans: list[Any] = []
        try:
            with _limited(request):
                result = self._run(flow, value, request, spans)
        except _CpuTimeUp as error:
            reply = _describe("cpu", error)
        except BaseException as error:  # noqa: BLE001  # told to the engine, even what should end a program
            if request.memory_bytes is not None and _is_out_of_memory(error):
                reply = _describe("memory", error)
            else:
                reply = _failure(error)
        else:
            reply = _success(result)
        return reply._replace(spans=pickle.dumps(spans)) if spans else reply

    def _flow(self, request: Request) -> Any:
        if request.flow is not None:
            self._flows[request.flow_key] = pickle.loads(request.flow)  # noqa: S301  # see _frames
        return self._flows[request.flow_key]

    def _run(self, flow: Any, value: Any, request: Request, spans: list[Any]) -> Any:
        if request.context is None and request.remaining_s is None and not request.traced:
            return self._apply(flow, value)
        from holon_actors.runtime._worker_extras import surrounded  # noqa: PLC0415  # rarely needed

        with surrounded(request, flow, spans, time.monotonic) as call:
            return self._finish(call(value))

    def _apply(self, flow: Any, value: Any) -> Any:
        return self._finish(flow.apply(value))

    def _finish(self, result: Any) -> Any:
        if not hasattr(result, "__await__"):
            return result
        import asyncio  # noqa: PLC0415  # only for async flows

        async def wait() -> Any:
            return await result

        if self._runner is None:
            self._runner = asyncio.Runner()
        # A runner remembers the context it was made in, which is not this request's.
        return self._runner.run(wait(), context=contextvars.copy_context())


def _flush_output() -> None:
    """What a flow printed must not wait for the next one, or be lost with the process."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # missing, broken or closed: the flow's print would have raised already


@contextmanager
def _limited(request: Request) -> Iterator[None]:
    """Bind the flow to the limits of its request."""
    if request.memory_bytes is None and request.cpu_time_s is None:
        yield
        return
    try:
        if request.memory_bytes is not None:
            _set_soft(resource.RLIMIT_DATA, _data_bytes() + request.memory_bytes)
        if request.cpu_time_s is not None:
            signal.signal(signal.SIGXCPU, _cpu_time_up)
            used = resource.getrusage(resource.RUSAGE_SELF)
            # The kernel counts whole seconds: round up rather than kill early.
            limit = int(used.ru_utime + used.ru_stime + request.cpu_time_s) + 1
            _set_soft(resource.RLIMIT_CPU, limit)
        yield
    finally:
        _set_soft(resource.RLIMIT_DATA, resource.RLIM_INFINITY)
        _set_soft(resource.RLIMIT_CPU, resource.RLIM_INFINITY)


def _set_soft(which: int, limit: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY and (limit == resource.RLIM_INFINITY or limit > hard):
        limit = hard
    resource.setrlimit(which, (limit, hard))


def _data_bytes() -> int:
    """What counts towards RLIMIT_DATA already."""
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123  # pathlib is not loaded here
            for line in status:
                if line.startswith(b"VmData:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass  # no /proc: the resident size stands in
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024


def _cpu_time_up(number: int, stack: Any) -> None:
    raise _CpuTimeUp


def _success(result: Any) -> Reply:
    try:
        return Reply("ok", pack(result))
    except Exception as error:  # noqa: BLE001  # user code may run, and raise, while pickling
        reason = f"{type(error).__name__}: {error}"
        return Reply("unpicklable", None, _type_name(result), reason)


def _is_out_of_memory(error: BaseException) -> bool:
    # A system call that gets no memory (mmap, fork) reports it by its number.
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    )


def _failure(error: BaseException) -> Reply:
    described = _describe("error", error)
    return described._replace(value=packed_form(error.with_traceback(None), pack, unpack))


def _describe(kind: str, error: BaseException) -> Reply:
    text = "".join(traceback.format_exception(error))
    return Reply(kind, None, _type_name(error), str(error), text)


def _type_name(value: Any) -> str:
    cls = type(value)
    name: str = cls.__qualname__
    return name if cls.__module__ == "builtins" else f"{cls.__module__}.{name}"


if __name__ == "__main__":
    main()
