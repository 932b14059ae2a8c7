"""How plans and profiles print: as a call that makes them again, with only what is not default."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


def changed(value: Any) -> str:
    """The `repr` of a dataclass whose fields all have plain defaults."""
    shown = [
        f"{field.name}={getattr(value, field.name)!r}"
        for field in fields(value)
        if getattr(value, field.name) != field.default
    ]
    return f"{type(value).__name__}({', '.join(shown)})"
