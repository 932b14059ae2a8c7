"""Copies what is live of the oldest segment to the end of the log, so that the segment can go.

Groups that write seldom would otherwise keep the whole log from where they wrote last. It is done
oldest segment first and only while less than half of the log is live, which bounds both how much is
kept and how much is copied; and a little with each append, so that no append waits for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.storage.bodies import Body, decode_body, encode_body
from holon_actors.distributed.consensus.storage.group_state import GroupState
from holon_actors.distributed.consensus.storage.journal import Journal, Segment
from holon_actors.distributed.consensus.storage.layout import Kind
from holon_actors.distributed.consensus.storage.pieces import Piece, Pieces, entries_of
from holon_actors.distributed.consensus.storage.segments import read_records
from holon_actors.distributed.consensus.wire.packing import pack_entries

__all__ = ["Cleaning"]

_COPY_BYTES = 256 << 10


class Cleaning:
    """The cleaning of one segment. `states` are all groups by their numbers."""

    def __init__(
        self, journal: Journal, segment: Segment, states: Mapping[int, GroupState]
    ) -> None:
        self._journal = journal
        self._segment = segment
        self._states = states
        self._steps = self._work()

    def advance(self, budget: int) -> bool:
        """Read and copy about so many bytes; whether it is over.

        Raises `StoreBroken`, `LogCorrupted` and `StorageError`.
        """
        if self._journal.segments[0].number > self._segment.number:
            return True  # nothing of it was needed any more
        while budget > 0:
            done = next(self._steps, None)
            if done is None:
                return True
            budget -= done
        return False

    def _work(self) -> Iterator[int]:
        found: dict[int, Pieces] = {}
        for header, payload in read_records(self._segment.file, self._segment.number):
            if header.kind in {Kind.RECORD, Kind.COPY}:
                self._note(found, header.kind, *decode_body(payload))
            yield header.size
        for group, pieces in found.items():
            yield from self._copy_all(group, pieces)

    def _note(self, found: dict[int, Pieces], kind: int, body: Body, blob: bytes) -> None:
        pieces = found.setdefault(body.group, Pieces())
        if kind == Kind.RECORD:
            pieces.cut(body)
        if body.last and any(self._live(body.group, body.first, body.last)):
            pieces.insert((body.first, body.last, blob))

    def _copy_all(self, group: int, pieces: Pieces) -> Iterator[int]:
        batch: list[Piece] = []
        size = 0
        for piece in pieces:
            batch.append(piece)
            size += len(piece[2])
            if size >= _COPY_BYTES:
                self._copy(group, batch)
                yield size
                batch, size = [], 0
        self._copy(group, batch)
        yield size

    def _copy(self, group: int, batch: list[Piece]) -> None:
        """Copy what of these is live still: it may be less than when they were read."""
        entries = {e.index: e for piece in batch for e in entries_of(piece)}
        for first, last in list(self._live(group, 1, max(entries, default=0))):
            live = [entries[index] for index in range(first, last + 1) if index in entries]
            if live:
                self._write(group, live)

    def _write(self, group: int, live: list[Entry]) -> None:
        first, last = live[0].index, live[-1].index
        blob = pack_entries(live)
        body = Body(group, 0, None, 0, 0, None, False, 0, 0, first, last)
        before = self._journal.bytes_written
        segment = self._journal.write(Kind.COPY, encode_body(body, blob))
        self._states[group].move(first, last, segment, self._journal.bytes_written - before)

    def _live(self, group: int, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts of a range of entries that count and lie in this segment."""
        for span in self._states[group].spans:
            if span.segment == self._segment.number and span.first <= last and span.last >= first:
                yield max(span.first, first), min(span.last, last)
