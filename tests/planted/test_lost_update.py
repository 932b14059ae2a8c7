"""Lost update: what a clerk has read is old by the time it writes."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Read(Request[tuple[int, int]]):
    pass


@message
class Write(Request[bool]):
    balance: int
    version: int


@message
class Deposit(Request[None]):
    amount: int


class Account(Actor):
    """Takes a balance that was made from the one it has."""

    def __init__(self):
        self.balance = 0
        self.version = 0

    def receive(self, message, sender):
        match message:
            case Read():
                return self.balance, self.version
            case Write(balance=balance, version=version):
                if not self.is_current(version):
                    return False
                self.balance = balance
                self.version += 1
                return True

    def is_current(self, version):
        return version == self.version


class AccountOfTheLastWriter(Account):
    def is_current(self, version):
        return True


class Clerk(Actor):
    def __init__(self, account):
        self.account = account

    async def receive(self, message, sender):
        written = False
        while not written:
            balance, version = await self.ask(self.account, Read())
            new = Write(balance + message.amount, version)
            written = await self.ask(self.account, new)


async def scenario(sim, account=Account):
    bank = sim.node("bank")
    vault = bank.spawn(account)

    async def customers():
        clerk = bank.spawn(Clerk, vault)
        for _ in range(3):
            await asyncio.sleep(sim.draw("gap", 40))
            await clerk.ask(Deposit(1))

    async with asyncio.TaskGroup() as day:
        day.create_task(customers())
        day.create_task(customers())
    balance, _ = await vault.ask(Read())
    assert balance == 6, f"{6 - balance} deposits were lost"


def test_a_lost_update_is_found():
    assert_found(
        mutant(scenario, account=AccountOfTheLastWriter), AssertionError, "1 deposits were lost"
    )


def test_deposits_with_versions_are_right():
    assert_right(scenario)
