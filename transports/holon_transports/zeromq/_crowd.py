"""How many connections a listener has, whether there is room for one more, and which of them ended
without an explanation. Pure.

libzmq accepts without end, until the process has no file descriptors left for anything else. And
when a peer sends a frame that is too large, or none at all, it ends the connection without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

__all__ = ["Crowd"]


class Crowd:
    """The accepted connections of one listener, by their descriptors."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[int] = set()
        self._explained: set[int] = set()  # we hung up on them, and said why
        self._refused = 0  # handshakes that failed: of these it is not told whose they were
        self._ended: set[int] = set()

    def came(self, descriptor: int) -> bool:
        """Count a connection in, and whether it may stay."""
        self._open.add(descriptor)
        self._explained.discard(descriptor)
        return len(self._open) <= self._most

    def refused(self) -> None:
        """A handshake failed, so one of the connections ends."""
        self._refused += 1

    def explained(self, descriptor: int) -> None:
        """The end of a connection, to come, has its reason in the log."""
        self._explained.add(descriptor)

    def went(self, descriptor: int) -> None:
        """Count a connection out."""
        self._open.discard(descriptor)
        if descriptor in self._explained:
            self._explained.discard(descriptor)
        else:
            self._ended.add(descriptor)

    def has_ended(self, descriptor: int) -> bool:
        """Whether it is one of which `ended` will tell."""
        return descriptor in self._ended

    def ended(self, heard: Collection[int]) -> tuple[int, set[int]]:
        """How many connections have ended without an explanation since the last call and were
        never heard, and those that were; `heard` are all that a message came from.
        """
        ended, self._ended = self._ended, set()
        known = ended.intersection(heard)
        unheard = len(ended) - len(known)
        # The end of a connection comes a moment after the failure of its handshake.
        still_to_end = min(max(0, self._refused - unheard), len(self._open))
        unexplained, self._refused = max(0, unheard - self._refused), still_to_end
        return unexplained, known

    def recount(self, is_open: Callable[[int], bool]) -> None:
        """When there are many, count out those of whose end nothing was told."""
        if len(self._open) >= self._most:
            self._open = {descriptor for descriptor in self._open if is_open(descriptor)}
            self._explained &= self._open
