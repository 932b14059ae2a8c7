"""Which values are a table, as plain data: a table is a list of rows, a row an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["Row", "is_table", "rows_of"]

Row: TypeAlias = Mapping[str, Any]


def is_table(value: Any) -> bool:
    """Whether `value`, in JSON form, is a list of objects and so reads best as a table."""
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def rows_of(value: Any) -> list[Row]:
    """`value`, in JSON form, as rows: any value has some."""
    if isinstance(value, list):
        return [row if isinstance(row, dict) else {"value": row} for row in value]
    if isinstance(value, dict):
        return [{"key": key, "value": item} for key, item in value.items()]
    return [{"value": value}]
