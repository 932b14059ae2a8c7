"""Nodes that write down what they receive, for tests of the simulated network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from holon_transports import Buffer, Channel

from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import RandomOrder
from holon_actors.testing.network import SimNetwork
from holon_actors.testing.profiles import LinkProfile


class Station:
    """A node with nothing above its transport."""

    def __init__(self, network: SimNetwork, node: str) -> None:
        self.node = node
        self.got: list[bytes] = []
        self.times: list[float] = []
        self.channels: list[Channel] = []
        self.drained_on: list[Channel] = []
        self.transport = network.transport(node)
        self.transport.start(self)
        self.transport.bind(f"sim://{node}")

    def received(self, channel: Channel, frames: list[Buffer]) -> None:
        if channel not in self.channels:
            self.channels.append(channel)
        self.got.append(b"|".join(bytes(frame) for frame in frames))
        self.times.append(asyncio.get_running_loop().time())

    def drained(self, channel: Channel) -> None:
        self.drained_on.append(channel)

    def broken(self, channel: Channel, reason: str) -> None:
        raise AssertionError(f"{channel}: {reason}")

    def send(self, to: str, *frames: bytes) -> bool:
        """On a channel of its own for each peer."""
        return self.channel(to).send(frames)

    def channel(self, to: str) -> Any:
        name = f"sim://{to}"
        for channel in self.channels:
            if channel.name == name:
                return channel
        self.channels.append(self.transport.dial(name))
        return self.channels[-1]


class World:
    """A network with stations in it."""

    def __init__(self, loop: SimLoop, choices: Any, profile: LinkProfile | None) -> None:
        self.loop = loop
        self.events: list[tuple[str, str, str, str]] = []
        self.network = SimNetwork(
            loop,
            choices.stream("net"),
            lambda *event: self.events.append(event),
            profile=profile,
        )
        self.stations: dict[str, Station] = {}

    def __getitem__(self, node: str) -> Station:
        if node not in self.stations:
            self.stations[node] = Station(self.network, node)
        return self.stations[node]

    def restart(self, node: str) -> Station:
        self.network.crash(node)
        self.stations[node] = Station(self.network, node)
        return self.stations[node]


def run(
    main: Callable[[World], Awaitable[Any]],
    *,
    profile: LinkProfile | None = None,
    seed: int = 0,
    choices: Any = None,
) -> Any:
    """Run `main` in a simulation in which chance decides the order of callbacks, too."""
    choices = choices or SeededChoices(seed)
    loop = SimLoop(RandomOrder(choices.stream("sched")))
    world = World(loop, choices, profile)

    async def whole() -> Any:
        return await main(world)

    return loop.run(whole())
