"""Messages are frozen, slotted and have a stable wire name."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from holon_actors import Request, message
from holon_actors.actors.message import wire_name


@message
class Deposit:
    amount: int
    note: str = "none"


@message
class Balance(Request[int]):
    pass


@message(name="bank.transfer")
class Transfer:
    amount: int


class Plain:
    pass


def test_a_message_is_a_frozen_dataclass_with_slots() -> None:
    deposit = Deposit(5)
    assert dataclasses.is_dataclass(deposit)
    assert (deposit.amount, deposit.note) == (5, "none")
    with pytest.raises(dataclasses.FrozenInstanceError):
        deposit.amount = 6  # type: ignore[misc]
    assert not hasattr(deposit, "__dict__")
    assert not hasattr(Balance(), "__dict__")


def test_messages_compare_and_hash_by_value() -> None:
    assert Deposit(5) == Deposit(5) != Deposit(6)
    assert len({Deposit(5), Deposit(5), Balance(), Balance()}) == 2


def test_messages_match_by_position_and_keyword() -> None:
    match Deposit(5, "rent"):
        case Deposit(amount, note=note):
            assert (amount, note) == (5, "rent")
        case _:
            pytest.fail("did not match")


def test_the_wire_name_is_given_or_made_of_module_and_class() -> None:
    assert wire_name(Deposit) == f"{Deposit.__module__}.Deposit"
    assert wire_name(Transfer) == "bank.transfer"


def test_only_messages_have_a_wire_name() -> None:
    class Sub(Deposit):
        pass

    assert wire_name(Plain) is None
    assert wire_name(Sub) is None
    assert wire_name(int) is None


def test_the_class_keeps_its_name_and_home() -> None:
    assert Deposit.__name__ == "Deposit"
    assert Deposit.__module__ == __name__
    assert pickle.loads(pickle.dumps(Transfer(3))) == Transfer(3)
