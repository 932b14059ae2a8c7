"""Two tellers add to one balance, and now and then a deposit is gone.

python examples/simulation/lost_update.py
"""

import asyncio

from holon_actors import Actor, ActorRef, Request, message
from holon_actors.testing import Simulation, SimulationFailure, explore


@message
class Balance(Request[int]):
    pass


@message
class SetBalance:
    balance: int


@message
class Add:
    amount: int


@message
class Deposit(Request[None]):
    amount: int


class Account(Actor):
    balance = 0

    def receive(self, message, sender):
        match message:
            case Balance():
                return self.balance
            case SetBalance(balance=balance):
                self.balance = balance
            case Add(amount=amount):
                self.balance += amount


class Teller(Actor):
    """Reads, adds, writes."""

    def __init__(self, account: ActorRef) -> None:
        self.account = account

    async def receive(self, message, sender):
        balance = await self.ask(self.account, Balance())
        self.tell(self.account, SetBalance(balance + message.amount))


class FixedTeller(Teller):
    """Says what to do, and leaves it to the account: one message, so nothing comes between."""

    async def receive(self, message, sender):
        self.tell(self.account, Add(message.amount))


async def scenario(sim: Simulation, teller: type[Teller] = Teller) -> None:
    bank = sim.node("bank")
    account = bank.spawn(Account, name="account")

    async def customer(name: str) -> None:
        own = bank.spawn(teller, account, name=name)
        await asyncio.sleep(sim.draw("comes after", 10))
        await own.ask(Deposit(1))

    async with asyncio.TaskGroup() as day:
        day.create_task(customer("ada"))
        day.create_task(customer("bob"))
    await asyncio.sleep(1)
    assert await account.ask(Balance()) == 2, "a deposit is gone"


async def fixed(sim: Simulation) -> None:
    await scenario(sim, FixedTeller)


if __name__ == "__main__":
    try:
        explore(scenario)
    except SimulationFailure as failure:
        print(failure)
    print(f"fixed: {explore(fixed).runs} runs without a failure")
