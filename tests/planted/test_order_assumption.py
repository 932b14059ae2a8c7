"""Order assumption: messages of two senders come in any order, however they were set off."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Order:
    number: int


@message
class Reserved:
    number: int


@message
class Paid:
    number: int


@message
class Authorise(Request[bool]):
    number: int


@message
class Shipped(Request[list[int]]):
    pass


class Warehouse(Actor):
    """Ships what is both reserved and paid."""

    def __init__(self):
        self.reserved = set()
        self.paid = set()
        self.shipped = []

    def receive(self, message, sender):
        match message:
            case Reserved(number=number):
                self.reserved.add(number)
                self.ship(number)
            case Paid(number=number):
                self.paid.add(number)
                self.ship(number)
            case Shipped():
                return self.shipped

    def ship(self, number):
        if number in self.reserved and number in self.paid:
            self.shipped.append(number)


class WarehouseThatReservesFirst(Warehouse):
    """A bank takes its time, so whatever is paid is long reserved."""

    def receive(self, message, sender):
        match message:
            case Reserved(number=number):
                self.reserved.add(number)
            case Paid(number=number) if number in self.reserved:
                self.shipped.append(number)
            case Shipped():
                return self.shipped


class Stock(Actor):
    def __init__(self, warehouse):
        self.warehouse = warehouse

    def receive(self, message, sender):
        self.tell(self.warehouse, Reserved(message.number))


class Bank(Actor):
    def receive(self, message, sender):
        return True


class Billing(Actor):
    def __init__(self, bank, warehouse):
        self.bank = bank
        self.warehouse = warehouse

    async def receive(self, message, sender):
        if await self.ask(self.bank, Authorise(message.number)):
            self.tell(self.warehouse, Paid(message.number))


async def scenario(sim, warehouse=Warehouse):
    shop = sim.node("shop")
    house = shop.spawn(warehouse, name="warehouse")
    stock = shop.spawn(Stock, house, name="stock")
    billing = shop.spawn(Billing, shop.spawn(Bank, name="bank"), house, name="billing")
    for number in range(2):
        stock.tell(Order(number))
        billing.tell(Order(number))
        await asyncio.sleep(1)
    shipped = await house.ask(Shipped())
    assert shipped == [0, 1], f"only {shipped} were shipped"


def test_an_order_assumption_is_found():
    assert_found(mutant(scenario, warehouse=WarehouseThatReservesFirst), AssertionError, "only")


def test_a_warehouse_that_waits_for_both_is_right():
    assert_right(scenario)
