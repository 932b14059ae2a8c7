from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.bodies import (
    Opening,
    Standing,
    body_of,
    decode_body,
    decode_opening,
    encode_body,
    encode_opening,
)
from tests.distributed.consensus.storage.kit import CONFIGURATION, entries, genesis

META = SnapshotMeta(7, 2, CONFIGURATION, 1 << 40, 0xFFFF_FFFF)


@pytest.mark.parametrize(
    "record",
    [
        genesis(),
        Record(9, 2**60, "name ü", 2**50, entries(2**40, 3), truncate_from=2**40),
        Record(9, 3, "", 5, snapshot=META, compacted_index=6, compacted_term=1),
        Record(9, 3, None, 5, snapshot=META, reset=True),
    ],
)
def test_a_body_is_read_as_it_was_written(record):
    body = body_of(3, record)
    payload = b"".join(encode_body(body, b"entries")) + bytes(20)
    found, blob = decode_body(payload)
    assert found == body
    assert bytes(blob) == b"entries"


def test_an_opening_is_read_as_it_was_written():
    groups = (
        Standing(1, "orders", 3, "a", 5, 6, 2, 9, META),
        Standing(2, "ü", 0, None, 0, 0, 0, 0, None),
    )
    opening = Opening("a", 3, 99, 7, groups)
    assert decode_opening(memoryview(encode_opening(opening) + bytes(20))) == opening
