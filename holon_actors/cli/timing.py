"""Where the time of a run went: the spans of a trace, summed per node of the flow.

Pure: spans in, records and text out. A node's own time is what no part of it was running; parts
that overlap count once, so own times never exceed what the clock showed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from holon_actors.cli.table import table_text
from holon_actors.runtime import Span

__all__ = ["NodeTime", "node_times", "timing_data", "timing_table"]


@dataclass(frozen=True, kw_only=True)
class NodeTime:
    """What all the runs of one node took together."""

    path: str
    label: str
    depth: int
    calls: int
    failed: int
    total_s: float
    own_s: float


def node_times(spans: Sequence[Span]) -> list[NodeTime]:
    """One record per node, every node before its parts, siblings as they first ran."""
    groups: defaultdict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: span.id):
        groups[span.path].append(span)
    own_s = _own_times(spans)
    parents = _parent_paths(spans)
    return [
        NodeTime(
            path=path,
            label=_label(path, parents.get(path)),
            depth=depth,
            calls=len(groups[path]),
            failed=sum(span.status == "failed" for span in groups[path]),
            total_s=sum(span.duration for span in groups[path]),
            own_s=sum(own_s[span.id] for span in groups[path]),
        )
        for path, depth in _in_tree_order(groups, parents)
    ]


def timing_table(spans: Sequence[Span]) -> str:
    """The records as a table for people, times in milliseconds."""
    rows = [
        {
            "node": "  " * node.depth + node.label,
            "calls": node.calls,
            "failed": node.failed or None,
            "total ms": round(node.total_s * 1000, 2),
            "own ms": round(node.own_s * 1000, 2),
        }
        for node in node_times(spans)
    ]
    return table_text(rows, title="where the time went")


def timing_data(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """The records in JSON form."""
    return [asdict(node) for node in node_times(spans)]


def _own_times(spans: Iterable[Span]) -> dict[int, float]:
    inside: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for span in spans:
        if span.parent is not None:
            inside[span.parent].append((span.start, span.start + span.duration))
    return {span.id: max(span.duration - _covered(inside[span.id]), 0.0) for span in spans}


def _covered(intervals: list[tuple[float, float]]) -> float:
    """How long at least one of `intervals` lasted."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        covered += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return covered


def _parent_paths(spans: Iterable[Span]) -> dict[str, str]:
    paths = {span.id: span.path for span in spans}
    return {
        span.path: paths[span.parent]
        for span in spans
        if span.parent is not None and span.parent in paths
    }


def _in_tree_order(paths: Iterable[str], parents: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Every path with its depth, from the roots down."""
    parts: defaultdict[str | None, list[str]] = defaultdict(list)
    for path in paths:
        parts[parents.get(path)].append(path)

    waiting = [(path, 0) for path in reversed(parts[None])]
    while waiting:
        path, depth = waiting.pop()
        yield path, depth
        waiting.extend((part, depth + 1) for part in reversed(parts[path]))


def _label(path: str, parent: str | None) -> str:
    """The part of `path` that its parent does not have: `[1]/slug` reads `[1] slug`."""
    own = path if parent is None else path.removeprefix(parent)
    return own.replace("/", " ", 1).strip()
