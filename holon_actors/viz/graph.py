"""`visualize`: a flow's graph in a format that something else draws or reads.

The graph is data (`Flow.graph()`); no user code runs. The same flow always gives the same text.
"""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

from holon_actors.errors import ConfigError
from holon_actors.flows import Flow
from holon_actors.viz.dot import to_dot
from holon_actors.viz.drawing import draw
from holon_actors.viz.mermaid import to_mermaid
from holon_actors.viz.svg import to_svg

__all__ = ["Format", "visualize"]

Format = Literal["dot", "mermaid", "json", "svg"]


def visualize(flow: Flow[Any, Any], format: Format = "dot") -> str:  # noqa: A002 - the public name
    """The graph of `flow` as text.

    "json" holds the nodes and edges as they are; "svg" needs Graphviz's `dot` on PATH.

    Raises ConfigError for another format, GraphvizMissing, GraphvizFailed.
    """
    known = get_args(Format)
    if format not in known:
        raise ConfigError(f"visualize(format={format!r}): one of {', '.join(known)}")

    graph = flow.graph()
    match format:
        case "dot":
            return to_dot(draw(graph))
        case "mermaid":
            return to_mermaid(draw(graph))
        case "json":
            return json.dumps(graph.to_dict(), indent=2, ensure_ascii=False)
        case "svg":
            return to_svg(to_dot(draw(graph)))
