"""What is on the picture, before any format: boxes in clusters, and arrows between boxes.

A leaf is a box; a composition is a cluster around its parts. A composition whose parts do not
follow one another (parallel, race, when, ...) forks to them and joins after them, so that each
cluster has one place where values come in and one where they go out, however many branches it has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from holon_actors.flows import FlowGraph, FlowNode

__all__ = ["Arrow", "Box", "Cluster", "Drawing", "Item", "draw"]

LINE_LIMIT = 60


@dataclass(frozen=True)
class Box:
    """Something a value passes through."""

    id: str
    lines: tuple[str, ...] = ()
    shape: Literal["leaf", "point"] = "leaf"


@dataclass(frozen=True)
class Cluster:
    """A composition: a frame with a title around its parts."""

    id: str
    title: str
    items: tuple[Item, ...]


Item: TypeAlias = Box | Cluster


@dataclass(frozen=True)
class Arrow:
    """A value goes from the box `source` to the box `target`."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Drawing:
    """All of the picture."""

    title: str
    item: Item
    arrows: tuple[Arrow, ...]


def draw(graph: FlowGraph) -> Drawing:
    """The picture of `graph`. Ids are numbers in the order of its nodes, safe in any format."""
    artist = _Artist(graph)
    item, _ends = artist.place(graph.root)
    return Drawing(_line(graph.root.name), item, tuple(artist.arrows))


# The box where values enter an item, and the one where they leave it.
Ends: TypeAlias = tuple[str, str]


class _Artist:
    """Places nodes from the root down, and collects the arrows on the way back up."""

    def __init__(self, graph: FlowGraph) -> None:
        self.arrows: list[Arrow] = []
        self._ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
        self._chained = {(edge.source, edge.target) for edge in graph.edges}
        self._parts: defaultdict[str, list[FlowNode]] = defaultdict(list)
        for node in graph.nodes:
            if node.parent is not None:
                self._parts[node.parent].append(node)

    def place(self, node: FlowNode) -> tuple[Item, Ends]:
        """The item for `node`, and its ends."""
        name = self._ids[node.id]
        parts = self._parts[node.id]
        if not parts:
            return Box(name, tuple(_leaf_lines(node))), (name, name)

        placed = [self.place(part) for part in parts]
        items = [item for item, _ends in placed]
        ends = [ends for _item, ends in placed]
        if len(parts) > 1 and not self._is_chain(parts):
            return self._fork(node, parts, items, ends)
        for (_, leaves), (enters, _) in pairwise(ends):
            self.arrows.append(Arrow(leaves, enters))
        return Cluster(name, _title(node), tuple(items)), (ends[0][0], ends[-1][1])

    def _is_chain(self, parts: list[FlowNode]) -> bool:
        return all((a.id, b.id) in self._chained for a, b in pairwise(parts))

    def _fork(
        self, node: FlowNode, parts: list[FlowNode], items: list[Item], ends: list[Ends]
    ) -> tuple[Item, Ends]:
        name = self._ids[node.id]
        fork, join = Box(f"{name}in", shape="point"), Box(f"{name}out", shape="point")
        for part, (enters, leaves) in zip(parts, ends, strict=True):
            self.arrows.append(Arrow(fork.id, enters, part.role.strip(".[]")))
            self.arrows.append(Arrow(leaves, join.id))
        return Cluster(name, _title(node), (fork, *items, join)), (fork.id, join.id)


def _leaf_lines(node: FlowNode) -> Iterator[str]:
    yield _line(node.name)
    if node.kind == "function":
        yield _line(f"async {node.signature}" if node.is_async else node.signature)
    elif node.details:
        yield _line(_details(node))


def _title(node: FlowNode) -> str:
    name = node.name if node.name == node.kind else f"{node.name}: {node.kind}"
    return _line(f"{name} {_details(node)}" if node.details else name)


def _details(node: FlowNode) -> str:
    return ", ".join(f"{key}={value}" for key, value in node.details.items() if value is not None)


def _line(text: str) -> str:
    """One line of printable text, cut where it would make the picture unreadable."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= LINE_LIMIT else f"{shown[: LINE_LIMIT - 3]}..."
