"""Pictures of flows: `visualize(flow, format="dot" | "mermaid" | "json" | "svg")`."""

from holon_actors.viz.errors import GraphvizFailed, GraphvizMissing
from holon_actors.viz.graph import visualize

__all__ = ["GraphvizFailed", "GraphvizMissing", "visualize"]
