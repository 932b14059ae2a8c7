from __future__ import annotations

from holon_actors.distributed.consensus.storage.layout import (
    HEADER,
    Kind,
    encode_preamble,
    encode_record,
)
from holon_actors.distributed.consensus.storage.walk import Walk, offset_of, synced_behind


def segment(*numbers: int, number: int = 1) -> bytes:
    data = encode_preamble(number)
    for record in numbers:
        data += encode_record(Kind.MARK, record, record - 1, [b"x" * 9], number, len(data))
    return data


def walked(data: bytes, number: int = 0) -> tuple[list[int], Walk]:
    walk = Walk(data, 1, number)
    return [walk.number - 1 for _ in walk], walk


def test_records_come_in_their_order():
    data = segment(3, 4, 5)
    numbers, walk = walked(data, 3)
    assert numbers == [3, 4, 5]
    assert (walk.number, walk.offset, walk.synced, walk.damage) == (6, len(data), 4, None)


def test_blanks_behind_the_last_record_are_its_end():
    numbers, walk = walked(segment(3) + bytes(1000))
    assert numbers == [3]
    assert walk.damage is None


def test_a_record_out_of_its_place_is_damage_within_a_segment():
    for wrong in (segment(3, 5), segment(3, 3)):
        numbers, walk = walked(wrong)
        assert numbers == [3]
        assert walk.damage is not None
        assert not walk.damage.torn


def test_a_segment_that_begins_late_is_what_a_crash_may_leave():
    numbers, walk = walked(segment(7), 3)
    assert numbers == []
    assert walk.damage is not None
    assert walk.damage.torn
    _, walk = walked(segment(7), 9)
    assert walk.damage is not None
    assert not walk.damage.torn


def test_a_segment_without_a_record_does_not_count():
    for data in (encode_preamble(1), encode_preamble(1) + bytes(500)):
        numbers, walk = walked(data)
        assert numbers == []
        assert walk.damage is not None
        assert walk.damage.torn


def test_a_segment_that_is_another_is_damage():
    _, walk = walked(segment(1, number=2))
    assert walk.damage is not None
    assert (walk.damage.offset, walk.damage.torn) == (0, False)


def test_marks_behind_damage_are_found():
    data = segment(3, 4, 5)
    record = (len(data) - HEADER) // 3
    damaged = data[: HEADER + record] + bytes(record) + data[HEADER + 2 * record :]
    assert synced_behind(damaged, HEADER + record, 1) == 4
    assert synced_behind(damaged, len(data), 1) == 0
    assert synced_behind(damaged, HEADER, 2) == 0
    assert synced_behind(b"", 0, 1) == 0


def test_a_record_is_found_by_its_number():
    data = segment(3, 4, 5)
    record = (len(data) - HEADER) // 3
    for number, place in ((0, 0), (3, 0), (4, 1), (5, 2), (6, 3), (99, 3)):
        assert offset_of(data + bytes(100), 1, number) == HEADER + place * record


def test_payloads_come_as_they_were_written():
    assert [(kind, payload.rstrip(b"\0\xa5\x5a")) for kind, payload in Walk(segment(3, 4), 1)] == [
        (Kind.MARK, b"x" * 9)
    ] * 2
