"""A drawing as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Iterator

from holon_actors.viz.drawing import Arrow, Box, Cluster, Drawing, Item

__all__ = ["to_mermaid"]

# Everything else below U+0080 may mean something to Mermaid, to Markdown or to HTML.
PLAIN = frozenset(" .,:()=_-+/'")


def to_mermaid(drawing: Drawing) -> str:
    """The Mermaid text of `drawing`."""
    lines = ["flowchart LR", *_item(drawing.item, "    ")]
    lines.extend(f"    {_arrow(arrow)}" for arrow in drawing.arrows)
    return "\n".join(lines)


def quote(*lines: str) -> str:
    """`lines` as one Mermaid label; characters with a meaning become numbered entities."""
    return '"' + "<br/>".join("".join(map(_character, line)) for line in lines) + '"'


def _character(character: str) -> str:
    if character.isalnum() or character in PLAIN or ord(character) > 0x7F:
        return character
    return f"#{ord(character)};"


def _item(item: Item, indent: str) -> Iterator[str]:
    match item:
        case Cluster(id=name, title=title, items=items):
            yield f"{indent}subgraph {name}[{quote(title)}]"
            for inner in items:
                yield from _item(inner, indent + "    ")
            yield f"{indent}end"
        case Box(id=name, shape="point"):
            yield f'{indent}{name}((" "))'
        case Box(id=name, lines=lines):
            yield f"{indent}{name}[{quote(*lines)}]"


def _arrow(arrow: Arrow) -> str:
    label = f"|{quote(arrow.label)}|" if arrow.label else ""
    return f"{arrow.source} -->{label} {arrow.target}"
