from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors import Address, message
from holon_actors.testing import FaultPlan, Simulation, strategies
from tests.testing.kit import Echo, Put


@message
class Order:
    name: str
    amounts: list[int]
    inner: Put | None = None


@given(strategies.messages(Order, Put))
def test_messages_are_built_from_their_type_hints(value: Any) -> None:
    assert isinstance(value, Order | Put)
    if isinstance(value, Order):
        assert all(isinstance(amount, int) for amount in value.amounts)


@given(strategies.addresses())
def test_addresses_are_read_as_they_are_written(address: Address) -> None:
    assert Address.parse(str(address)) == address


@given(strategies.fault_plans())
def test_fault_plans_are_values_that_print_as_they_are_made(plan: FaultPlan) -> None:
    assert isinstance(plan, FaultPlan)
    assert repr(plan).startswith("FaultPlan(")


@settings(max_examples=30, deadline=None)
@given(
    seed=strategies.seeds(),
    name=strategies.names(),
    mailbox=strategies.mailboxes(),
    supervision=strategies.supervision(),
    sent=st.lists(st.integers(), max_size=10),
)
def test_whatever_is_drawn_can_be_run(
    seed: int, name: str, mailbox: Any, supervision: Any, sent: list[int]
) -> None:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("a", supervision=supervision)
        echo = system.spawn(Echo, name=name, mailbox=mailbox)
        for value in sent:
            assert await echo.ask(value) == value

    Simulation(seed).run(scenario)
