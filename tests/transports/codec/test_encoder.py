"""The sending end: definitions, buffers, references, limits, and a session that fails well."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from typing import Any

import numpy as np
import pytest
from holon_transports.codec import Decoder, Encoder, Limits, register_message
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st


@register_message
@dataclass(frozen=True, slots=True)
class Deposit:
    amount: int
    note: Any = "none"


@register_message
@dataclass(frozen=True, slots=True)
class Empty:
    pass


@register_message
@dataclass(frozen=True, slots=True)
class Outer:
    inner: Any


@dataclass(frozen=True)
class Ref:
    text: str


class LocalRef(Ref):
    pass


def through(encoder: Encoder, decoder: Decoder, *values: Any) -> list[Any]:
    frame = b"".join(encoder.pack((index,), value) for index, value in enumerate(values))
    buffers = encoder.take()
    items = list(decoder.items(frame))
    assert [item[0] for item in items] == list(range(len(values)))
    return [decoder.value(*item[-2:], buffers) for item in items]


def test_a_class_is_defined_once_per_session() -> None:
    encoder = Encoder()
    first, second = encoder.pack((), Deposit(1)), encoder.pack((), Deposit(1))
    assert len(first) > len(second)
    assert first.endswith(second)
    assert b"amount" in first
    decoder = Decoder()
    assert list(decoder.items(first)) == [[1, [1, "none"]]] == list(decoder.items(second))


def test_a_small_message_is_small() -> None:
    encoder = Encoder()
    encoder.pack((), Deposit(1))
    assert len(encoder.pack((7,), Deposit(1))) < 12


def test_sessions_do_not_share_definitions() -> None:
    one, other = Encoder(), Encoder()
    one.pack((), Empty())
    assert through(other, Decoder(), Deposit(1), Empty()) == [Deposit(1), Empty()]
    item = next(iter(Decoder().items(one.pack((), Empty()))))
    with pytest.raises(CodecError, match="not defined"):
        Decoder().value(*item)


def test_the_header_comes_back_in_front() -> None:
    frame = Encoder().pack((3, "/user/ada", None), "hello")
    assert list(Decoder().items(frame)) == [[3, "/user/ada", None, 0, "hello"]]


def test_large_contents_travel_on_their_own() -> None:
    encoder, decoder = Encoder(buffer_min=100), Decoder()
    values = [
        bytes(100),
        Deposit(1, bytes(range(100))),
        [{"deep": (bytes(200),)}],
        bytearray(b"x" * 300),
        memoryview(b"y" * 400),
        np.arange(1000),
    ]
    frame = b"".join(encoder.pack((), value) for value in values)
    assert len(frame) < 200
    buffers = encoder.take()
    assert [len(buffer) for buffer in buffers] == [100, 100, 200, 300, 400, 8000]
    assert encoder.take() == []
    back = [decoder.value(*item, buffers) for item in decoder.items(frame)]
    assert back[:5] == values[:5]
    assert [type(value) for value in back] == [type(value) for value in values]
    assert np.array_equal(back[5], values[5])


def test_large_contents_are_not_copied() -> None:
    encoder, data, array = Encoder(), bytes(100_000), np.zeros(100_000)
    encoder.pack((), [data, array, memoryview(data)])
    buffers = encoder.take()
    assert buffers[0] is data
    assert np.shares_memory(np.frombuffer(buffers[1]), array)
    assert isinstance(buffers[2], memoryview)
    assert buffers[2].obj is data


def test_a_bytearray_may_change_after_it_was_sent() -> None:
    encoder, decoder, data = Encoder(buffer_min=10), Decoder(), bytearray(b"a" * 20)
    frame = encoder.pack((), data)
    data[:] = b"b" * 20
    [item] = decoder.items(frame)
    assert decoder.value(*item, encoder.take()) == b"a" * 20


def test_buffers_beyond_the_limit_stay_in_the_frame() -> None:
    encoder = Encoder(Limits(buffers_max=2), buffer_min=10)
    value = [bytes(20)] * 5
    assert through(encoder, Decoder(), value, value) == [value, value]


def test_references_travel_as_text() -> None:
    encoder = Encoder(reference=(Ref, lambda ref: ref.text))
    decoder = Decoder(resolve=Ref)
    assert through(encoder, decoder, LocalRef("/a"), Outer([Ref("/b")])) == [
        Ref("/a"),
        Outer([Ref("/b")]),
    ]
    with pytest.raises(CodecError, match="none is known"):
        through(encoder, Decoder(), Ref("/a"))


def test_a_reference_that_makes_no_sense_is_refused() -> None:
    def resolve(text: str) -> Any:
        raise LookupError(text)

    encoder = Encoder(reference=(Ref, lambda ref: ref.text))
    with pytest.raises(CodecError, match="not a reference"):
        through(encoder, Decoder(resolve=resolve), Ref("/a"))


def test_a_failure_names_message_and_field() -> None:
    with pytest.raises(CodecError) as caught:
        Encoder().pack((), Outer(Deposit(1, object())))
    assert caught.value.message == f"{__name__}.Deposit"
    assert caught.value.field == "note"
    assert "object cannot travel" in caught.value.reason


def test_a_failure_leaves_no_buffers_behind() -> None:
    encoder = Encoder(buffer_min=10)
    encoder.pack((), bytes(20))
    with pytest.raises(CodecError):
        encoder.pack((), [bytes(20), object()])
    assert encoder.take() == [bytes(20)]


def test_a_definition_first_met_in_a_failed_message_goes_with_the_next() -> None:
    encoder, decoder = Encoder(), Decoder()
    for bad in (Outer([Deposit(1), object()]), Outer([Empty(), "\ud800"])):
        with pytest.raises(CodecError):
            encoder.pack((), bad)
    assert through(encoder, decoder, Deposit(2), Outer(1)) == [Deposit(2), Outer(1)]
    assert through(encoder, decoder, Empty()) == [Empty()]


messages = st.recursive(
    st.sampled_from([1, "x", bytes(50), Deposit(1), Empty(), object(), "\ud800", 2**80]),
    lambda inner: st.builds(Outer, inner) | st.lists(inner, max_size=3) | st.builds(Deposit, inner),
)


@given(st.lists(messages, max_size=8))
def test_a_session_survives_any_order_of_failures(values: list[Any]) -> None:
    encoder, decoder = Encoder(buffer_min=40), Decoder()
    for value in values:
        try:
            frame = encoder.pack((), value)
        except CodecError:
            assert encoder.take() == []
            continue
        [item] = decoder.items(frame)
        try:
            back = decoder.value(*item, encoder.take())
        except CodecError as error:
            if error.field != "amount":  # whose hint is int
                raise
            continue
        assert back == value
    assert through(encoder, decoder, Deposit(1), Empty(), Outer(2)) == [
        Deposit(1),
        Empty(),
        Outer(2),
    ]


def test_what_a_property_raises_is_a_codec_error() -> None:
    class Broken:
        @property
        def text(self) -> str:
            raise RuntimeError("broken")

    encoder = Encoder(reference=(Broken, lambda broken: broken.text))
    with pytest.raises(CodecError, match="broken"):
        encoder.pack((), [Broken()])


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        (Limits(items_max=3), [1, 2, 3, 4]),
        (Limits(items_max=3), {1, 2, 3, 4}),
        (Limits(items_max=3), dict.fromkeys("abcd")),
        (Limits(frame_max=100), "x" * 101),
        (Limits(frame_max=20), Deposit(1)),
        (Limits(buffer_max=20_000), bytes(20_001)),
        (Limits(fields_max=1), Deposit(1)),
        (Limits(name_max=10), Deposit(1)),
        (Limits(definitions_max=1), [Deposit(1), Empty()]),
        (Limits(definitions_max=1, name_max=48), Deposit(1)),
    ],
    ids=str,
)
def test_nothing_is_sent_beyond_the_limits(limits: Limits, value: Any) -> None:
    encoder = Encoder(limits)
    with pytest.raises(CodecError):
        encoder.pack((), value)
    assert encoder.take() == []
    assert encoder.pack((), 1) == b"\x92\x00\x01"


def test_a_message_without_fields_and_one_of_many() -> None:
    many = register_message(make_dataclass("Many", [(f"f{i}", int) for i in range(200)]))
    value = many(*range(200))
    assert through(Encoder(), Decoder(), Empty(), value) == [Empty(), value]
