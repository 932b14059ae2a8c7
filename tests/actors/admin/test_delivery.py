"""Messages from JSON text."""

from __future__ import annotations

import dataclasses
from dataclasses import field

import pytest
from holon_transports.codec.registry import Registry
from pydantic import BaseModel, Field

from holon_actors import ActorRef, message
from holon_actors.actors.admin._delivery import message_from
from holon_actors.actors.admin.errors import MessageRejected


@message(name="delivery.Pay")
class Pay:
    amount: int
    to: list[str] = field(default_factory=list)
    note: str | None = None


@message(name="delivery.Whom")
class Whom:
    ref: ActorRef[int]


@message(name="delivery.Odd")
class Odd:
    number: int

    def __post_init__(self) -> None:
        if self.number % 2 == 0:
            raise ValueError("even")


class Order(BaseModel):
    size: int = Field(gt=0)


def no_refs(text):
    raise AssertionError(text)


def own_registry():
    """What other tests have registered is no part of it: a short name would depend on them."""
    registry = Registry()
    for cls in (Pay, Whom, Odd, Order):
        registry.add(cls, f"delivery.{cls.__name__}")
    return registry


def made(text, to_ref=no_refs):
    return message_from(text, to_ref, registry=own_registry())


def test_an_object_with_a_type_is_a_message_of_that_class():
    assert made('{"type": "delivery.Pay", "amount": 5}') == Pay(5)
    assert made('{"type": "Pay", "amount": "5", "to": ["ada"]}') == Pay(5, ["ada"])
    assert made('{"type": "Order", "size": 3}') == Order(size=3)


@pytest.mark.parametrize("text", ["5", '"x"', "null", "[1]", '{"amount": 1}'])
def test_json_without_a_type_is_the_plain_value(text):
    import json

    assert made(text) == json.loads(text)


def test_an_address_becomes_a_reference():
    marker = object()
    assert made('{"type": "Whom", "ref": "holon://bank/user/ada"}', lambda text: marker) == Whom(
        marker
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"type": "Pay"}', ["Pay", "'amount'"]),
        ('{"type": "Pay", "amount": "x"}', ["Pay.amount", "integer"]),
        ('{"type": "Pay", "amount": 1, "to": [1]}', ["Pay.to", "0"]),
        ('{"type": "Pay", "amount": 1, "too": 1}', ["'too'", "'amount'"]),
        ('{"type": "Pya", "amount": 1}', ["'Pya'", "did you mean 'Pay'"]),
        ('{"type": 5}', ["5"]),
        ('{"type": "Odd", "number": 2}', ["Odd", "even"]),
        ('{"type": "Order", "size": 0}', ["Order", "size", "greater than 0"]),
        ('{"type": "Order", "sise": 0}', ["Order", "'sise'"]),
        ('{"type": ', ["not JSON"]),
        ("[" * 100_000, ["not JSON"]),
    ],
)
def test_what_is_no_message_is_refused_by_what_is_wrong_with_it(text, names):
    with pytest.raises(MessageRejected) as caught:
        made(text)
    for name in names:
        assert name in str(caught.value)


def test_a_wrong_address_is_named():
    from holon_actors.actors.address import Address

    with pytest.raises(MessageRejected, match=r"Whom\.ref"):
        made('{"type": "Whom", "ref": "ada"}', Address.parse)


def registry_of_same():
    registry = Registry()
    for package in ("a", "b"):
        cls = type("Same", (), {"__annotations__": {}, "__module__": package})
        registry.add(dataclasses.dataclass(cls), f"{package}.Same")
    return registry


def test_a_short_name_that_two_classes_have_is_refused_with_both():
    with pytest.raises(MessageRejected, match=r"'a\.Same', 'b\.Same'"):
        message_from('{"type": "Same"}', no_refs, registry=registry_of_same())


def test_of_two_classes_with_one_short_name_that_of_the_actors_module_is_meant():
    made = message_from('{"type": "Same"}', no_refs, near="b", registry=registry_of_same())
    assert type(made).__module__ == "b"


def test_no_class_is_imported_because_a_message_names_it():
    import sys

    with pytest.raises(MessageRejected):
        made('{"type": "sndhdr.SndHeaders"}')
    assert "sndhdr" not in sys.modules
