"""Executions inside executions: which one the running code belongs to, and what it passes on.

A flow that runs in an engine may give that engine more work. What then holds:

- The child inherits the parent's remaining time: it never outlives the caller of the parent.
- One layer retries, the outermost. A child of an execution that the engine would retry is not
  retried itself, or three layers with three retries each would make 64 calls of one.
- While the parent waits for its children it holds no slot (see `Workload.wait_begins`), so any
  depth of nesting completes with a single slot. That goes for a parent that nobody waits for any
  more as well: it may be cleaning up.

The mark is a context variable; it follows tasks by itself and is copied into worker threads. A
worker process only gets the remaining time: the engine does not live there.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holon_actors.runtime.execution import Execution

__all__ = ["current_execution", "inherited_deadline", "time_remaining"]

# The execution whose flow is running here.
current_execution: ContextVar[Execution[Any] | None] = ContextVar(
    "holon_current_execution", default=None
)

# A deadline that came with work from elsewhere (another process or host), on this process's
# monotonic clock.
inherited_deadline: ContextVar[float | None] = ContextVar("holon_inherited_deadline", default=None)


def time_remaining(now: float) -> float | None:
    """Seconds the running flow has left at `now` (its loop's time), or None when it has no
    deadline.

    This is what to send along with work for another process or host: clocks differ, durations do
    not.
    """
    execution = current_execution.get()
    deadline = inherited_deadline.get() if execution is None else execution.deadline
    return None if deadline is None else max(deadline - now, 0.0)
