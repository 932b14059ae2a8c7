"""Forgotten reply: askers that wait for one answer together, and an answer that is a failure."""

import asyncio

from holon_actors import Actor, AskTimeout, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Get(Request[str]):
    key: str


@message
class Loaded:
    key: str
    value: str | None
    error: Exception | None = None


class Unavailable(Exception):
    pass


class Source(Actor):
    """Slow, and sometimes too slow."""

    def __init__(self, is_stuck):
        self.is_stuck = is_stuck

    async def receive(self, message, sender):
        await asyncio.sleep(10 if self.is_stuck() else 1)
        return message.key.upper()


class Catalogue(Actor):
    """Loads a key once for all who ask for it meanwhile."""

    def __init__(self, source):
        self.source = source
        self.waiting = {}

    def receive(self, message, sender):
        match message:
            case Get(key=key):
                self.waiting.setdefault(key, []).append(self.defer_reply())
                if len(self.waiting[key]) == 1:
                    self.pipe_to_self(self.load(key))
            case Loaded(key=key, error=None):
                for reply in self.waiting.pop(key):
                    reply.send(message.value)
            case Loaded(key=key, error=error):
                self.refuse(self.waiting.pop(key), error)

    async def load(self, key):
        try:
            return Loaded(key, await self.ask(self.source, Get(key), timeout=3))
        except AskTimeout as error:
            return Loaded(key, None, error)

    def refuse(self, replies, error):
        for reply in replies:
            reply.fail(Unavailable(str(error)))


class CatalogueThatRefusesTheFirst(Catalogue):
    def refuse(self, replies, error):
        replies[0].fail(Unavailable(str(error)))


async def scenario(sim, catalogue=Catalogue):
    node = sim.node("shop")
    source = node.spawn(Source, lambda: sim.draw("stuck", 20) == 19)
    shelf = node.spawn(catalogue, source)

    async def reader():
        await asyncio.sleep(sim.draw("comes after", 8))
        try:
            assert await shelf.ask(Get("tea"), timeout=30) == "TEA"
        except Unavailable:
            pass

    async with asyncio.TaskGroup() as readers:
        for _ in range(3):
            readers.create_task(reader())


def test_a_forgotten_reply_is_found():
    assert_found(mutant(scenario, catalogue=CatalogueThatRefusesTheFirst), AskTimeout, "Get")


def test_a_catalogue_that_refuses_all_is_right():
    assert_right(scenario)
