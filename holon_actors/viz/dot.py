"""A drawing as Graphviz DOT."""

from __future__ import annotations

from collections.abc import Iterator

from holon_actors.viz.drawing import Arrow, Box, Cluster, Drawing, Item

__all__ = ["to_dot"]

HEADER = """\
    rankdir=LR
    fontname="Helvetica"
    node [shape=box, style="rounded,filled", fillcolor="white", fontname="Helvetica"]
    edge [fontname="Helvetica", fontsize=10]"""

ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;"})

POINT = 'shape=circle, label="", width=0.12, fillcolor="black"'


def to_dot(drawing: Drawing) -> str:
    """The DOT text of `drawing`."""
    lines = [f"digraph {quote(drawing.title)} {{", HEADER]
    lines.extend(_item(drawing.item, "    "))
    lines.extend(f"    {_arrow(arrow)}" for arrow in drawing.arrows)
    lines.append("}")
    return "\n".join(lines)


def quote(*lines: str) -> str:
    """`lines` as one DOT string, in which no escape or entity of DOT's own is left."""
    return '"' + "\\n".join(line.translate(ESCAPES) for line in lines) + '"'


def _item(item: Item, indent: str) -> Iterator[str]:
    match item:
        case Cluster(id=name, title=title, items=items):
            yield f"{indent}subgraph cluster_{name} {{"
            yield f'{indent}    label={quote(title)}; style="rounded"; color="gray"'
            for inner in items:
                yield from _item(inner, indent + "    ")
            yield f"{indent}}}"
        case Box(id=name, shape="point"):
            yield f"{indent}{name} [{POINT}]"
        case Box(id=name, lines=lines):
            yield f"{indent}{name} [label={quote(*lines)}]"


def _arrow(arrow: Arrow) -> str:
    label = f" [label={quote(arrow.label)}]" if arrow.label else ""
    return f"{arrow.source} -> {arrow.target}{label}"
