"""How many connections a listener has, and whether there is room for one more. Pure.

libzmq accepts without end, until the process has no file descriptors left for anything else.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Crowd"]


class Crowd:
    """The accepted connections of one listener, by their descriptors."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[int] = set()

    def came(self, descriptor: int) -> bool:
        """Count a connection in, and whether it may stay."""
        self._open.add(descriptor)
        return len(self._open) <= self._most

    def went(self, descriptor: int) -> None:
        """Count a connection out."""
        self._open.discard(descriptor)

    def recount(self, is_open: Callable[[int], bool]) -> None:
        """When there are many, count out those of whose end nothing was told."""
        if len(self._open) >= self._most:
            self._open = {descriptor for descriptor in self._open if is_open(descriptor)}
