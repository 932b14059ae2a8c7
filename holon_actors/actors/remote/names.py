"""Addresses by number: each is written out once per session, and is a small number then.

Pure. The tables are bounded: when one is full, numbers are given anew from the first on, and the
receiver hears of it, as of everything in a session, in order.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from holon_actors.actors.remote.errors import RemoteProtocolError

__all__ = ["NamesIn", "NamesOut"]

T = TypeVar("T")


class NamesOut:
    """The numbers that this end has given."""

    __slots__ = ("_by_number", "_capacity", "_last", "numbers")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._last = 0
        self._by_number: dict[int, Hashable] = {}
        self.numbers: dict[Hashable, int] = {}

    def give(self, key: Hashable) -> int:
        """A number for a key that has none; the caller tells the peer."""
        number = self._last = self._last % self._capacity + 1
        old = self._by_number.get(number)
        if old is not None:
            del self.numbers[old]
        self._by_number[number] = key
        self.numbers[key] = number
        return number


class NamesIn(Generic[T]):
    """What the peer's numbers stand for."""

    __slots__ = ("_capacity", "meanings")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.meanings: dict[int, T] = {}

    def learn(self, number: int, meaning: T) -> None:
        """The peer gives a number a (new) meaning. Raises `RemoteProtocolError`."""
        if not 0 < number <= self._capacity:
            raise RemoteProtocolError(f"gave the number {number} to a name")
        self.meanings[number] = meaning
