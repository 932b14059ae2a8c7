from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from holon_transports.codec import dumps, loads
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core import messages as core
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.wire.peer_messages import (
    Blobs,
    MalformedMessage,
    PeerMessage,
    decode,
    encode,
)

NUMBERS = st.integers(0, 2**63 - 1)
NAMES = st.sampled_from(["a", "b", "long-name"])
SMALL = st.integers(1, 1000)


@st.composite
def entries(draw: Any) -> tuple[Entry, ...]:
    first, terms = draw(SMALL), sorted(draw(st.lists(SMALL, max_size=4)))
    return tuple(
        Entry(first + n, term, draw(st.integers(0, 2)), draw(st.binary(max_size=9)))
        for n, term in enumerate(terms)
    )


METAS = st.builds(
    SnapshotMeta,
    NUMBERS,
    NUMBERS,
    st.just(Configuration(voters=("a", "b"), addresses=(("a", "sim://a"), ("b", "sim://b")))),
    NUMBERS,
    NUMBERS,
)
FIELDS = {
    "int": NUMBERS,
    "bool": st.booleans(),
    "str": st.text(max_size=20),
    "int | None": st.none() | NUMBERS,
    "bytes": st.binary(max_size=20),
    "bytes | memoryview": st.binary(max_size=20),
    "SnapshotMeta": METAS,
    "tuple[Entry, ...]": entries(),
    "tuple[tuple[int, bytes], ...]": st.lists(st.tuples(NUMBERS, st.binary())).map(tuple),
    "tuple[tuple[int, int, int], ...]": st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS)).map(tuple),
    "tuple[tuple[int, str], ...]": st.lists(st.tuples(NUMBERS, st.text(max_size=9))).map(tuple),
}
CLASSES = [getattr(core, name) for name in core.__all__ if name != "Message"]


def messages(cls: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        cls,
        **{
            field.name: NAMES if field.name in ("sender", "to") else FIELDS[str(field.type)]
            for field in dataclasses.fields(cls)
        },
    )


@pytest.mark.parametrize("cls", CLASSES)
def test_every_message_comes_out_as_it_went_in(cls: type[Any]) -> None:
    @given(messages(cls))
    def check(sent: Any) -> None:
        travelled = loads(dumps(encode("g", sent, Blobs())))
        assert travelled.group == "g"
        assert decode(travelled, Blobs()) == sent

    check()


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)


@given(JUNK, JUNK)
def test_junk_is_refused_and_nothing_else_is_raised(kind: Any, fields: Any) -> None:
    with pytest.raises(MalformedMessage):
        decode(PeerMessage("g", kind, fields), Blobs())


@given(st.sampled_from(CLASSES), st.data())
def test_a_message_with_one_wrong_field_is_refused_or_read(cls: type[Any], data: Any) -> None:
    packed = encode("g", data.draw(messages(cls)), Blobs())
    fields = list(packed.fields)
    at = data.draw(st.integers(0, len(fields) - 1))
    fields[at] = data.draw(JUNK)
    try:
        decode(PeerMessage("g", packed.kind, fields), Blobs())
    except MalformedMessage:
        pass  # any other error fails the test


def test_entries_are_packed_once_for_all_and_for_the_log() -> None:
    blobs = Blobs()
    some = (Entry(4, 2, 0, b"x"), Entry(5, 2, 0, b"y"))
    request = core.AppendRequest("a", "b", 2, 3, 1, some, 3)
    first = encode("g", request, blobs).fields[5]
    assert encode("g", dataclasses.replace(request, to="c"), blobs).fields[5] is first
    assert blobs.of(some) is first


def test_a_follower_stores_the_bytes_that_came() -> None:
    some = (Entry(4, 2, 0, b"x"),)
    sent = encode("g", core.AppendRequest("a", "b", 2, 3, 1, some, 3), Blobs())
    blobs = Blobs()
    received = decode(sent, blobs)
    assert blobs.of(received.entries) is sent.fields[5]


def test_only_a_few_blobs_are_kept() -> None:
    blobs = Blobs()
    for index in range(1, 20):
        blobs.of((Entry(index, 1, 0, b"x"),))
    assert len(blobs._blobs) == Blobs._KEPT
    assert blobs.of(()) == b""


def test_a_part_of_a_snapshot_is_not_copied() -> None:
    data = bytes(100)
    meta = SnapshotMeta(1, 1, Configuration(("a",)), 100, 5)
    sent = encode("g", core.SnapshotChunk("a", "b", 1, meta, 0, data), Blobs())
    received = decode(sent, Blobs())
    assert isinstance(received, core.SnapshotChunk)
    assert isinstance(received.data, memoryview)
    assert received.data.obj is data
