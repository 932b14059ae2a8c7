"""The allow-list."""

from __future__ import annotations

import enum
from dataclasses import InitVar, dataclass, make_dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import pytest
from holon_transports.codec import dumps, loads, register_message, wire_name
from holon_transports.codec.registry import Registry
from holon_transports.errors import CodecError

from holon_actors.errors import ConfigError

T = TypeVar("T")


class Suit(enum.Enum):
    HEARTS = 1


class Card(NamedTuple):
    suit: Suit
    rank: int


@dataclass(frozen=True)
class Hand:
    cards: list[Card]
    rest: Pile | None = None


@register_message
@dataclass(frozen=True)
class Table:
    hands: dict[str, Hand]


@dataclass(frozen=True)
class Pile:
    height: int


@register_message
@dataclass(frozen=True)
class Box(Generic[T]):
    content: T


@dataclass
class Apart:
    pass


def test_classes_that_hints_name_are_allowed_with_the_class_that_names_them() -> None:
    value = Table({"ada": Hand([Card(Suit.HEARTS, 1)], Pile(3))})
    assert loads(dumps(value)) == value


def test_a_generic_message_travels() -> None:
    assert loads(dumps(Box[int](5))) == Box(5)


def test_only_what_can_be_rebuilt_is_registered() -> None:
    class Plain:
        pass

    for bad in (Plain, int, dict, enum.Enum, Apart(), "name", list[int]):
        with pytest.raises(ConfigError, match="cannot be a message"):
            register_message(bad)  # type: ignore[type-var]


def test_a_wire_name_belongs_to_one_class() -> None:
    registry = Registry()
    registry.add(Pile, "thing")
    with pytest.raises(ConfigError, match="'thing'"):
        registry.add(Apart, "thing")
    registry.add(Pile, "thing")


def test_a_class_that_is_defined_again_replaces_the_old_one() -> None:
    old = register_message(make_dataclass("Again", ["a"]))
    data = dumps(old(1))
    new = register_message(make_dataclass("Again", ["a"]))
    assert type(loads(data)) is new
    assert type(loads(dumps(old(1)))) is new


def test_a_class_keeps_the_name_that_it_was_given() -> None:
    cls = register_message(make_dataclass("Given", ["a"]), name="shop.given")
    assert wire_name(cls) == "shop.given"
    assert b"shop.given" in dumps(cls(1))

    class Heir(cls):  # type: ignore[misc, valid-type]
        pass

    assert wire_name(Heir) is None
    with pytest.raises(CodecError, match="register_message"):
        dumps(Heir(1))


def test_a_class_may_name_one_that_is_defined_after_it() -> None:
    namespace: dict[str, Any] = {"__name__": "late_names"}
    import sys
    import types

    module = sys.modules["late_names"] = types.ModuleType("late_names")
    try:
        exec(
            "from __future__ import annotations\n"
            "from dataclasses import dataclass\n"
            "@dataclass\nclass First:\n    later: Later | None = None\n",
            module.__dict__,
        )
        registry = Registry()
        registry.add(module.First)
        assert registry.find("late_names.Later") is None
        exec("@dataclass\nclass Later:\n    pass\n", module.__dict__)
        registry.add(Apart)
        assert registry.find("late_names.Later") is module.Later
    finally:
        del sys.modules["late_names"], namespace


def test_a_hint_that_names_nothing_accepts_everything() -> None:
    @dataclass
    class Local:
        a: int

    @register_message
    @dataclass
    class Holder:
        local: Local
        number: int

    register_message(Local)
    value = Holder(Local(1), 2)
    assert loads(dumps(value)) == value
    with pytest.raises(CodecError, match=r"Holder\.number"):
        loads(dumps(Holder(Local(1), "two")))  # type: ignore[arg-type]


def test_a_class_whose_constructor_takes_more_than_its_fields_is_refused_when_sent() -> None:
    @register_message
    @dataclass
    class Seeded:
        value: int
        seed: InitVar[int]

    with pytest.raises(CodecError, match=r"Seeded.*differ in seed"):
        dumps(Seeded(1, 2))
