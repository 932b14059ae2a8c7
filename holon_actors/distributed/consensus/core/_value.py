"""Values that are made on the hot path.

A frozen dataclass takes three times as long to make as another one. These are frozen for the type
checker, which sees all of this house, and plain at run time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

__all__ = ["value"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """Make a class a dataclass with slots that nobody changes after it is made."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
