"""What the records of a log come to, when they are read again. Plain code."""

from __future__ import annotations

import msgpack

from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.storage.bodies import (
    Body,
    Opening,
    decode_body,
    decode_opening,
)
from holon_actors.distributed.consensus.storage.group_state import GroupState
from holon_actors.distributed.consensus.storage.layout import Kind
from holon_actors.distributed.consensus.storage.pausing import collector_paused
from holon_actors.distributed.consensus.storage.pieces import Pieces, entries_of

__all__ = ["FoundGroup", "Replay"]

_RECORD = int(Kind.RECORD)  # an enum's member is slower to find and to compare


class FoundGroup:
    """One group's part of a log."""

    def __init__(self, state: GroupState) -> None:
        self.state = state
        self._pieces = Pieces()

    def take(self, body: Body, blob: bytes, segment: int, size: int) -> None:
        """The next record. Raises ValueError when it does not fit."""
        self.state.take(body, segment, size)
        if body.truncate_from or body.snapshot is not None:
            self._pieces.cut(body)
        if body.last:
            self._pieces.insert((body.first, body.last, blob))

    def take_copy(self, body: Body, blob: bytes, segment: int, size: int) -> None:
        """Entries that were copied there, and may also still be where they were."""
        self.state.move(body.first, body.last, segment, size)
        self._pieces.insert((body.first, body.last, blob))

    def recovered(self) -> Recovered | None:
        """As the core wants it; None when the group has never stored anything. Only to be asked
        once: it lets go of what it unpacks.

        Raises ValueError when entries are missing.
        """
        state = self.state
        if state.snapshot is None:
            return None
        with collector_paused():
            entries = self._entries()
        return Recovered(
            state.term,
            state.vote,
            state.commit,
            state.snapshot,
            state.compacted_index,
            state.compacted_term,
            entries,
        )

    def _entries(self) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        due = self.state.compacted_index + 1
        for piece in self._pieces.drain():
            first, last, _ = piece
            if first > due:
                break
            if last >= due:
                entries += entries_of(piece, due)
                due = last + 1
        if due <= self.state.last_index:
            raise ValueError(f"entry {due} of group {self.state.name!r} is missing")
        return tuple(entries)


class Replay:
    """Takes the records of all segments that count, in their order."""

    def __init__(self) -> None:
        self.opening: Opening | None = None  # the last one
        self.groups: dict[int, FoundGroup] = {}

    def take(self, kind: int, payload: bytes, segment: int) -> None:
        """The next record. Raises one of `NONSENSE` when it makes no sense."""
        if kind == _RECORD:
            body, blob = decode_body(payload)
            group = self.groups.get(body[0]) or self._group(body)
            group.take(body, blob, segment, len(payload))
        elif kind == Kind.COPY:
            body, blob = decode_body(payload)
            self._group(body).take_copy(body, blob, segment, len(payload))
        elif kind == Kind.OPENING:
            self._open(decode_opening(payload))
        elif kind == Kind.GROUP:
            unpacker = msgpack.Unpacker(max_buffer_size=0)
            unpacker.feed(payload)
            number, name = unpacker.unpack()
            self.groups[number] = FoundGroup(GroupState(number, name))
        elif kind != Kind.MARK:
            raise ValueError(f"there is no kind {kind}")

    def _group(self, body: Body) -> FoundGroup:
        group = self.groups.get(body.group)
        if group is None:
            raise ValueError(f"a record of group {body.group}, which has not been named")
        return group

    def _open(self, opening: Opening) -> None:
        if self.opening is None:
            states = map(GroupState.of, opening.groups)
            self.groups = {state.number: FoundGroup(state) for state in states}
        self.opening = opening
