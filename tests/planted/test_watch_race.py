"""Watch race: the end of an old server takes away the entry of the new one."""

import asyncio

from holon_actors import Actor, ActorRef, Request, Terminated, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Register:
    service: str
    server: ActorRef


@message
class Lookup(Request[ActorRef | None]):
    service: str


@message
class Settings(Request[dict]):
    pass


@message
class Drain:
    pass


class Registry(Actor):
    def __init__(self):
        self.servers = {}
        self.services = {}

    def receive(self, message, sender):
        match message:
            case Register(service=service, server=server):
                self.servers[service] = server
                self.services[server] = service
                self.watch(server)
            case Lookup(service=service):
                return self.servers.get(service)
            case Terminated(ref=server):
                self.forget(self.services.pop(server), server)

    def forget(self, service, server):
        if self.servers.get(service) == server:
            del self.servers[service]


class RegistryThatForgetsByName(Registry):
    def forget(self, service, server):
        self.servers.pop(service, None)


class Configuration(Actor):
    def receive(self, message, sender):
        return {"currency": "EUR"}


class Server(Actor):
    def __init__(self, registry, configuration):
        self.registry = registry
        self.configuration = configuration

    async def started(self):
        self.settings = await self.ask(self.configuration, Settings())
        self.tell(self.registry, Register("prices", self.ref))

    def receive(self, message, sender):
        match message:
            case Drain():
                self.stop()


async def scenario(sim, registry=Registry):
    node = sim.node("shop")
    book = node.spawn(registry, name="registry")
    configuration = node.spawn(Configuration, name="configuration")
    old = node.spawn(Server, book, configuration, name="old")
    await asyncio.sleep(1)
    old.tell(Drain())
    new = node.spawn(Server, book, configuration, name="new")
    await asyncio.sleep(1)
    found = await book.ask(Lookup("prices"))
    assert found == new, f"the service is at {found}"


def test_a_watch_race_is_found():
    assert_found(mutant(scenario, registry=RegistryThatForgetsByName), AssertionError, "is at None")


def test_a_registry_that_forgets_by_reference_is_right():
    assert_right(scenario)
