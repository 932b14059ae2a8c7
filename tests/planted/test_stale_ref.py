"""Stale reference: a node comes back, but the actor that was referred to does not."""

import asyncio

from holon_actors import Actor, ActorError, ActorRef, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Hello(Request[ActorRef]):
    pass


@message
class Price(Request[int]):
    item: str


class Prices(Actor):
    def receive(self, message, sender):
        match message:
            case Hello():
                return self.ref
            case Price():
                return 7


class Shop(Actor):
    """Asks for prices on another node; says hello first, and again when there is trouble."""

    def __init__(self):
        self.prices = None

    async def receive(self, message, sender):
        try:
            if self.prices is None:
                anybody = self.system.ref("holon://store@sim:store/user/prices")
                self.prices = await self.ask(anybody, Hello(), timeout=0.5)
            return await self.ask(self.prices, message, timeout=0.5)
        except ActorError:
            self.forget()

    def forget(self):
        self.prices = None


class ShopThatRemembers(Shop):
    def forget(self):
        """The store will be back, and so will its prices."""


async def scenario(sim, shop=Shop):
    sim.node("store", start=lambda system: system.spawn(Prices, name="prices"))
    counter = sim.node("shop").spawn(shop)
    for _ in range(3):
        await asyncio.sleep(1)
        await counter.ask(Price("tea"))
        if sim.draw("crash", 20) == 19:
            sim.crash("store")
            await asyncio.sleep(sim.draw("gone for", 10))
            sim.restart("store")
    await asyncio.sleep(5)
    await counter.ask(Price("tea"))
    await asyncio.sleep(1)
    price = await counter.ask(Price("tea"))
    assert price == 7, "the store is back, but the shop cannot find it"


def test_a_stale_reference_is_found():
    assert_found(mutant(scenario, shop=ShopThatRemembers), AssertionError, "cannot find it")


def test_a_shop_that_looks_again_is_right():
    assert_right(scenario)
