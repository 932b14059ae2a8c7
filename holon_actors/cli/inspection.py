"""The facts about a flow that `holon inspect` shows, as plain data. Runs no user code."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from holon_actors.errors import HolonError
from holon_actors.flows import Flow, FlowGraph

__all__ = ["GraphSummary", "Inspection", "inspect_flow"]


@dataclass(frozen=True, kw_only=True)
class GraphSummary:
    """The size and shape of a flow's graph."""

    nodes: int
    edges: int
    depth: int
    kinds: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One flow of a file. A schema is None where the type hints have no JSON form."""

    name: str  # under which the file has it
    flow_name: str  # which it gave itself
    description: str
    tags: tuple[str, ...]
    version: str | None
    signature: str
    is_async: bool
    pure: bool
    idempotent: bool
    isolation: str
    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    graph: GraphSummary


def inspect_flow(name: str, flow: Flow[Any, Any]) -> Inspection:
    """What there is to say about `flow`."""
    meta = flow.meta
    graph = flow.graph()
    return Inspection(
        name=name,
        flow_name=meta.name,
        description=meta.description,
        tags=meta.tags,
        version=meta.version,
        signature=graph.root.signature,
        is_async=flow.is_async,
        pure=meta.pure,
        idempotent=meta.idempotent,
        isolation=meta.isolation,
        input_schema=_schema(flow.input_schema),
        output_schema=_schema(flow.output_schema),
        graph=_summary(graph),
    )


def _schema(make: Any) -> dict[str, Any] | None:
    try:
        schema: dict[str, Any] = make()
    except HolonError:
        return None
    return schema


def _summary(graph: FlowGraph) -> GraphSummary:
    depths: dict[str, int] = {}
    for node in graph.nodes:  # a parent comes before its parts
        depths[node.id] = 1 if node.parent is None else depths[node.parent] + 1
    kinds = Counter(node.kind for node in graph.nodes)
    return GraphSummary(
        nodes=len(graph.nodes),
        edges=len(graph.edges),
        depth=max(depths.values()),
        kinds=dict(sorted(kinds.items())),
    )
