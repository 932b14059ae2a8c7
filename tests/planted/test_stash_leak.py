"""Stash leak: what was put aside for a connection, when the connection does not come."""

import asyncio

from holon_actors import Actor, AskTimeout, PipeFailed, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Query(Request[str]):
    text: str


@message
class Opened:
    pass


class Gateway(Actor):
    """Opens its line when it is first needed."""

    def __init__(self, is_refused):
        self.is_refused = is_refused

    def receive(self, message, sender):
        match message:
            case Query():
                self.stash()
                self.become(self.opening)
                self.pipe_to_self(self.open())

    async def open(self):
        await asyncio.sleep(5)
        if self.is_refused():
            raise ConnectionRefusedError
        return Opened()

    def opening(self, message, sender):
        match message:
            case Query():
                self.stash()
            case Opened():
                self.become(self.opened)
                self.unstash_all()
            case PipeFailed():
                self.close()

    def close(self):
        self.unbecome()
        self.unstash_all()  # the first of them tries again

    def opened(self, message, sender):
        return f"{message.text}!"


class GatewayThatLeaks(Gateway):
    def close(self):
        self.unbecome()


async def scenario(sim, gateway=Gateway):
    node = sim.node("edge")
    line = node.spawn(gateway, lambda: sim.draw("refused", 12) == 11)

    async def client():
        await asyncio.sleep(sim.draw("comes after", 20))
        assert await line.ask(Query("hello"), timeout=300) == "hello!"

    async with asyncio.TaskGroup() as clients:
        for _ in range(3):
            clients.create_task(client())


def test_a_stash_leak_is_found():
    assert_found(mutant(scenario, gateway=GatewayThatLeaks), AskTimeout, "Query")


def test_a_gateway_that_tries_again_is_right():
    assert_right(scenario)
