"""The structure of a flow as data: what `flow.graph()` returns, tracers name and tools draw.

Building it reads the composition and never runs user code. Node ids are stable paths: the
id of the parent, the way to the part (`[1]`, `.name`), the part's own label. A probe reports,
and a failure names, nodes by the same ids (a failure adds the number of the item of a `map`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from holon_actors.flows._run import child_path
from holon_actors.flows._signature_text import signature_text

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow


@dataclass(frozen=True, slots=True)
class FlowNode:
    """One flow within a composition."""

    id: str
    name: str
    kind: str  # "function" for a leaf, else the combinator: "pipe", "parallel", "retry", ...
    parent: str | None  # id of the composition it is a part of; None for the root
    role: str  # how its parent selects it: "[1]", ".a", or "" for an only part
    is_async: bool
    signature: str  # types by their own names
    description: str = ""
    tags: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict, hash=False)  # settings, such as retries


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """Control goes from `source` to `target`, two parts of the same composition.

    Either may itself be a composition. Parts without edges between them run side by side, or
    as the kind of their parent says.
    """

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class FlowGraph:
    """Nodes, the root first and every parent before its parts, and edges between them."""

    nodes: tuple[FlowNode, ...]
    edges: tuple[FlowEdge, ...]

    @property
    def root(self) -> FlowNode:
        """The node of the flow itself."""
        return self.nodes[0]

    def children(self, node_id: str) -> tuple[FlowNode, ...]:
        """The parts of a node, in order."""
        return tuple(node for node in self.nodes if node.parent == node_id)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts and lists, ready for JSON."""
        return asdict(self)


def graph_of(flow: Flow[Any, Any]) -> FlowGraph:
    """The graph of `flow`."""
    nodes: list[FlowNode] = []
    edges: list[FlowEdge] = []
    for node, links in _walk(flow, flow.label, None, ""):
        nodes.append(node)
        edges.extend(links)
    return FlowGraph(tuple(nodes), tuple(edges))


def _walk(
    flow: Flow[Any, Any], path: str, parent: str | None, role: str
) -> Iterator[tuple[FlowNode, list[FlowEdge]]]:
    """Every node with the edges between its parts."""
    parts = flow.body.parts
    paths = [child_path(path, part) for part in parts]
    links = [FlowEdge(paths[a], paths[b]) for a, b in flow.body.links]
    yield _node(flow, path, parent, role), links
    for part, part_path in zip(parts, paths, strict=True):
        yield from _walk(part.flow, part_path, path, part.selector)


def _node(flow: Flow[Any, Any], path: str, parent: str | None, role: str) -> FlowNode:
    meta = flow.meta
    return FlowNode(
        id=path,
        name=meta.name,
        kind=flow.body.kind,
        parent=parent,
        role=role,
        is_async=flow.is_async,
        signature=signature_text(flow.signature),
        description=meta.description,
        tags=meta.tags,
        details=flow.body.details(),
    )
