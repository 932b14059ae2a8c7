"""Stale cache: an answer that is under way when the value changes."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Get(Request[int]):
    pass


@message
class Put:
    value: int


@message
class Fetched:
    value: int
    version: int


class Store(Actor):
    def __init__(self):
        self.value = 0

    async def receive(self, message, sender):
        match message:
            case Get():
                await asyncio.sleep(2)
                return self.value
            case Put(value=value):
                self.value = value


class Cache(Actor):
    """Keeps the value until the next `Put`."""

    def __init__(self, store):
        self.store = store
        self.value = None
        self.version = 0
        self.waiting = []

    def receive(self, message, sender):
        match message:
            case Get() if self.value is not None:
                return self.value
            case Get():
                self.waiting.append(self.defer_reply())
                if len(self.waiting) == 1:
                    self.pipe_to_self(self.fetch(self.version))
            case Fetched(value=value, version=version):
                if self.is_new(version):
                    self.value = value
                for reply in self.waiting:
                    reply.send(value)
                self.waiting = []
            case Put():
                self.value = None
                self.version += 1
                self.tell(self.store, message)

    async def fetch(self, version):
        return Fetched(await self.ask(self.store, Get()), version)

    def is_new(self, version):
        return version == self.version


class CacheThatKeepsAll(Cache):
    def is_new(self, version):
        return True


async def scenario(sim, cache=Cache):
    node = sim.node("shop")
    price = node.spawn(cache, node.spawn(Store))

    async def reader():
        for _ in range(3):
            await asyncio.sleep(sim.draw("reads after", 30))
            await price.ask(Get())

    async with asyncio.TaskGroup() as day:
        day.create_task(reader())
        await asyncio.sleep(sim.draw("changes after", 60))
        price.tell(Put(7))
    await asyncio.sleep(10)
    seen = await price.ask(Get())
    assert seen == 7, f"the price is 7, the cache says {seen}"


def test_a_stale_cache_is_found():
    assert_found(mutant(scenario, cache=CacheThatKeepsAll), AssertionError, "the cache says 0")


def test_a_cache_with_versions_is_right():
    assert_right(scenario)
