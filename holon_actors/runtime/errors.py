"""What can go wrong between an engine and its caller, named for what the caller does next.

`EngineOverloaded`: wait `retry_after` seconds and submit again. `ExecutionTimeout`,
`MemoryLimitExceeded`, `CpuTimeExceeded`: the flow needs more than it was given. `WorkerCrashed`,
`ExecutorCrashed`: what ran the flow died, so the outcome is unknown; retry only what may run
twice. `NotPicklable` and its kind: the value cannot cross into a worker process. What a flow itself
raises passes through unchanged.
"""

from __future__ import annotations

import signal as _signal
from typing import Any

from holon_actors.errors import HolonError

__all__ = [
    "CpuTimeExceeded",
    "EngineClosed",
    "EngineError",
    "EngineOverloaded",
    "ExecutionCancelled",
    "ExecutionTimeout",
    "ExecutorCrashed",
    "MemoryLimitExceeded",
    "NotPicklable",
    "RemoteFlowError",
    "UnpicklableFlow",
    "UnpicklableInput",
    "UnpicklableResult",
    "WorkerCrashed",
    "WorkerStartError",
    "WrongIsolation",
    "WrongThread",
    "annotate",
    "signal_name",
]


class EngineError(HolonError):
    """Base of the errors of the runtime. They can be pickled, attributes included."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By hand: pickle would call the constructor with the message alone.
        return _rebuild, (type(self), self.args, self.__dict__)


class EngineClosed(EngineError, RuntimeError):
    """The engine does not take work: it has not been started, or is shutting down or shut down."""

    def __init__(self, engine: str, state: str) -> None:
        super().__init__(f"{engine} takes no work: it is {state}")
        self.engine = engine
        self.state = state


class EngineOverloaded(EngineError):
    """The queue is full and the work was not taken: submit again after `retry_after` seconds."""

    def __init__(self, queue_size: int, retry_after: float) -> None:
        super().__init__(
            f"the queue is full ({queue_size} executions wait); retry after {retry_after:.2g} s"
        )
        self.queue_size = queue_size
        self.retry_after = retry_after


class ExecutionTimeout(EngineError, TimeoutError):
    """The execution did not finish within its timeout; `stage` says what it was doing ("queued",
    "running").
    """

    def __init__(self, flow: str, timeout_s: float, stage: str) -> None:
        super().__init__(f"flow {flow!r} did not finish within {timeout_s:g} s (it was {stage})")
        self.flow = flow
        self.timeout_s = timeout_s
        self.stage = stage


class ExecutionCancelled(EngineError, RuntimeError):
    """Somebody cancelled the execution that this actor or thread was waiting for."""

    def __init__(self, execution: str) -> None:
        super().__init__(f"{execution} was cancelled")
        self.execution = execution


class MemoryLimitExceeded(EngineError, MemoryError):
    """The flow needed more memory than its worker process may have; sizes are in bytes."""

    def __init__(self, flow: str, limit_bytes: int, used_bytes: int | None = None) -> None:
        used = "" if used_bytes is None else f" (it held {used_bytes:,} bytes)"
        super().__init__(f"flow {flow!r} exceeded its memory limit of {limit_bytes:,} bytes{used}")
        self.flow = flow
        self.limit_bytes = limit_bytes
        self.used_bytes = used_bytes


class CpuTimeExceeded(EngineError):
    """The flow used more processor time than its worker process may spend on one execution."""

    def __init__(self, flow: str, limit_s: float) -> None:
        super().__init__(f"flow {flow!r} exceeded its limit of {limit_s:g} s of processor time")
        self.flow = flow
        self.limit_s = limit_s


class WorkerCrashed(EngineError, RuntimeError):
    """The worker process died under the flow.

    `exit_code` is its exit status; `signal` names the signal that killed it, or is None. The flow
    may have done some of its work.
    """

    def __init__(self, flow: str, pid: int, exit_code: int | None) -> None:
        self.signal = signal_name(exit_code)
        how = f"by {self.signal}" if self.signal else f"with exit status {exit_code}"
        super().__init__(f"the worker process {pid} died {how} while it ran flow {flow!r}")
        self.flow = flow
        self.pid = pid
        self.exit_code = exit_code


class WorkerStartError(EngineError, RuntimeError):
    """A worker process could not be started, or died before it took any work."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no worker process could be started: {reason}")
        self.reason = reason


class ExecutorCrashed(EngineError, RuntimeError):
    """The executor actor that ran the flow failed or was killed, and has been replaced."""

    def __init__(self, flow: str, executor: str, reason: str) -> None:
        super().__init__(f"executor {executor} ended while it ran flow {flow!r}: {reason}")
        self.flow = flow
        self.executor = executor
        self.reason = reason


class WrongIsolation(EngineError, TypeError):
    """The flow cannot run under the isolation that was asked for: choose another one."""

    def __init__(self, flow: str, isolation: str, reason: str) -> None:
        super().__init__(f"flow {flow!r} cannot run with isolation={isolation!r}: {reason}")
        self.flow = flow
        self.isolation = isolation
        self.reason = reason


class WrongThread(EngineError, RuntimeError):
    """The engine was used from the wrong thread: elsewhere than on its loop, or blocking on it."""

    def __init__(self, engine: str, reason: str) -> None:
        super().__init__(f"{engine}: {reason}")
        self.engine = engine
        self.reason = reason


class NotPicklable(EngineError, TypeError):
    """Base of the errors of values that cannot cross a process boundary. `type_name` is the value's
    type.
    """

    what = "value"

    def __init__(self, flow: str, type_name: str, reason: str) -> None:
        super().__init__(
            f"the {self.what} of flow {flow!r} ({type_name}) cannot change processes: {reason}"
        )
        self.flow = flow
        self.type_name = type_name
        self.reason = reason


class UnpicklableFlow(NotPicklable):
    """The flow, or what it closes over, cannot be sent to a worker process."""

    what = "code"


class UnpicklableInput(NotPicklable):
    """The input cannot be sent to a worker process."""

    what = "input"


class UnpicklableResult(NotPicklable):
    """The flow succeeded in its worker process, but its result cannot be sent back."""

    what = "result"


class RemoteFlowError(EngineError, RuntimeError):
    """The flow raised, in a worker process, an error that cannot be rebuilt here.

    `type_name`, `message` and `traceback` tell about the original.
    """

    def __init__(self, flow: str, type_name: str, message: str, traceback: str) -> None:
        super().__init__(f"flow {flow!r} raised {type_name}: {message}")
        self.flow = flow
        self.type_name = type_name
        self.message = message
        self.traceback = traceback


def _rebuild(cls: type[EngineError], args: tuple[Any, ...], facts: dict[str, Any]) -> EngineError:
    # Of two built-in bases Python lets only the one with the larger layout make the instance.
    maker: Any = cls
    while maker.__module__ != "builtins":
        maker = maker.__base__
    error: EngineError = maker.__new__(cls, *args)
    error.args = args
    error.__dict__.update(facts)
    return error


def annotate(error: BaseException, note: str) -> None:
    """Add a note to an error that may be anyone's."""
    try:
        error.add_note(note)
    except Exception:  # noqa: BLE001, S110  # a frozen error refuses; a note is not worth another error
        pass


def signal_name(exit_code: int | None) -> str | None:
    """The name of the signal that ended a process, or None when none did."""
    if exit_code is None or exit_code >= 0:
        return None
    try:
        return _signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal has a number and no name
        return f"signal {-exit_code}"
