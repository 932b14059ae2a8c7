"""Runs at the receiving end: the class's own rules hold, and whatever comes ends well."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import pytest
from holon_transports.codec import Decoder, Encoder, register_message
from holon_transports.codec._definitions import Definition
from holon_transports.codec._plain import builder_of, one_by_one
from holon_transports.codec.registry import REGISTRY
from holon_transports.codec.run import FIELDS_MAX
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st


@register_message
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: float = 0.0


@register_message
@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@register_message
@dataclass(frozen=True, slots=True)
class Checked:
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("overdrawn")


@register_message
@dataclass(frozen=True, slots=True)
class OwnInit:
    amount: int

    def __init__(self, amount: int) -> None:
        object.__setattr__(self, "amount", amount * 2)


@register_message
@dataclass(frozen=True, slots=True)
class OwnNew:
    amount: int

    def __new__(cls, amount: int) -> Self:
        made = object.__new__(cls)
        MADE.append(amount)
        return made


MADE: list[int] = []


@register_message
@dataclass(frozen=True, slots=True)
class Counted:
    amount: int
    seen: int = field(default=0, init=False)


@register_message
@dataclass(frozen=True)
class NoSlots:
    amount: int


@register_message
@dataclass
class Mutable:
    amount: int


@register_message
@dataclass(frozen=True, slots=True)
class Child(Point):
    z: int = 0


def name_of(cls: type) -> str:
    name = REGISTRY.name_of(cls)
    assert name is not None
    return name


def definition_of(cls: type) -> Definition:
    names = tuple(each.name for each in dataclasses.fields(cls) if each.init)
    return Definition(name_of(cls), "record", names, frozenset())


def decoder_of(cls: Any, *names: str, wire_name: str = "") -> Decoder:
    """A decoder that knows a class, as number 1, with these fields."""
    decoder = Decoder()
    given = names or tuple(each.name for each in dataclasses.fields(cls))
    parts = [wire_name or name_of(cls), "record", list(given), list(range(len(given)))]
    list(decoder.items(Encoder().pack((), 0) + Encoder()._packer.pack({1: parts})))
    return decoder


@pytest.mark.parametrize("cls", [Point, Nothing, Child])
def test_plain_classes_are_built_together(cls: type) -> None:
    assert builder_of(definition_of(cls)) is not one_by_one


@pytest.mark.parametrize("cls", [Checked, OwnInit, OwnNew, Counted, NoSlots, Mutable])
def test_classes_with_a_say_in_it_are_built_one_by_one(cls: type) -> None:
    assert builder_of(definition_of(cls)) is one_by_one


def test_what_is_built_together_is_what_the_constructor_makes() -> None:
    messages, errors = decoder_of(Child).run(1, [1, 0.5, 2, 3, True, 4])
    assert messages == [Child(1, 0.5, 2), Child(3, True, 4)]
    assert not errors
    with pytest.raises(dataclasses.FrozenInstanceError):
        messages[0].x = 5
    assert hash(messages[0]) == hash(Child(1, 0.5, 2))


def test_a_constructor_of_its_own_is_called_once_for_each() -> None:
    assert decoder_of(OwnInit).run(1, [1, 2])[0] == [OwnInit(1), OwnInit(2)]
    MADE.clear()
    decoder_of(OwnNew).run(1, [1, 2])
    assert MADE == [1, 2]


def test_fields_that_the_constructor_does_not_take_get_their_defaults() -> None:
    assert decoder_of(Counted, "amount").run(1, [1, 2]) == ([Counted(1), Counted(2)], [])


def test_messages_that_are_refused_do_not_harm_the_others() -> None:
    messages, errors = decoder_of(Checked).run(1, [1, -1, 2, "three", 4])
    assert messages == [Checked(1), Checked(2), Checked(4)]
    assert [error.message for error in errors] == [name_of(Checked)] * 2
    assert "overdrawn" in errors[0].reason
    assert errors[1].field == "amount"


def test_a_field_of_the_wrong_type_does_not_harm_the_others() -> None:
    messages, errors = decoder_of(Point).run(1, [1, 0.5, "two", 0.5, 3, 0.5])
    assert messages == [Point(1, 0.5), Point(3, 0.5)]
    assert [(error.message, error.field) for error in errors] == [(name_of(Point), "x")]


def test_fields_that_were_added_since_take_their_defaults() -> None:
    assert decoder_of(Point, "x").run(1, [1, 2]) == ([Point(1), Point(2)], [])


def test_each_message_of_an_unknown_class_is_told() -> None:
    messages, errors = decoder_of(Point, "a", "b", wire_name="no.such").run(1, [1, 2, 3, 4])
    assert not messages
    assert [error.message for error in errors] == ["no.such"] * 2


def test_a_class_that_is_registered_again_is_the_new_one() -> None:
    decoder = decoder_of(Point)
    assert decoder.run(1, [1, 0.5])[0] == [Point(1, 0.5)]

    def again() -> Any:
        @register_message
        @dataclass(frozen=True, slots=True)
        class Renewed:
            amount: int
            kind: ClassVar[str] = "new"

        return Renewed

    old = again()
    decoder = decoder_of(old)
    assert type(decoder.run(1, [1])[0][0]) is old
    new = again()
    assert type(decoder.run(1, [1])[0][0]) is new


@pytest.mark.parametrize(
    ("class_id", "fields"),
    [(2, []), (-1, [1]), (True, [1]), ("1", [1]), ([], [1]), (1, [1]), (1, {1: 2}), (1, None)],
)
def test_what_is_no_run_is_refused_as_a_whole(class_id: Any, fields: Any) -> None:
    with pytest.raises(CodecError):
        decoder_of(Point).run(class_id, fields)


def test_a_run_that_is_longer_than_senders_make_them_is_refused() -> None:
    assert len(decoder_of(Nothing).run(1, [None] * FIELDS_MAX)[0]) == FIELDS_MAX
    with pytest.raises(CodecError, match="at most"):
        decoder_of(Nothing).run(1, [None] * (FIELDS_MAX + 1))


def test_a_message_without_fields_has_nothing_in_its_place() -> None:
    messages, errors = decoder_of(Nothing).run(1, [None, 1, None])
    assert messages == [Nothing()] * 2
    assert len(errors) == 1


packed = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)


@given(st.sampled_from([Point, Nothing, Checked, NoSlots]), packed, st.lists(packed, max_size=6))
def test_whatever_comes_raises_nothing_else(cls: type, class_id: Any, fields: list[Any]) -> None:
    decoder = decoder_of(cls)
    for number in (0, 1, class_id):
        try:
            messages, errors = decoder.run(number, list(fields))
        except CodecError:
            continue
        if number == 1:
            assert all(type(one) is cls for one in messages)
            width = max(1, len(dataclasses.fields(cls)))  # type: ignore[arg-type]
            assert len(messages) + len(errors) == len(fields) // width
