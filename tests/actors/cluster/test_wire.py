"""The wire: what is packed comes back; what is not well formed is refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.cluster import messages
from holon_actors.actors.cluster.errors import InvalidGossip
from holon_actors.actors.cluster.messages import Message, Ping, Poll, Sync
from holon_actors.actors.cluster.record import Record, Vote
from holon_actors.actors.cluster.wire import pack, unpack

ME = Record("me:1", "ME", 7, 2, voter=True)
SUSPECT = Record("s:1", "S", 5).accused(Vote("me:1", 9, 3)).witnessed("me:1")
RECORDS = (ME, SUSPECT, Record("d:1", "D", 3).ended("down"))

SAMPLES: tuple[Message, ...] = (
    Ping(1, RECORDS),
    messages.Ack(2, RECORDS),
    messages.PingRequest(3, "s:1", RECORDS),
    messages.Nack(4, (ME,)),
    Poll(5, "s:1", 5, 0, RECORDS),
    messages.Confirm(6, RECORDS),
    messages.Gossip(RECORDS),
    Sync(123, RECORDS, whole=True, final=False),
    messages.Join(7, (ME,)),
    messages.Welcome(8, RECORDS),
)


@pytest.mark.parametrize("message", SAMPLES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    assert unpack("me:1", pack(message), 10) == message


def test_a_message_speaks_for_its_sender_only() -> None:
    with pytest.raises(InvalidGossip, match="not the sender's") as refused:
        unpack("other:1", pack(Ping(1, RECORDS)), 10)
    assert refused.value.source == "other:1"


def test_more_records_than_there_may_be_members_are_refused() -> None:
    with pytest.raises(InvalidGossip):
        unpack("me:1", pack(Ping(1, RECORDS)), 2)


@pytest.mark.parametrize(
    "record",
    [
        ["me:1", "ME", 7, 2, 0, True, ["x"], []],  # a voter with witnesses
        ["me:1", "ME", 7, 2, 0, False, ["y", "x"], []],  # not sorted
        ["me:1", "ME", 7, 2, 0, False, ["x", "x"], []],  # repeated
        ["me:1", "ME", 7, 2, 1, False, [], []],  # suspect by nobody
        ["me:1", "ME", 7, 2, 0, False, [], [["x", 1, 1]]],  # alive, but accused
        ["me:1", "ME", 7, 2, 2, False, [], []],  # down, but with a refutation
        ["me:1", "ME", -7, 2, 0, False, [], []],
        ["me:1", "ME", 1 << 63, 2, 0, False, [], []],
        ["me:1", "ME", True, 2, 0, False, [], []],
        ["me:1", "ME", 7.0, 2, 0, False, [], []],
        ["me:1", "", 7, 2, 0, False, [], []],
        ["me/1", "ME", 7, 2, 0, False, [], []],
        ["me 1", "ME", 7, 2, 0, False, [], []],
        ["me:1", "../M", 7, 2, 0, False, [], []],
        ["me:1", "M\n", 7, 2, 0, False, [], []],
        ["me:1", "M" * 513, 7, 2, 0, False, [], []],
        ["me:1", "ME", 7, 2, 4, False, [], []],
        ["me:1", "ME", 7, 2, 0, 1, [], []],
        ["me:1", "ME", 7, 2, 0, False, []],
        None,
    ],
)
def test_a_record_that_no_node_would_send_is_refused(record: Any) -> None:
    with pytest.raises(InvalidGossip):
        unpack("me:1", [0, [record], 1], 10)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=30,
)


@given(plain)
def test_garbage_is_refused_and_nothing_else_happens(garbage: Any) -> None:
    with pytest.raises(InvalidGossip):
        unpack("me:1", garbage, 10)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_message_with_one_part_replaced_is_refused_or_well_formed(
    message: Message, data: st.DataObject
) -> None:
    packed = pack(message)
    where: Any = packed
    while True:
        index = data.draw(st.integers(0, len(where) - 1))
        if not isinstance(where[index], list) or not where[index] or data.draw(st.booleans()):
            break
        where = where[index]
    where[index] = data.draw(plain)
    try:
        again = unpack("me:1", packed, 10)
    except InvalidGossip:
        return
    assert unpack("me:1", pack(again), 10) == again
