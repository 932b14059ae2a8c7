"""Turns draws, which are whole numbers, into what faults are made of: chances, times, choices.

The rule of the tape holds everywhere here: a draw of 0 is the plainest outcome, so it never is a
fault, never adds time, and picks the first of several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from holon_actors.testing._choices.tape import Stream

T = TypeVar("T")

_PARTS = 1_000_000
US = 1_000  # nanoseconds
S = 1_000_000_000


def chance(stream: Stream, label: str, rate: float) -> bool:
    """True with probability `rate`. Draws nothing where there is nothing to decide."""
    if rate <= 0:
        return False
    if rate >= 1:
        return True
    return stream.draw(label, _PARTS) >= _PARTS - max(1, round(rate * _PARTS))


def uniform_ns(stream: Stream, label: str, low_s: float, high_s: float) -> int:
    """Nanoseconds between two numbers of seconds, in whole microseconds above the lower one."""
    return round(low_s * S) + US * stream.draw(label, steps_between(low_s, high_s))


def steps_between(low_s: float, high_s: float) -> int:
    """How many instants there are, a microsecond apart, from the first to the last."""
    return round((high_s - low_s) * S) // US + 1


def pick(stream: Stream, label: str, items: Sequence[T]) -> T:
    """One of some items, each as likely as any other."""
    return items[stream.draw(label, len(items))]


def shuffled(stream: Stream, label: str, items: Sequence[T]) -> list[T]:
    """The items in a drawn order; draws of 0 leave them as they are."""
    left, order = list(items), []
    while left:
        order.append(left.pop(stream.draw(label, len(left)) if len(left) > 1 else 0))
    return order
