"""Entries of one group as they were packed, in their order, while a log is read. Plain code."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter
from typing import TypeAlias

from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.storage.bodies import Body
from holon_actors.distributed.consensus.wire.packing import unpack_entries

__all__ = ["Piece", "Pieces", "entries_of"]

_first = itemgetter(0)


# The first and the last index that count, and the packed entries, of which there may be more.
Piece: TypeAlias = tuple[int, int, bytes]


def entries_of(piece: Piece, due: int = 0) -> tuple[Entry, ...]:
    """Those that count, from index `due` on. Raises `MalformedEntries`."""
    first, last, blob = piece
    entries = unpack_entries(blob)
    if first >= due and len(entries) == last - first + 1:
        return entries
    return entries[max(due - first, 0) : last - first + 1]


class Pieces:
    """Invariant: sorted, and no two have an index in common."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def __iter__(self) -> Iterator[Piece]:
        return iter(self._pieces)

    def drain(self) -> Iterator[Piece]:
        """All of them, each let go when it is asked for the next."""
        self._pieces.reverse()
        while self._pieces:
            yield self._pieces.pop()

    def cut(self, body: Body) -> None:
        """Take away what a record says is void or not needed any more."""
        if body.snapshot is not None:
            if body.reset:
                self._pieces.clear()
            else:
                self._compact(body.compacted_index)
        if body.truncate_from:
            self._truncate(body.truncate_from)

    def insert(self, piece: Piece) -> None:
        """Put in entries that are not there yet; those that are there are the same ones."""
        pieces = self._pieces
        first, last, _ = piece
        if not pieces or pieces[-1][1] < first:
            pieces.append(piece)
            return
        at = bisect_left(pieces, first, key=_first)
        before = pieces[at - 1][1] if at else 0
        behind = pieces[at][0] if at < len(pieces) else last + 1
        if before < first and last < behind:
            pieces.insert(at, piece)

    def _compact(self, index: int) -> None:
        gone = 0
        while gone < len(self._pieces) and self._pieces[gone][1] <= index:
            gone += 1
        del self._pieces[:gone]

    def _truncate(self, index: int) -> None:
        pieces = self._pieces
        while pieces and pieces[-1][0] >= index:
            pieces.pop()
        if pieces and pieces[-1][1] >= index:
            first, _, blob = pieces[-1]
            pieces[-1] = (first, index - 1, blob)
