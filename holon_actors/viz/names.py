"""Signatures as people read them: types by their own names, without their modules'."""

from __future__ import annotations

import re

__all__ = ["short_signature"]

DOTTED = re.compile(r"\b(?:[A-Za-z_]\w*\.)+([A-Za-z_]\w*)")


def short_signature(signature: str) -> str:
    """`(days: list[package.module.Day])` as `(days: list[Day])`."""
    return DOTTED.sub(r"\1", signature)
