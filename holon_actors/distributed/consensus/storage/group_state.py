"""What is in the log for one group: its state, and which segments its live entries lie in.

Plain code, and the same when a record is written and when it is found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.bodies import Body, Standing

__all__ = ["NOWHERE", "GroupState", "Span"]

NOWHERE = 0


@dataclass(slots=True)
class Span:
    """Entries that follow on each other and lie in one segment, and the bytes of their records."""

    segment: int
    first: int
    last: int
    size: int

    def part(self, first: int, last: int) -> Span:
        """Some of it; how many bytes is an estimate."""
        share = (last - first + 1) / (self.last - self.first + 1)
        return Span(self.segment, first, last, int(self.size * share))


@dataclass(slots=True)
class GroupState:
    """Invariant: the spans follow on `compacted_index` and on each other.

    Segment `NOWHERE` has what an opening told of and what copies behind it have to bring.
    """

    number: int
    name: str
    term: int = 0
    vote: str | None = None
    commit: int = 0
    snapshot: SnapshotMeta | None = None
    compacted_index: int = 0
    compacted_term: int = 0
    spans: list[Span] = field(default_factory=list)

    @classmethod
    def of(cls, standing: Standing) -> GroupState:
        """That of a segment's opening."""
        state = cls(
            standing.number,
            standing.name,
            standing.term,
            standing.vote,
            standing.commit,
            standing.snapshot,
            standing.compacted_index,
            standing.compacted_term,
        )
        if standing.last_index > standing.compacted_index:
            span = Span(NOWHERE, standing.compacted_index + 1, standing.last_index, 0)
            state.spans.append(span)
        return state

    @property
    def standing(self) -> Standing:
        """All but the entries."""
        return Standing(
            self.number,
            self.name,
            self.term,
            self.vote,
            self.commit,
            self.compacted_index,
            self.compacted_term,
            self.last_index,
            self.snapshot,
        )

    @property
    def last_index(self) -> int:
        """Of the last entry, or of the last that is gone."""
        return self.spans[-1].last if self.spans else self.compacted_index

    @property
    def live_bytes(self) -> int:
        """About how many bytes the records of the entries take that are still needed."""
        return sum(span.size for span in self.spans)

    def take(self, body: Body, segment: int, size: int) -> None:
        """A record of so many bytes in that segment now counts.

        Raises ValueError when its entries do not follow on what is there.
        """
        _, self.term, self.vote, self.commit, truncate_from, snapshot, _, _, _, first, last = body
        if snapshot is not None:
            self._take_snapshot(body, snapshot)
        if truncate_from:
            self._truncate(truncate_from)
        if last:
            self._extend(segment, first, last, size)

    def move(self, first: int, last: int, segment: int, size: int) -> None:
        """Those entries have been copied to that segment."""
        spans: list[Span] = []
        for span in self.spans:
            if span.last < first or span.first > last:
                spans.append(span)
                continue
            if span.first < first:
                spans.append(span.part(span.first, first - 1))
            spans.append(Span(segment, max(span.first, first), min(span.last, last), size))
            if span.last > last:
                spans.append(span.part(last + 1, span.last))
        self.spans = spans

    def _take_snapshot(self, body: Body, snapshot: SnapshotMeta) -> None:
        self.snapshot = snapshot
        if body.reset:
            self.spans.clear()
            self.compacted_index, self.compacted_term = snapshot.index, snapshot.term
        elif body.compacted_index > self.compacted_index:
            self.compacted_index, self.compacted_term = body.compacted_index, body.compacted_term
            self._compact(body.compacted_index)

    def _compact(self, index: int) -> None:
        gone = 0
        for span in self.spans:
            if span.last > index:
                break
            gone += 1
        del self.spans[:gone]
        if self.spans:
            self.spans[0] = self.spans[0].part(index + 1, self.spans[0].last)

    def _truncate(self, index: int) -> None:
        while self.spans and self.spans[-1].first >= index:
            self.spans.pop()
        if self.spans and self.spans[-1].last >= index:
            self.spans[-1] = self.spans[-1].part(self.spans[-1].first, index - 1)

    def _extend(self, segment: int, first: int, last: int, size: int) -> None:
        span = self.spans[-1] if self.spans else None
        before = self.compacted_index if span is None else span.last
        if first != before + 1:
            raise ValueError(f"entry {first} follows on {before} in group {self.name!r}")
        if span is not None and span.segment == segment:
            span.last = last
            span.size += size
        else:
            self.spans.append(Span(segment, first, last, size))
