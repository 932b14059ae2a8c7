"""The examples of the contract, as they stand there."""

from __future__ import annotations

import asyncio

from holon_actors import (
    Actor,
    ActorSystem,
    Engine,
    ErrorRecovery,
    Request,
    ResourceLimits,
    flow,
    flows,
    message,
)
from holon_actors.testing import Simulation, explore


@flow
def add(x: int, y: int) -> int:
    return x + y


@flow(name="slug", tags=("text",), pure=True)
def slug(title: str) -> str:
    return "-".join(title.lower().split())


@message  # frozen, slotted dataclass with a stable wire name
class Deposit:
    amount: int


@message
class Balance(Request[int]):  # the reply type: `await ref.ask(Balance())` is an int to mypy
    pass


class Account(Actor):
    def __init__(self, opening: int = 0) -> None:
        self.balance = opening

    def receive(self, message, sender):  # noqa: RET503  # or: async def receive
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Balance():
                return self.balance  # the answer, when the message was an ask


def test_the_flow_example():
    assert add(5, 3) == 8
    inc = flow(lambda x: x + 1)
    pipeline = inc | inc | flows.map(inc)
    assert pipeline.graph().nodes
    assert (inc | inc)(1) == 3
    assert slug("Hello  World") == "hello-world"
    assert (slug.meta.name, slug.meta.tags, slug.meta.pure) == ("slug", ("text",), True)


async def test_the_actor_example():
    async with ActorSystem("bank") as system:
        account = system.spawn(Account, 10, name="ada")
        account.tell(Deposit(5))
        assert await account.ask(Balance(), timeout=1.0) == 15


async def test_the_node_example():
    async with ActorSystem("orders", bind="tcp://127.0.0.1:7401", attach=False) as other:
        other.spawn(Account, 10, name="ada")
        system = ActorSystem("shop", bind="tcp://127.0.0.1:7400", attach=False)
        async with system:
            ref = system.ref("holon://orders@127.0.0.1:7401/user/ada")
            await system.cluster.join("tcp://127.0.0.1:7401")
            assert await ref.ask(Balance(), timeout=5.0) == 10
            for one in (system, other):
                members = [(m.name, m.address, m.state) for m in one.cluster.members]
                assert members == [
                    ("orders", "tcp://127.0.0.1:7401", "alive"),
                    ("shop", "tcp://127.0.0.1:7400", "alive"),
                ]
                assert all(m.incarnation > 0 for m in one.cluster.members)


async def simulated(sim):  # sim.time(), asyncio.sleep etc. are virtual
    a, b = sim.node("a"), sim.node("b")  # each an ActorSystem, already connected
    account = a.spawn(Account, 10, name="ada")
    sim.network.partition({"a"}, {"b"})
    await asyncio.sleep(5)
    sim.network.heal()
    assert await b.ref(account.address).ask(Balance(), timeout=1.0) == 10
    sim.crash("a")
    sim.restart("a")
    assert sim.node("a") is not a


def test_the_simulation_example():
    first, second = Simulation(seed=7), Simulation(seed=7)
    first.run(simulated)
    second.run(simulated)
    assert first.trace
    assert first.fingerprint() == second.fingerprint()
    explore(simulated, seeds=10, strategy="random")


async def test_the_engine_example():
    async with Engine(
        max_concurrency=4,
        resource_limits=ResourceLimits(cpu=0.8, memory="512MB"),
        error_recovery=ErrorRecovery(max_retries=3, backoff="exponential"),
    ) as engine:
        assert await engine.execute(add, (5, 3)) == 8
        execution = engine.submit(add, {"x": 5, "y": 3}, timeout=5.0, priority="high", trace=True)
        assert await execution == 8
        assert execution.trace
        assert execution.status == "succeeded"


async def test_asks_are_coroutines_like_any_other():
    async with ActorSystem("bank") as system:
        account = system.spawn(Account, 1)
        assert await asyncio.create_task(account.ask(Balance())) == 1
        assert await asyncio.gather(*(account.ask(Balance()) for _ in range(3))) == [1, 1, 1]
        assert await asyncio.wait_for(account.ask(Balance()), 1.0) == 1
        async with asyncio.TaskGroup() as group:
            task = group.create_task(account.ask(Balance()))
        assert task.result() == 1
