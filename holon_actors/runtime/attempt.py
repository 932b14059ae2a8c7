"""One attempt of an execution: what a thread, a task or the loop itself does to run the flow.

Whoever runs it calls `begin` first and drops the execution if that says so. `begin` and a
withdrawal may race from two threads: `begin` raises its flag before it looks for the withdrawal,
and the withdrawal sets its own before it looks for the flag, so at least one of them sees the
other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from types import CoroutineType
from typing import Any

from holon_actors.runtime.execution import Execution
from holon_actors.runtime.leases import Lease
from holon_actors.runtime.nesting import current_execution
from holon_actors.runtime.trace import Recorder

__all__ = ["Clock", "Outcome", "begin", "drive", "perform"]

Clock = Callable[[], float]
Outcome = tuple[bool, Any]  # (True, result) or (False, error)


def begin(execution: Execution[Any], lease: Lease[Execution[Any]], now: float) -> bool:
    """Take up an execution under a lease; False when nobody wants it any more."""
    lease.owner = execution
    lease.since = now
    execution.lease = lease
    execution.attempts += 1
    execution.started = True
    return not execution.withdrawn


def perform(execution: Execution[Any], clock: Clock) -> Any:
    """Run a flow right here and return its result; an async flow gets an event loop of its own."""
    context = context_of(execution)
    result = context.run(_apply, execution, clock)
    if type(result) is CoroutineType:
        with asyncio.Runner() as runner:
            return runner.run(result, context=context)
    return result


async def drive(execution: Execution[Any], clock: Clock) -> Outcome:
    """Run a flow in the current task, whose context is the execution's.

    Errors are returned, as some that a flow may raise (`SystemExit`) would end the loop if a task
    let them out.
    """
    try:
        result = _apply(execution, clock)
        if type(result) is CoroutineType or execution.flow.is_async:
            result = await result
    except BaseException as error:  # noqa: BLE001  # handed to the caller of the execution
        return False, error
    return True, result


def context_of(execution: Execution[Any]) -> Context:
    """The context of this attempt. A retry gets a copy: the first attempt may still be inside the
    original.
    """
    return execution.context if execution.attempts == 1 else execution.context.copy()


def _apply(execution: Execution[Any], clock: Clock) -> Any:
    current_execution.set(execution)
    if execution.trace is None:
        return execution.flow.apply(execution.value)
    recorder = Recorder(execution.trace, clock, execution.submitted, execution.attempts)
    return recorder.run(execution.flow, execution.value)
