from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.bodies import Standing, body_of
from holon_actors.distributed.consensus.storage.group_state import NOWHERE, GroupState, Span
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis, record


def state() -> GroupState:
    """Entries 1 to 4 in segment 1, 5 to 8 in segment 2."""
    state = GroupState(1, "orders")
    state.take(body_of(1, genesis()), 1, 0)
    state.take(body_of(1, record(2, *entries(1, 4))), 1, 400)
    state.take(body_of(1, record(2, *entries(5, 2))), 2, 200)
    state.take(body_of(1, record(2, *entries(7, 2))), 2, 200)
    return state


def compacted(index: int):
    meta = SnapshotMeta(index, 1, CONFIGURATION)
    return record(3, snapshot=meta, compacted_index=index, compacted_term=1)


def test_entries_of_one_segment_are_one_span():
    assert state().spans == [Span(1, 1, 4, 400), Span(2, 5, 8, 400)]
    assert (state().last_index, state().live_bytes) == (8, 800)


def test_entries_that_do_not_follow_are_refused():
    with pytest.raises(ValueError, match="10 follows on 8"):
        state().take(body_of(1, record(2, *entries(10, 1))), 2, 1)


def test_compaction_lets_segments_go():
    found = state()
    found.take(body_of(1, compacted(3)), 3, 0)
    assert [(s.first, s.last) for s in found.spans] == [(4, 4), (5, 8)]
    found.take(body_of(1, compacted(4)), 3, 0)
    assert [s.segment for s in found.spans] == [2]
    found.take(body_of(1, compacted(8)), 3, 0)
    assert (found.spans, found.last_index, found.compacted_index) == ([], 8, 8)


def test_truncation_takes_from_the_end():
    found = state()
    found.take(body_of(1, record(3, *entries(3, 1), truncate_from=3)), 3, 10)
    assert found.spans == [Span(1, 1, 2, 200), Span(3, 3, 3, 10)]


def test_a_snapshot_in_the_place_of_the_log_takes_all():
    found = state()
    meta = SnapshotMeta(20, 3, CONFIGURATION)
    found.take(body_of(1, record(3, snapshot=meta, reset=True)), 3, 0)
    assert (found.spans, found.last_index, found.compacted_term) == ([], 20, 3)


def test_entries_that_were_copied_are_elsewhere():
    found = state()
    found.move(2, 3, 9, 150)
    assert [(s.segment, s.first, s.last) for s in found.spans] == [
        (1, 1, 1),
        (9, 2, 3),
        (1, 4, 4),
        (2, 5, 8),
    ]
    assert found.live_bytes == 100 + 150 + 100 + 400


def test_an_opening_tells_what_later_copies_have_to_bring():
    standing = state().standing
    assert standing == Standing(1, "orders", 1, "a", 0, 0, 0, 8, genesis().snapshot)
    again = GroupState.of(standing)
    assert again.spans == [Span(NOWHERE, 1, 8, 0)]
    again.move(1, 8, 4, 800)
    assert again.spans == [Span(4, 1, 8, 800)]
    assert GroupState.of(standing._replace(last_index=0)).spans == []
