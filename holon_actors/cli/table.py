"""Draws rows as a table, for people. Which values are rows is not decided here: see `rows.py`."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import visible
from holon_actors.cli.rows import Row

__all__ = ["table_text"]

# What a table on something other than a terminal may take: nothing is cut off in a file or a pipe.
UNBOUNDED_WIDTH = 10_000

# Digits after the point that a person reads; tiny numbers keep all they have.
DIGITS = 6
ROUNDED_FROM = 1e-3


def table_text(
    rows: Sequence[Row], *, of: str = "rows", title: str | None = None, width: int | None = None
) -> str:
    """`rows` drawn as text, or that there are none; columns are their keys in the order of
    appearance.

    `of` is what they are, such as "actors". `width` is how many cells a line may take; without it
    nothing is cut off.
    """
    if not rows:
        return f"(no {of})"
    names = _columns(rows)
    table = Table(box=SIMPLE, title=title, title_justify="left", title_style="", pad_edge=False)
    for name in names:
        right = all(_is_number(row.get(name)) for row in rows)
        table.add_column(Text(visible(name)), justify="right" if right else "left")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in names))

    text = StringIO()
    Console(file=text, width=width or UNBOUNDED_WIDTH, color_system=None).print(table)
    lines = (line.rstrip() for line in text.getvalue().splitlines())
    return "\n".join(line for line in lines if line)


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return repr(value if abs(value) < ROUNDED_FROM else round(value, DIGITS))
        case str():
            return visible(value)
        case int():
            return str(value)
        case _:
            return visible(dump_json(value))
