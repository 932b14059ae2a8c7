"""Messages of one class as one item: what fits into a run, and that what comes is what was put."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from holon_transports.codec import Decoder, Encoder, Run, register_message
from holon_transports.codec.run import CONTENT_MAX, FIELDS_MAX
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st


@register_message
@dataclass(frozen=True, slots=True)
class Sample:
    number: int
    share: float
    name: str
    body: bytes | None
    more: Any = None


@register_message
@dataclass(frozen=True, slots=True)
class Bare:
    pass


@register_message
@dataclass
class Ledger:
    lines: list[str]


@register_message
@dataclass
class Level:
    height: int = 0


@register_message
@dataclass(frozen=True, slots=True)
class Word:
    text: Any


@register_message
@dataclass
class Fragile:
    known: int
    rest: int = field(default=0)

    def __getattribute__(self, name: str) -> Any:
        if name == "rest":
            raise LookupError("not now")
        return super().__getattribute__(name)


def run_of(encoder: Encoder, *values: Any, room: int = 1000) -> Run:
    kind = encoder.run_kind(type(values[0]))
    assert kind is not None
    run = Run(kind, room)
    for value in values:
        assert run.put(run, value)
    return run


def fits(value: Any) -> bool:
    kind = Encoder().run_kind(type(value))
    if kind is None:
        return False
    run = Run(kind, 1)
    fitted = run.put(run, value)
    assert run.messages == ([value] if fitted else [])
    assert bool(run.fields) is fitted
    return fitted


def through(*values: Any, decoder: Decoder | None = None) -> tuple[list[Any], list[CodecError]]:
    encoder, decoder = Encoder(), decoder or Decoder()
    run = run_of(encoder, *values)
    [item] = decoder.items(encoder.pack_run(("to",), type(values[0]), run.fields))
    assert item[0] == "to"
    return decoder.run(*item[1:])


plain = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
small = plain | st.text(st.characters(exclude_categories=["Cs"])) | st.binary()
samples = st.builds(
    Sample,
    st.integers(-(2**63), 2**63) | st.booleans(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.binary(),
    small,
)


@given(st.lists(samples, min_size=1, max_size=FIELDS_MAX // 5))
def test_what_comes_is_what_was_put_in_the_same_order(sent: list[Sample]) -> None:
    came, errors = through(*sent)
    assert came == sent
    assert [type(one.number) for one in came] == [type(one.number) for one in sent]
    assert not errors


@pytest.mark.parametrize(
    "values",
    [[Bare()] * 3, [1, 2**64 - 1], ["a", ""], [b"", b"b"], [1.5], [True, False], [Level(1)]],
)
def test_values_without_fields_and_fields_without_a_message_are_runs_too(values: Any) -> None:
    came, errors = through(*values)
    assert (came, errors) == (values, [])
    assert [type(value) for value in came] == [type(value) for value in values]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1],
        Ledger(["a"]),
        Word([1]),
        Word("x" * (CONTENT_MAX + 1)),
        Word(bytes(CONTENT_MAX + 1)),
        Word(Bare()),
        Sample(1, 1.0, "a", bytearray(b"a")),  # type: ignore[arg-type]
        Sample("1", 1.0, "a", None),  # type: ignore[arg-type]
        Fragile(1),
        object(),
    ],
)
def test_what_is_not_of_small_immutable_values_does_not_fit(value: Any) -> None:
    assert not fits(value)


@pytest.mark.parametrize("value", [Word("x" * CONTENT_MAX), Word(None), Word(True), Word(2.5)])
def test_what_a_hint_allows_fits_if_it_is_small(value: Any) -> None:
    assert fits(value)


def test_a_class_whose_fields_are_never_plain_has_no_runs() -> None:
    @register_message
    @dataclass
    class Choice:
        which: Literal["a", "b"]

    assert Encoder().run_kind(Choice) is None
    assert Encoder().run_kind(Ledger) is None


def test_a_class_that_cannot_travel_says_so() -> None:
    @register_message
    @dataclass
    class Odd:
        number: int

        def __init__(self, other: int) -> None:
            self.number = other

    with pytest.raises(CodecError, match="other"):
        Encoder().run_kind(Odd)


def test_a_full_run_takes_no_more() -> None:
    encoder = Encoder()
    run = run_of(encoder, Level(1), Level(2), room=2)
    assert not run.put(run, Level(3))
    kind = encoder.run_kind(Sample)
    assert kind is not None
    assert Run(kind, 10**6).most == FIELDS_MAX // len(dataclasses.fields(Sample))


def test_what_is_put_is_a_copy() -> None:
    encoder, level = Encoder(), Level(1)
    run = run_of(encoder, level)
    level.height = 9
    [item] = Decoder().items(encoder.pack((), level))
    assert item == [1, [9]]
    assert run.fields == [1]


def test_a_class_is_defined_before_its_first_run_and_only_then() -> None:
    encoder, decoder = Encoder(), Decoder()
    fields = run_of(encoder, Level(7)).fields
    first, second = (encoder.pack_run((), Level, fields) for _ in range(2))
    assert len(second) < len(first)
    assert list(decoder.items(first)) == list(decoder.items(second)) == [[1, [7]]]
    assert decoder.value(*next(iter(decoder.items(encoder.pack((), Level(8)))))) == Level(8)


@pytest.mark.parametrize("bad", ["\ud800", 2**9000])
def test_a_run_that_cannot_be_packed_leaves_nothing_behind(bad: Any) -> None:
    encoder = Encoder()
    run = run_of(encoder, Word("good"), Word(bad))
    with pytest.raises(CodecError) as caught:
        encoder.pack_run((), Word, run.fields)
    assert "Word" in str(caught.value)
    decoder = Decoder()
    [item] = decoder.items(encoder.pack_run((), Word, run.fields[:1]))
    assert decoder.run(*item) == ([Word("good")], [])


def test_an_int_beyond_64_bits_arrives_in_a_run() -> None:
    sent = [Word(1), Word(2**70), Word(-(2**100))]
    assert through(*sent) == (sent, [])
