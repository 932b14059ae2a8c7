"""One run of a flow, from submission to its end: what `Engine.submit` returns.

An `Execution` is an asyncio future, so it can be awaited, gathered and given callbacks without a
task of its own, and cancelling whoever awaits it cancels it. It holds what the engine knows about
the run; every decision about it is made by its host (`workload.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from holon_actors.runtime.nesting import current_execution
from holon_actors.runtime.status import MOVES, Status

if TYPE_CHECKING:
    from holon_actors.flows import Flow
    from holon_actors.runtime.leases import Lease
    from holon_actors.runtime.trace import Trace

__all__ = ["Execution", "Host"]

T = TypeVar("T")

# Called once per execution: finding them through super() would be a good part of the work.
_init = asyncio.Future.__init__
_set_result: Callable[[Any, Any], None] = asyncio.Future.set_result


class Host(Protocol):
    """What an execution asks of the engine it belongs to."""

    name: str

    def cancelled(self, execution: Execution[Any]) -> None: ...

    def wait_begins(self, parent: Execution[Any], child: Execution[Any]) -> None: ...

    def wait_ends(self, parent: Execution[Any], child: Execution[Any]) -> None: ...


class Execution(asyncio.Future[T]):
    """A flow that an engine runs, and its outcome. Made by `Engine.submit`.

    `await execution` gives the flow's result or raises its error, `ExecutionTimeout`, or
    `CancelledError`.
    """

    __slots__ = (
        "_status",
        "attempts",
        "context",
        "crashes",
        "deadline",
        "end",
        "flow",
        "host",
        "isolation",
        "lease",
        "level",
        "may_retry",
        "nested",
        "number",
        "rank",
        "retried_above",
        "retry_timer",
        "started",
        "stop",
        "submitted",
        "timeout",
        "timer",
        "trace",
        "value",
        "waiters",
        "waiting",
        "waits_for",
        "withdrawn",
    )

    def __init__(
        self,
        host: Host,
        number: int,
        flow: Flow[Any, T],
        value: Any,
        isolation: str,
        context: Context,
        submitted: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        _init(self, loop=loop)
        self.host = host
        self.number = number
        self.flow = flow
        self.value = value
        self.isolation = isolation
        self.context = context
        self.submitted = submitted  # loop time
        # Priority, and the place in the scheduler's queue while it waits there.
        self.level = 0
        self.rank: tuple[float, int] | None = None
        self.waiting = False
        # How long it may take: seconds as given, and the loop time that makes.
        self.timeout: float | None = None
        self.deadline: float | None = None
        # Set when the current attempt has been taken up by an executor.
        self.started = False
        # Nobody waits for the outcome any more. What has not started by then never will.
        self.withdrawn = False
        self.attempts = 0  # times the flow has been started
        self.crashes = 0  # worker processes that died under it
        self.may_retry = False  # False: no error recovery, or an outer execution does the retrying
        self.retried_above = False  # it, or an execution around it, is retried by an engine
        self.nested = False  # submitted by a flow that runs in the same engine
        self.waits_for: tuple[Execution[Any], ...] = ()  # nested executions it waits for
        self.waiters: tuple[Execution[Any], ...] = ()  # executions that wait for this one
        self.lease: Lease[Execution[Any]] | None = None  # under which the current attempt runs
        self.stop: Callable[[], object] | None = None  # ends the current attempt, where possible
        self.timer: asyncio.TimerHandle | None = None  # its deadline
        self.retry_timer: asyncio.TimerHandle | None = None  # its next attempt
        self.trace: Trace | None = None  # spans, when submitted with trace=True
        self.end: Status = "queued"  # what it becomes once abandoned and its thread returns
        self._status: Status = "queued"

    @property
    def id(self) -> str:
        """Unique within the process: the engine's name and a number."""
        return f"{self.host.name}/{self.number}"

    @property
    def status(self) -> Status:
        """Where the execution is in its life; see `runtime.status`."""
        # Threads only raise the flag; everything else about a status happens on the loop.
        return "running" if self.started and self._status == "queued" else self._status

    @property
    def alone(self) -> bool:
        """Whether it needs a lease of its own: its parent gets its slot back the moment it ends."""
        return self.nested

    def become(self, status: Status) -> None:
        """Move to another state. Asserts that the move is legal."""
        assert status in MOVES[self.status], f"{self.status} -> {status}"
        self._status = status

    def succeed(self, result: T) -> None:
        """End with a result."""
        assert self._status == "queued"  # the common move, without looking it up
        self._status = "succeeded"
        _set_result(self, result)

    def fail(self, error: BaseException, status: Status = "failed") -> None:
        """End with an error."""
        self.become(status)
        if isinstance(error, StopIteration):
            # A future refuses it, as it would end the coroutine that awaits.
            wrapped = RuntimeError(f"flow {self.flow.meta.name!r} raised {error!r}")
            wrapped.__cause__ = error
            error = wrapped
        super().set_exception(error)

    def drop(self) -> None:
        """End as cancelled; the host has been told."""
        super().cancel()

    def cancel(self, msg: Any | None = None) -> bool:
        """Give up on the outcome. What runs is stopped as far as its isolation allows.

        Returns False when the execution is over already.
        """
        if self.done():
            return False
        self.host.cancelled(self)
        return super().cancel(msg)

    # Whoever registers interest in an unfinished execution is about to wait for it: `await`,
    # gather, wait and shield all come through here. Done by a flow of the same engine, it must not
    # keep that flow's slot.

    def add_done_callback(
        self, fn: Callable[..., object], /, *, context: Context | None = None
    ) -> None:
        """See `asyncio.Future`. Called by a flow of the same engine, it counts as waiting."""
        parent = current_execution.get()
        if parent is not None and parent is not self and parent.host is self.host:
            self.host.wait_begins(parent, self)
        super().add_done_callback(fn, context=context)

    def remove_done_callback(self, fn: Callable[..., object], /) -> int:
        """See `asyncio.Future`."""
        parent = current_execution.get()
        removed = super().remove_done_callback(fn)
        if removed and parent is not None and parent in self.waiters:
            self.host.wait_ends(parent, self)
        return removed

    def __repr__(self) -> str:
        return f"<Execution {self.id} of {self.flow.meta.name!r}, {self.status}>"
