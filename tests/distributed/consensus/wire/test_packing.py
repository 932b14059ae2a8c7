from __future__ import annotations

import pickle

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.errors import RaftError
from holon_actors.distributed.consensus.wire.packing import (
    MalformedEntries,
    pack_entries,
    unpack_entries,
)

RUNS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(EntryKind), st.binary(max_size=20)), max_size=12
)


@given(st.integers(1, 2**62), st.integers(0, 2**60), RUNS)
def test_what_is_packed_is_unpacked(first: int, term: int, runs):
    entries = []
    for at, (later, kind, data) in enumerate(runs):
        term += later
        entries.append(Entry(first + at, term, int(kind), data))
    unpacked = unpack_entries(pack_entries(entries))
    assert unpacked == tuple(entries)
    assert all(type(entry) is Entry for entry in unpacked)


def test_a_view_of_bytes_is_unpacked_as_well():
    entries = (Entry(5, 1, 0, b"x"),)
    assert unpack_entries(memoryview(pack_entries(entries))) == entries


def test_a_run_costs_little_more_than_its_data():
    entries = [Entry(index, 7, 0, bytes(200)) for index in range(1_000, 2_000)]
    assert len(pack_entries(entries)) < 203_000


def test_entries_with_a_gap_are_not_packed():
    with pytest.raises(AssertionError, match="gap"):
        pack_entries([Entry(1, 1, 0, b""), Entry(3, 1, 0, b"")])


@pytest.mark.parametrize(
    "values",
    [
        7,
        None,
        [5],
        [1, 1],
        [1, 1, 0],
        [0, 1, 0, [b""]],
        [-1, 1, 0, [b""]],
        [2**63, 1, 0, [b""]],
        [True, 1, 0, [b""]],
        [1.0, 1, 0, [b""]],
        [1, -1, 0, [b""]],
        [1, "1", 0, [b""]],
        [1, 2, 0, [b""], 1, 0, [b""]],
        [1, 1, 9, [b""]],
        [1, 1, None, [b""]],
        [1, 1, [], [b""]],
        [1, 1, 0, []],
        [1, 1, 0, b"data"],
        [1, 1, 0, ["text"]],
        [1, 1, 0, [b"", None]],
        {1: 2},
    ],
)
def test_other_values_are_refused(values):
    with pytest.raises(MalformedEntries):
        unpack_entries(msgpack.packb(values))


@given(st.binary(max_size=40))
def test_bytes_are_entries_or_refused(blob: bytes):
    try:
        entries = unpack_entries(blob)
    except MalformedEntries:
        return
    assert [entry.index for entry in entries] == list(
        range(entries[0].index, entries[0].index + len(entries)) if entries else ()
    )


@given(st.data())
def test_a_blob_that_was_changed_is_entries_or_refused(data):
    entries = [Entry(index, 1 + index // 3, index % 2, b"abc") for index in range(1, 7)]
    blob = bytearray(pack_entries(entries))
    for _ in range(data.draw(st.integers(1, 3))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = unpack_entries(bytes(blob[: data.draw(st.integers(0, len(blob)))]))
    except MalformedEntries:
        return
    assert all(type(e.data) is bytes and e.kind in set(EntryKind) for e in found)


def test_very_many_runs_cost_no_more_than_very_many_entries():
    entries = [Entry(index, 1, index % 2, b"") for index in range(1, 200_001)]
    assert unpack_entries(pack_entries(entries)) == tuple(entries)


def test_nesting_without_end_is_refused():
    with pytest.raises(MalformedEntries):
        unpack_entries(b"\x91" * 100_000 + b"\x00")


def test_the_error_travels():
    error = pickle.loads(pickle.dumps(MalformedEntries("no index")))
    assert isinstance(error, RaftError)
    assert isinstance(error, ValueError)
    assert error.reason == "no index"
    assert "no index" in str(error)
