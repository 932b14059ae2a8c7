from __future__ import annotations

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.storage.bodies import (
    NONSENSE,
    Body,
    Opening,
    body_of,
    encode_body,
    encode_opening,
)
from holon_actors.distributed.consensus.storage.group_state import GroupState
from holon_actors.distributed.consensus.storage.layout import Kind
from holon_actors.distributed.consensus.storage.replay import Replay
from holon_actors.distributed.consensus.wire.packing import pack_entries
from tests.distributed.consensus.storage.kit import entries, genesis, record


def take(replay: Replay, kind: Kind, body: Body, blob: bytes = b"", segment: int = 1) -> None:
    replay.take(kind, b"".join(encode_body(body, blob)), segment)


def take_record(replay: Replay, found: Record, segment: int = 1) -> None:
    blob = pack_entries(found.entries) if found.entries else b""
    take(replay, Kind.RECORD, body_of(1, found), blob, segment)


def take_copy(replay: Replay, first: int, count: int) -> None:
    body = Body(1, 0, None, 0, 0, None, False, 0, 0, first, first + count - 1)
    take(replay, Kind.COPY, body, pack_entries(entries(first, count)), 9)


def named() -> Replay:
    replay = Replay()
    replay.take(Kind.GROUP, msgpack.packb([1, "orders"]), 1)
    return replay


def indexes(replay: Replay) -> list[int]:
    recovered = replay.groups[1].recovered()
    assert recovered is not None
    return [entry.index for entry in recovered.entries]


def from_an_opening(last: int) -> Replay:
    """Of a log whose first segment has gone: copies bring its entries."""
    replay = named()
    take_record(replay, genesis())
    take_record(replay, record(2, *entries(1, last)))
    standing = replay.groups[1].state.standing
    again = Replay()
    again.take(Kind.OPENING, encode_opening(Opening("a", 2, 3, 1, (standing,))), 2)
    return again


def test_a_group_that_has_stored_nothing_has_nothing_to_recover():
    assert named().groups[1].recovered() is None


def test_records_come_to_their_entries():
    replay = named()
    take_record(replay, genesis())
    take_record(replay, record(2, *entries(1, 5)))
    take_record(replay, record(3, *entries(4, 3, term=2), truncate_from=4))
    replay.take(Kind.MARK, b"", 1)
    assert indexes(replay) == [1, 2, 3, 4, 5, 6]


def test_copies_bring_what_records_before_the_first_segment_had():
    replay = from_an_opening(5)
    take_record(replay, record(3, *entries(6, 1)), 2)
    take_copy(replay, 3, 3)
    take_copy(replay, 1, 2)
    assert indexes(replay) == [1, 2, 3, 4, 5, 6]


def test_entries_that_no_copy_brings_are_missing():
    replay = from_an_opening(5)
    take_copy(replay, 1, 2)
    with pytest.raises(ValueError, match="entry 3 of group 'orders' is missing"):
        replay.groups[1].recovered()


def test_only_the_first_opening_is_the_beginning():
    replay = from_an_opening(2)
    take_copy(replay, 1, 2)
    late = GroupState(1, "orders").standing
    replay.take(Kind.OPENING, encode_opening(Opening("a", 1, 1, 1, (late,))), 3)
    assert indexes(replay) == [1, 2]


def test_a_group_without_a_name_is_refused():
    with pytest.raises(ValueError, match="group 1, which has not been named"):
        take_record(Replay(), genesis())


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="no kind 77"):
        Replay().take(77, b"", 1)


@given(st.sampled_from([1, 2, 3, 4]), st.binary(max_size=120))
def test_a_payload_that_makes_no_sense_is_refused_as_such(kind: int, payload: bytes):
    with suppress(*NONSENSE):
        named().take(kind, payload, 1)
