from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.storage.layout import (
    GRAIN,
    HEADER,
    VERSION,
    Kind,
    encode_preamble,
    encode_record,
    read_header,
    read_preamble,
    record_size,
    torn,
)

PAYLOADS = st.one_of(st.binary(max_size=200), st.integers(0, 5000).map(bytes))


def a_record(payload: bytes, offset: int = HEADER) -> bytes:
    return encode_record(Kind.RECORD, 5, 4, [payload], 1, offset)


def test_a_preamble_tells_version_and_segment():
    assert len(encode_preamble(7)) == HEADER
    assert read_preamble(encode_preamble(7)) == (VERSION, 7)


@given(st.integers(1, 10**9), st.integers(0, HEADER * 8 - 1))
def test_a_preamble_with_a_wrong_bit_is_none(segment: int, bit: int):
    data = bytearray(encode_preamble(segment))
    data[bit // 8] ^= 1 << bit % 8
    assert read_preamble(bytes(data)) is None
    assert data[-1] != 0


@pytest.mark.parametrize("data", [b"", b"\0" * HEADER, b"text", encode_preamble(1)[:-1]])
def test_other_bytes_are_no_preamble(data):
    assert read_preamble(data) is None


@given(PAYLOADS)
def test_a_record_takes_whole_grains_and_ends_in_no_zero(payload: bytes):
    data = a_record(payload)
    assert len(data) == record_size(len(payload))
    assert len(data) % GRAIN == 0
    assert data[-1] != 0
    assert data[HEADER - 1] != 0


@given(PAYLOADS)
def test_a_header_tells_what_follows(payload: bytes):
    header = read_header(a_record(payload), 0, 1)
    assert header is not None
    assert (header.number, header.synced, header.kind) == (5, 4, Kind.RECORD)
    assert header.size == record_size(len(payload))


def test_a_header_of_another_segment_is_none():
    assert read_header(a_record(b"x"), 0, 2) is None


@given(st.integers(0, HEADER * 8 - 1))
def test_a_header_with_a_wrong_bit_is_none_and_not_torn(bit: int):
    data = bytearray(a_record(b"x"))
    data[bit // 8] ^= 1 << bit % 8
    assert read_header(data, 0, 1) is None
    assert not torn(bytes(data), 0, None)


@given(PAYLOADS, st.data())
def test_a_wrong_bit_behind_the_header_is_not_taken_for_a_torn_write(payload: bytes, data):
    record = bytearray(encode_preamble(1) + a_record(payload))
    bit = data.draw(st.integers(2 * HEADER * 8, len(record) * 8 - 1))
    record[bit // 8] ^= 1 << bit % 8
    assert not torn(bytes(record), HEADER, read_header(record, HEADER, 1))


@given(PAYLOADS, st.data())
def test_a_write_that_ends_early_is_torn(payload: bytes, data):
    record = encode_preamble(1) + a_record(payload)
    cut = data.draw(st.integers(HEADER, len(record) - 1))
    for rest in (b"", bytes(len(record) - cut), bytes(10_000)):
        left = record[:cut] + rest
        assert torn(left, HEADER, read_header(left, HEADER, 1))


def test_a_write_that_lacks_a_sector_is_torn():
    record = encode_preamble(1) + a_record(b"x" * 2000)
    for sector in range(512, 1536, 512):
        left = record[:sector] + bytes(512) + record[sector + 512 :]
        assert torn(left, HEADER, read_header(left, HEADER, 1))


def test_a_sector_that_is_blank_by_nature_explains_nothing():
    payload = b"x" * 1000 + bytes(1500) + b"y" * 1000
    record = bytearray(encode_preamble(1) + a_record(payload))
    record[100] ^= 1
    assert not torn(bytes(record), HEADER, read_header(record, HEADER, 1))
    record[2560:3072] = bytes(512)
    assert torn(bytes(record), HEADER, read_header(record, HEADER, 1))
