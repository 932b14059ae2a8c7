"""Flows: composable, typed functions, and the combinators that make flows of flows.

What every program uses is imported here; the rest is imported when it is first asked for, so
that importing flows stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from holon_actors.flows.context import Context, context, current_context
from holon_actors.flows.decorator import flow
from holon_actors.flows.flow import AsyncFlow, AsyncFunction, Flow, SyncFlow, SyncFunction

if TYPE_CHECKING:
    from holon_actors.flows.clock import FlowClock, SystemClock, current_clock, using_clock
    from holon_actors.flows.combinators.basic import constant, identity, merge, tap, validate
    from holon_actors.flows.combinators.branching import parallel, race, split
    from holon_actors.flows.combinators.caching import memoize
    from holon_actors.flows.combinators.choice import loop, repeat, when
    from holon_actors.flows.combinators.failure import fallback, maybe, result, retry
    from holon_actors.flows.combinators.items import filter, map, reduce
    from holon_actors.flows.combinators.pacing import batch, debounce, throttle
    from holon_actors.flows.combinators.piping import compose, pipe
    from holon_actors.flows.combinators.timing import timeout
    from holon_actors.flows.errors import (
        FlowInputError,
        FlowOutputError,
        FlowTimeout,
        NotAFlow,
        failure_path,
    )
    from holon_actors.flows.graph import FlowEdge, FlowGraph, FlowNode
    from holon_actors.flows.loading import load_flow, load_flows
    from holon_actors.flows.loading_errors import (
        AmbiguousFlow,
        FlowFileNotFound,
        FlowImportError,
        FlowLoadError,
        FlowNotFound,
        FlowSyntaxError,
        NoFlows,
    )
    from holon_actors.flows.meta import ISOLATIONS, FlowMeta, Isolation
    from holon_actors.flows.probe import Probe, active_probe, probing
    from holon_actors.flows.results import Err, Ok
    from holon_actors.flows.schema import coerce_input

_HOMES = {
    "clock": (
        "FlowClock",
        "SystemClock",
        "current_clock",
        "using_clock",
    ),
    "combinators.basic": (
        "constant",
        "identity",
        "merge",
        "tap",
        "validate",
    ),
    "combinators.branching": (
        "parallel",
        "race",
        "split",
    ),
    "combinators.caching": ("memoize",),
    "combinators.choice": (
        "loop",
        "repeat",
        "when",
    ),
    "combinators.failure": (
        "fallback",
        "maybe",
        "result",
        "retry",
    ),
    "combinators.items": (
        "filter",
        "map",
        "reduce",
    ),
    "combinators.pacing": (
        "batch",
        "debounce",
        "throttle",
    ),
    "combinators.piping": (
        "compose",
        "pipe",
    ),
    "combinators.timing": ("timeout",),
    "errors": (
        "FlowInputError",
        "FlowOutputError",
        "FlowTimeout",
        "NotAFlow",
        "failure_path",
    ),
    "graph": (
        "FlowEdge",
        "FlowGraph",
        "FlowNode",
    ),
    "loading": (
        "load_flow",
        "load_flows",
    ),
    "loading_errors": (
        "AmbiguousFlow",
        "FlowFileNotFound",
        "FlowImportError",
        "FlowLoadError",
        "FlowNotFound",
        "FlowSyntaxError",
        "NoFlows",
    ),
    "meta": ("ISOLATIONS", "FlowMeta", "Isolation"),
    "probe": ("Probe", "active_probe", "probing"),
    "results": (
        "Err",
        "Ok",
    ),
    "schema": ("coerce_input",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ISOLATIONS",
    "AmbiguousFlow",
    "AsyncFlow",
    "AsyncFunction",
    "Context",
    "Err",
    "Flow",
    "FlowClock",
    "FlowEdge",
    "FlowFileNotFound",
    "FlowGraph",
    "FlowImportError",
    "FlowInputError",
    "FlowLoadError",
    "FlowMeta",
    "FlowNode",
    "FlowNotFound",
    "FlowOutputError",
    "FlowSyntaxError",
    "FlowTimeout",
    "Isolation",
    "NoFlows",
    "NotAFlow",
    "Ok",
    "Probe",
    "SyncFlow",
    "SyncFunction",
    "SystemClock",
    "active_probe",
    "batch",
    "coerce_input",
    "compose",
    "constant",
    "context",
    "current_clock",
    "current_context",
    "debounce",
    "failure_path",
    "fallback",
    "filter",
    "flow",
    "identity",
    "load_flow",
    "load_flows",
    "loop",
    "map",
    "maybe",
    "memoize",
    "merge",
    "parallel",
    "pipe",
    "probing",
    "race",
    "reduce",
    "repeat",
    "result",
    "retry",
    "split",
    "tap",
    "throttle",
    "timeout",
    "using_clock",
    "validate",
    "when",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
