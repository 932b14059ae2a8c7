"""The simulated network without faults keeps the promises of any transport, on virtual time."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from holon_actors.testing._choices.tape import SeededChoices
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import RandomOrder
from holon_actors.testing.network import SimNetwork
from tests.transports.conformance import Net, Node, TransportSuite


class SimNet(Net):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.network = SimNetwork(loop, SeededChoices(0).stream("net"))

    def transport(self, node):
        return self.network.transport(node)

    def endpoint(self, node):
        return f"sim://{node}"


class TestOnAnyLoop(TransportSuite):
    @pytest.fixture
    async def net(self):
        return SimNet(asyncio.get_running_loop())


# A callback that raises ends a simulated run; what comes after it is for other loops.
CASES = [
    name
    for name in vars(TransportSuite)
    if name.startswith("test_") and "error_in_the_receiver" not in name
]


async def case(name: str) -> None:
    suite = TransportSuite()
    net = SimNet(asyncio.get_running_loop())
    nodes: list[Node] = []

    def make_node(node: str, **options: bool) -> Node:
        nodes.append(Node(net, node, **options))
        return nodes[-1]

    given = {"net": net, "make_node": make_node, "size": 65_537}
    test = getattr(suite, name)
    wanted = inspect.signature(test).parameters
    if "pair" in wanted:
        server, client = make_node("server"), make_node("client")
        server.transport.bind("sim://server")
        given["pair"] = server, client, client.transport.dial("sim://server")
    await test(**{key: given[key] for key in wanted})
    for node in nodes:
        node.transport.close()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_on_virtual_time_in_any_order(name: str, seed: int) -> None:
    SimLoop(RandomOrder(SeededChoices(seed).stream("sched"))).run(case(name))
