"""Runs flows on the actor engine, for the commands that do.

A `Plan` is what the user asked for; what comes back is a `Run` or one error: `FlowTimedOut`,
`FlowFailed` around whatever the flow raised, or a setting's `ConfigError`.
"""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import holon_actors
from holon_actors.cli.errors import FlowFailed, FlowTimedOut
from holon_actors.flows import Flow, failure_path
from holon_actors.runtime import (
    Engine,
    ErrorRecovery,
    Execution,
    ExecutionTimeout,
    ResourceLimits,
    Span,
)

__all__ = ["Plan", "Run", "make_engine", "run_flow"]

LIBRARY = str(Path(holon_actors.__path__[0]))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to run. None leaves a choice to the engine or the flow."""

    isolation: str | None = None
    max_concurrency: int | None = None
    memory: int | None = None
    cpu: float | None = None
    retries: int = 0
    timeout_s: float | None = None
    trace: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run that succeeded."""

    result: Any
    duration_s: float
    attempts: int
    spans: tuple[Span, ...] = ()


def make_engine(plan: Plan) -> Engine:
    """An engine as planned, not yet started. Raises ConfigError."""
    limits = {"memory": plan.memory, "cpu": plan.cpu}
    settings: dict[str, Any] = {}
    if plan.retries:
        settings["error_recovery"] = ErrorRecovery(max_retries=plan.retries)
    if plan.max_concurrency is not None:
        settings["max_concurrency"] = plan.max_concurrency
    if any(limit is not None for limit in limits.values()):
        settings["resource_limits"] = ResourceLimits(**_given(limits))
    return Engine(**settings)


async def run_flow(engine: Engine, flow: Flow[Any, Any], value: Any, plan: Plan) -> Run:
    """Run `flow` on one input. Raises FlowTimedOut or FlowFailed, with spans when it was traced."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    options = _given({"timeout": plan.timeout_s, "isolation": plan.isolation})
    execution: Execution[Any] | None = None
    try:
        execution = engine.submit(flow, value, trace=plan.trace, **options)
        result = await execution
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # a flow may raise SystemExit: it ends the flow, not the command
        if isinstance(error, asyncio.CancelledError) and _is_cancelled():
            raise
        raise _verdict(flow, error, plan, _spans(execution)) from error

    return Run(
        result=result,
        duration_s=loop.time() - started,
        attempts=execution.attempts,
        spans=_spans(execution),
    )


def _is_cancelled() -> bool:
    """Whether it is we who are to stop, and not the flow that has cancelled itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _verdict(
    flow: Flow[Any, Any], error: BaseException, plan: Plan, spans: tuple[Span, ...]
) -> FlowFailed | FlowTimedOut:
    """`error`, with the node of the flow and the line of the user's code that it came from."""
    name = flow.meta.name
    if isinstance(error, ExecutionTimeout) and plan.timeout_s is not None:
        return FlowTimedOut(f"flow {name!r}", plan.timeout_s, spans)
    places = [failure_path(error) or "", _line_of(error)]
    return FlowFailed(name, error, ", ".join(place for place in places if place), spans)


def _spans(execution: Execution[Any] | None) -> tuple[Span, ...]:
    trace = None if execution is None else execution.trace
    return () if trace is None else trace.spans


def _line_of(error: BaseException) -> str:
    """The innermost line outside Holon and the libraries, which is the user's own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_users(frame.filename)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def _is_users(filename: str) -> bool:
    return not (
        filename.startswith(("<", LIBRARY, str(Path(asyncio.__file__).parents[1])))
        or "site-packages" in filename
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
