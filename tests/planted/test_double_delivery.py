"""Double delivery: a retry after a time-out, when the first try has been done after all."""

import asyncio

from holon_actors import Actor, AskTimeout, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Charge(Request[str]):
    order: int


@message
class Charged(Request[list[int]]):
    pass


class Bank(Actor):
    """Charges an order once, however often it is asked to."""

    def __init__(self, delay_s):
        self.delay_s = delay_s
        self.charged = []

    async def receive(self, message, sender):
        match message:
            case Charge(order=order):
                await asyncio.sleep(self.delay_s())
                if not self.is_known(order):
                    self.charged.append(order)
                return "charged"
            case Charged():
                return self.charged

    def is_known(self, order):
        return order in self.charged


class BankThatTrustsItsClients(Bank):
    def is_known(self, order):
        return False


class Shop(Actor):
    def __init__(self, bank):
        self.bank = bank

    async def receive(self, message, sender):
        for _ in range(20):
            try:
                return await self.ask(self.bank, message, timeout=1)
            except AskTimeout:
                continue
        raise TimeoutError("the bank is closed")


async def scenario(sim, bank=Bank):
    town = sim.node("town")
    till = town.spawn(bank, lambda: 1.5 if sim.draw("slow", 50) == 49 else 0.1)
    shop = town.spawn(Shop, till)
    for order in range(4):
        assert await shop.ask(Charge(order), timeout=60) == "charged"
    charged = await till.ask(Charged(), timeout=60)
    assert charged == [0, 1, 2, 3], f"charged: {charged}"


def test_a_charge_that_is_made_twice_is_found():
    assert_found(mutant(scenario, bank=BankThatTrustsItsClients), AssertionError, "charged: ")


def test_a_bank_that_knows_its_orders_is_right():
    assert_right(scenario)
