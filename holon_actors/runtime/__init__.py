"""Running flows: the engine, its limits, and what can go wrong. Imported when first used.

A worker process imports this package and needs next to none of it, hence the laziness.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holon_actors.runtime.engine import Engine
    from holon_actors.runtime.errors import (
        CpuTimeExceeded,
        EngineClosed,
        EngineError,
        EngineOverloaded,
        ExecutionCancelled,
        ExecutionTimeout,
        ExecutorCrashed,
        MemoryLimitExceeded,
        NotPicklable,
        RemoteFlowError,
        UnpicklableFlow,
        UnpicklableInput,
        UnpicklableResult,
        WorkerCrashed,
        WorkerStartError,
        WrongIsolation,
        WrongThread,
    )
    from holon_actors.runtime.execution import Execution
    from holon_actors.runtime.front import Execute, GetStats
    from holon_actors.runtime.limits import RateLimit
    from holon_actors.runtime.nesting import time_remaining
    from holon_actors.runtime.options import PriorityLevel
    from holon_actors.runtime.recovery import ErrorRecovery, RetryBudget
    from holon_actors.runtime.resources import ResourceLimits
    from holon_actors.runtime.stats import EngineStats, LeaseInfo
    from holon_actors.runtime.status import Status
    from holon_actors.runtime.trace import Span, Trace
    from holon_actors.runtime.units import parse_duration, parse_size

_HOMES = {
    "engine": ("Engine",),
    "errors": (
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
    ),
    "execution": ("Execution",),
    "front": ("Execute", "GetStats"),
    "limits": ("RateLimit",),
    "options": ("PriorityLevel",),
    "nesting": ("time_remaining",),
    "recovery": ("ErrorRecovery", "RetryBudget"),
    "resources": ("ResourceLimits",),
    "stats": ("EngineStats", "LeaseInfo"),
    "status": ("Status",),
    "trace": ("Span", "Trace"),
    "units": ("parse_duration", "parse_size"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CpuTimeExceeded",
    "Engine",
    "EngineClosed",
    "EngineError",
    "EngineOverloaded",
    "EngineStats",
    "ErrorRecovery",
    "Execute",
    "Execution",
    "ExecutionCancelled",
    "ExecutionTimeout",
    "ExecutorCrashed",
    "GetStats",
    "LeaseInfo",
    "MemoryLimitExceeded",
    "NotPicklable",
    "PriorityLevel",
    "RateLimit",
    "RemoteFlowError",
    "ResourceLimits",
    "RetryBudget",
    "Span",
    "Status",
    "Trace",
    "UnpicklableFlow",
    "UnpicklableInput",
    "UnpicklableResult",
    "WorkerCrashed",
    "WorkerStartError",
    "WrongIsolation",
    "WrongThread",
    "parse_duration",
    "parse_size",
    "time_remaining",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
