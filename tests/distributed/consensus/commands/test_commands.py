from __future__ import annotations

import pytest
from holon_transports import CodecError
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import message
from holon_actors.distributed.consensus.commands.commands import (
    Body,
    EntryReader,
    Kind,
    clock_entry,
    close_entry,
    command_entry,
    open_entry,
    read_body,
    read_entry,
)
from holon_actors.distributed.consensus.errors import ProposalTooLarge

SIMPLE = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.binary(max_size=9)
VALUES = SIMPLE | st.lists(SIMPLE, max_size=3) | st.dictionaries(SIMPLE, SIMPLE, max_size=3)


@message(name="test.raft.Set")
class Set:
    key: str
    value: int


@given(st.lists(st.tuples(st.integers(1, 2**63 - 1), VALUES), min_size=1, max_size=4))
def test_commands_come_out_as_they_went_in(commands) -> None:
    body = Body(10**6)
    for sequence, value in commands:
        body.add(sequence, value)
    header, read = read_entry(command_entry(7, 3, 1.5, [1, 2], body.data()))
    assert header == (Kind.COMMANDS, 7, 3, 1.5, [1, 2])
    assert read == commands
    assert read_body(body.data()) == commands
    assert body.size == len(body.data())


@given(st.lists(st.lists(VALUES, max_size=3), max_size=6))
def test_entries_read_together_are_what_each_of_them_is(entries) -> None:
    datas = [open_entry(5, 0.0)]
    for values in entries:
        body = Body(10**6)
        for sequence, value in enumerate(values, 1):
            body.add(sequence, value)
        datas.append(command_entry(7, 3, 1.5, [], body.data()))
    reader = EntryReader()
    assert reader.read_all(datas) == [read_entry(data) for data in datas]


def test_entries_with_classes_are_read_one_by_one_and_do_not_share_them() -> None:
    datas = []
    for key in "ab":
        body = Body(10**6)
        body.add(1, Set(key, 1))
        datas.append(command_entry(7, 3, 1.5, [], body.data()))
    reader = EntryReader()
    with pytest.raises(CodecError):
        reader.read_all(datas)
    with pytest.raises(CodecError, match="classes"):
        reader.read_all([datas[0], clock_entry(1.0)])
    assert [reader.read(data)[1] for data in datas] == [[(1, Set("a", 1))], [(1, Set("b", 1))]]


@pytest.mark.parametrize("bad", [b"\xff", b"\x91\x01", b"\x93\x01\x00\x01", b"\x95\x00"])
def test_what_is_no_entry_is_not_read_together_with_others(bad) -> None:
    reader = EntryReader()
    with pytest.raises(CodecError):
        reader.read_all([bad, clock_entry(1.0)])
    assert reader.read_all([clock_entry(1.0)]) == [read_entry(clock_entry(1.0))]


def test_message_classes_are_described_once_in_a_body() -> None:
    body = Body(10**6)
    body.add(1, Set("a", 1))
    first = body.size
    body.add(2, Set("b", 2))
    assert body.size - first < first / 2
    assert read_body(body.data()) == [(1, Set("a", 1)), (2, Set("b", 2))]


def test_large_bytes_stay_in_the_body() -> None:
    body = Body(10**6)
    body.add(1, {"data": bytes(100_000)})
    assert read_body(body.data()) == [(1, {"data": bytes(100_000)})]


def test_a_command_that_is_too_large_says_by_how_much_and_seals_the_body() -> None:
    body = Body(100)
    body.add(1, "x")
    with pytest.raises(ProposalTooLarge) as raised:
        body.add(2, Set("k" * 200, 1))
    assert raised.value.limit == 100
    assert raised.value.size > 200
    assert body.sealed
    assert read_body(body.data()) == [(1, "x")]


def test_a_command_that_cannot_travel_harms_no_other() -> None:
    body = Body(10**6)
    body.add(1, "x")
    with pytest.raises(CodecError):
        body.add(2, object())
    body.add(3, "y")
    assert not body.sealed
    assert read_body(body.data()) == [(1, "x"), (3, "y")]


def test_entries_without_commands_say_what_they_are() -> None:
    assert read_entry(open_entry(5, 0.0)) == ((Kind.OPEN, 5, 0, 0.0, []), [])
    assert read_entry(close_entry(9, 1.0)) == ((Kind.CLOSE, 9, 0, 1.0, []), [])
    assert read_entry(clock_entry(2.5)) == ((Kind.CLOCK, 0, 0, 2.5, []), [])


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (read_entry, read_body):
        try:
            read(data)
        except CodecError:
            pass


@given(st.data())
def test_a_damaged_entry_is_read_or_refused(data) -> None:
    body = Body(10**6)
    body.add(1, {"add": 1})
    body.add(2, Set("a", 1))
    good = bytearray(command_entry(1, 1, 0.5, [], body.data()))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    try:
        read_entry(bytes(good))
    except CodecError:
        pass


@pytest.mark.parametrize(
    "header",
    [
        (9, 1, 1, 0.0, []),
        (-1, 1, 1, 0.0, []),
        (0, -1, 1, 0.0, []),
        (0, 1, 2**63, 0.0, []),
        (0, 1, 1, float("nan"), []),
        (0, 1, 1, float("inf"), []),
        (0, 1, 1, -1.0, []),
        (0, 1, 1, 0, []),
        (0, 1, 1, 0.0, None),
        (0, 1, 1, 0.0, ["x"]),
        (True, 1, 1, 0.0, []),
        (0, 1, 1, 0.0),
    ],
)
def test_a_header_that_no_member_writes_is_refused(header) -> None:
    import msgpack

    with pytest.raises(CodecError):
        read_entry(msgpack.packb(header))


@pytest.mark.parametrize("item", [[0, 0, 1], [-1, 0, 1], [True, 0, 1], [1, 0], [1, 2, 0, 3]])
def test_a_command_without_its_number_is_refused(item) -> None:
    import msgpack

    with pytest.raises(CodecError):
        read_body(msgpack.packb(item))
