"""Two accounts transfer to each other at the same moment, and wait for each other.

python examples/simulation/ask_cycle.py
"""

import asyncio

from holon_actors import Actor, ActorRef, DeferredReply, Request, message
from holon_actors.testing import Simulation, SimulationFailure, explore


@message
class Deposit(Request[None]):
    amount: int


@message
class Transfer(Request[None]):
    amount: int
    to: ActorRef


class Account(Actor):
    """Waits in its handler until the other account has the money."""

    balance = 100

    async def receive(self, message, sender):
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Transfer(amount=amount, to=to):
                self.balance -= amount
                await self.ask(to, Deposit(amount))


class FixedAccount(Actor):
    """Waits beside its handler, and takes deposits meanwhile."""

    balance = 100

    def receive(self, message, sender):
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Transfer(amount=amount, to=to):
                self.balance -= amount
                self.pipe_to_self(self.hand_over(amount, to, self.defer_reply()))

    async def hand_over(self, amount: int, to: ActorRef, reply: DeferredReply) -> None:
        await self.ask(to, Deposit(amount))
        reply.send(None)


async def scenario(sim: Simulation, account: type[Actor] = Account) -> None:
    bank = sim.node("bank")
    ada, bob = bank.spawn(account, name="ada"), bank.spawn(account, name="bob")

    async def customer(own: ActorRef, other: ActorRef) -> None:
        for _ in range(3):
            await asyncio.sleep(1 + sim.draw("pause", 60))
            await own.ask(Transfer(10, other))

    await asyncio.gather(customer(ada, bob), customer(bob, ada))


async def fixed(sim: Simulation) -> None:
    await scenario(sim, FixedAccount)


if __name__ == "__main__":
    try:
        explore(scenario)
    except SimulationFailure as failure:
        print(failure)
    print(f"fixed: {explore(fixed).runs} runs without a failure")
