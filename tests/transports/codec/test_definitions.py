"""Evolution: what happens when the two ends have different versions of a message class."""

from __future__ import annotations

import collections
import enum
from collections.abc import Callable
from dataclasses import field, make_dataclass
from typing import Any

import pytest
from holon_transports.codec import dumps, loads, register_message
from holon_transports.errors import CodecError

NAME = "shop.order"
PLAIN: Any = collections.namedtuple  # noqa: PYI024  # as users may still have them


def version(*fields: Any, **options: Any) -> Any:
    """A version of one class, which replaces the one before."""
    cls = make_dataclass("Order", fields, **options)
    cls.__module__ = "types"  # which Python before 3.12 puts there
    return register_message(cls, name=NAME)


def travel(old: Callable[[], Any], new: Callable[[], Any]) -> Any:
    data = dumps(old())
    new()
    return loads(data)


def refused(old: Callable[[], Any], new: Callable[[], Any]) -> CodecError:
    with pytest.raises(CodecError) as caught:
        travel(old, new)
    assert caught.value.message == NAME
    return caught.value


def base() -> Any:
    return version(("number", int))(7)


def test_an_added_field_takes_its_default() -> None:
    def new() -> Any:
        return version(("number", int), ("lines", list, field(default_factory=list)))

    back = travel(base, new)
    assert (back.number, back.lines) == (7, [])


def test_an_added_field_without_default_is_named() -> None:
    error = refused(base, lambda: version(("number", int), ("who", str)))
    assert error.field == "who"
    assert "missing" in error.reason


def test_an_older_receiver_leaves_out_an_added_field_with_a_default() -> None:
    def newer() -> Any:
        return version(("number", int), ("note", object, ""))(7, ["anything"])

    assert travel(newer, base).number == 7


def test_a_removed_field_is_named() -> None:
    error = refused(lambda: version(("who", str), ("number", int))("ada", 7), base)
    assert error.field == "who"
    assert "removed" in error.reason


def test_a_renamed_field_is_named() -> None:
    assert refused(base, lambda: version(("count", int))).field == "number"


def test_a_retyped_field_is_named() -> None:
    error = refused(base, lambda: version(("number", str)))
    assert error.field == "number"
    assert error.reason == "str is declared here, int was sent"


def test_a_field_that_became_wider_is_fine() -> None:
    assert travel(base, lambda: version(("number", float))).number == 7
    assert travel(base, lambda: version(("number", int | None))).number == 7


def test_fields_in_another_order_find_their_places() -> None:
    back = travel(
        lambda: version(("a", int), ("b", str))(1, "x"), lambda: version(("b", str), ("a", int))
    )
    assert (back.a, back.b) == (1, "x")


def test_fields_by_keyword_only_and_computed_ones_work() -> None:
    def make() -> Any:
        return version(("a", int), ("b", int, field(init=False, default=5)), kw_only=True)

    value = make()(a=1)
    assert loads(dumps(value)) == value


def test_a_class_of_another_kind_is_refused() -> None:
    def new() -> Any:
        return register_message(enum.Enum("Order", ["ONE"], module="types"), name=NAME)

    base()
    error = refused(base, new)
    assert error.reason == "a record was sent, a enum is known here"
    base()


def test_a_member_that_is_gone_is_named() -> None:
    def members(*names: str) -> Any:
        return register_message(enum.Enum("Order", names, module="types"), name=NAME)

    error = refused(lambda: members("NEW", "PAID").PAID, lambda: members("NEW"))
    assert "PAID" in error.reason
    base()


def test_a_named_tuple_evolves_too() -> None:
    def old() -> Any:
        return register_message(PLAIN("Order", "a", module="types"), name=NAME)(1)

    def new() -> Any:
        cls = PLAIN("Order", "a b", defaults=["new"], module="types")
        return register_message(cls, name=NAME)

    assert travel(old, new) == (1, "new")
    base()


def test_too_few_fields_are_refused() -> None:
    data = dumps(base())
    assert data.endswith(b"\x91\x07")
    with pytest.raises(CodecError, match="0 fields of 1"):
        loads(data[:-2] + b"\x90")


def sent_as(name: str, known_as: str) -> str:
    """What is said of a class that is sent by a name of the same length as that known here."""
    cls = make_dataclass("Hail", [("text", str)])
    cls.__module__ = "types"
    data = dumps(register_message(cls, name=known_as)("hi"))
    assert len(name) == len(known_as)
    with pytest.raises(CodecError) as caught:
        loads(data.replace(known_as.encode(), name.encode()))
    return str(caught.value)


def test_a_class_of_the_program_that_was_started_is_recognised_under_its_real_name():
    said = sent_as("chatroom.Hail", known_as="__main__.Hail")
    assert "__main__.Hail is another" in said
    assert "put the class in a module that both sides import" in said


def test_a_class_of_the_other_sides_program_is_to_be_put_in_a_module():
    said = sent_as("__main__.Bail", known_as="chatroom.Hail")
    assert "put the class in a module that both sides import" in said
    assert "another" not in said


def test_a_class_that_is_known_nowhere_is_to_be_imported():
    said = sent_as("chatroom.Bail", known_as="chatroom.Hail")
    assert said.endswith("import its module, or register_message it")
