"""Affinity assumption: a pool gives a customer the same worker, as long as nobody else is there."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Add(Request[None]):
    customer: str
    item: str


@message
class CheckOut(Request[list[str]]):
    customer: str


class Cart(Actor):
    """Keeps the carts of some customers."""

    def __init__(self):
        self.items = {}

    async def receive(self, message, sender):
        await asyncio.sleep(1)
        match message:
            case Add(customer=customer, item=item):
                self.items.setdefault(customer, []).append(item)
            case CheckOut(customer=customer):
                return self.items.pop(customer, [])


def customer_of(message):
    return message.customer


BY_CUSTOMER = {"routing": "consistent-hash", "key": customer_of}
BY_LOAD = {"routing": "least-loaded"}


async def scenario(sim, routing=BY_CUSTOMER):
    carts = sim.node("shop").spawn_pool(Cart, size=3, **routing)

    async def customer(name):
        await asyncio.sleep(sim.draw("comes after", 60))
        await carts.ask(Add(name, "tea"))
        await asyncio.sleep(sim.draw("thinks for", 5))
        await carts.ask(Add(name, "cake"))
        bought = await carts.ask(CheckOut(name))
        assert bought == ["tea", "cake"], f"{name} got {bought}"

    async with asyncio.TaskGroup() as day:
        for name in ("ada", "bob"):
            day.create_task(customer(name))


def test_an_affinity_assumption_is_found():
    assert_found(mutant(scenario, routing=BY_LOAD), AssertionError, "got")


def test_a_pool_by_customer_is_right():
    assert_right(scenario)
