from __future__ import annotations

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.bodies import body_of
from holon_actors.distributed.consensus.storage.pieces import Piece, Pieces, entries_of
from holon_actors.distributed.consensus.wire.packing import pack_entries
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, record


def piece(first: int, last: int) -> Piece:
    return (first, last, pack_entries(entries(first, last - first + 1)))


def pieces(*ranges: tuple[int, int]) -> Pieces:
    found = Pieces()
    for first, last in ranges:
        found.insert(piece(first, last))
    return found


def ranges(found: Pieces) -> list[tuple[int, int]]:
    return [(first, last) for first, last, _ in found]


def test_pieces_are_kept_in_order():
    assert ranges(pieces((5, 6), (1, 2), (3, 4), (7, 7))) == [(1, 2), (3, 4), (5, 6), (7, 7)]


def test_what_is_there_is_not_put_in_again():
    assert ranges(pieces((1, 4), (5, 8), (1, 8))) == [(1, 4), (5, 8)]
    assert ranges(pieces((1, 4), (5, 8), (2, 3))) == [(1, 4), (5, 8)]


def test_what_is_void_is_cut_off():
    found = pieces((1, 4), (5, 8))
    found.cut(body_of(1, record(2, truncate_from=7)))
    assert ranges(found) == [(1, 4), (5, 6)]
    assert [entry.index for piece in found for entry in entries_of(piece)] == [1, 2, 3, 4, 5, 6]
    found.cut(body_of(1, record(2, truncate_from=5)))
    assert ranges(found) == [(1, 4)]


def test_what_is_not_needed_any_more_is_let_go():
    found = pieces((1, 4), (5, 8))
    meta = SnapshotMeta(6, 1, CONFIGURATION)
    found.cut(body_of(1, record(2, snapshot=meta, compacted_index=6)))
    assert ranges(found) == [(5, 8)]
    assert [entry.index for piece in found for entry in entries_of(piece, 7)] == [7, 8]
    found.cut(body_of(1, record(2, snapshot=meta, reset=True)))
    assert ranges(found) == []


def test_what_is_taken_out_is_let_go():
    found = pieces((1, 4), (5, 8))
    assert [(first, len(ranges(found))) for first, _, _ in found.drain()] == [(1, 1), (5, 0)]
