"""What the user said about the run as a whole, known before the command itself starts.

It travels as click's context object, so that the one place that reports errors knows how, even when
parsing the rest of the command line is what failed.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Settings"]


@dataclass(slots=True)
class Settings:
    """Flags every command has. Filled in by eager options while the command line is parsed."""

    debug: bool = False
    json: bool = False
