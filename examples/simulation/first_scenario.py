"""A first scenario: an account on one node, its customer on another, a network that breaks.

python examples/simulation/first_scenario.py
"""

import asyncio

from holon_actors import Actor, NodeUnreachable, Request, message
from holon_actors.testing import Simulation


@message
class Deposit(Request[int]):
    amount: int


class Account(Actor):
    balance = 0

    def receive(self, message, sender):
        self.balance += message.amount
        return self.balance


async def scenario(sim: Simulation) -> None:
    bank, shop = sim.node("bank"), sim.node("shop")
    account = bank.spawn(Account, name="ada")
    from_shop = shop.ref(account.address)
    assert await from_shop.ask(Deposit(10)) == 10

    sim.network.partition({"bank"}, {"shop"})
    try:
        await from_shop.ask(Deposit(10), timeout=60)
    except NodeUnreachable:
        print(f"at {sim.time():.1f} s of virtual time the bank is known to be out of reach")

    sim.network.heal()
    await asyncio.sleep(3600)  # takes no real time
    print("an hour later:", await from_shop.ask(Deposit(10)))


if __name__ == "__main__":
    Simulation(seed=7).run(scenario)
