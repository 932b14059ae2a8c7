"""What goes wrong with actors in processes of their own, named for what the caller does next."""

from __future__ import annotations

import signal

from holon_actors.actors.errors import ActorError

__all__ = ["ProcessDied", "ProcessStartError", "UnpicklableActor"]


class ProcessDied(ActorError, RuntimeError):
    """The process of an actor has ended under it. The message that it was handling may have been
    handled in part, so only retry what is idempotent.

    `exit_code` is its exit status, `signal` the name of the signal that killed it, such as
    "SIGSEGV"; one of them is None, and both where nobody could tell. `reason` says it in words, and
    whether memory may have been short.
    """

    # It is raised by the kernel, about another process: where in the kernel tells nobody anything.
    traceback_tells = False

    def __init__(
        self, address: object, pid: int, exit_code: int | None, memory_short: bool = False
    ) -> None:
        killed = exit_code is not None and exit_code < 0
        self.address = address
        self.pid = pid
        self.signal = _signal_name(-exit_code) if exit_code is not None and killed else None
        self.exit_code = None if killed else exit_code
        if self.signal is not None:
            perhaps = ", perhaps for want of memory" if memory_short else ""
            self.reason = f"killed by {self.signal}{perhaps}"
        elif exit_code is not None:
            self.reason = f"exit status {exit_code}"
        else:
            self.reason = "unknown end"
        super().__init__(f"the process {pid} of {address} has died: {self.reason}")


class ProcessStartError(ActorError, RuntimeError):
    """The process of an actor did not get as far as its constructor: see to what `reason` says."""

    def __init__(self, address: object, reason: str) -> None:
        super().__init__(f"{address} has no process: {reason}")
        self.address = address
        self.reason = reason


class UnpicklableActor(ActorError, TypeError):
    """An actor class, or what it is spawned with, cannot be sent to a process: pass plain values,
    and open files, connections and locks in the actor's constructor.
    """

    def __init__(self, cls: str, reason: str) -> None:
        super().__init__(f"{cls} cannot be sent to a process: {reason}")
        self.cls = cls
        self.reason = reason


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
