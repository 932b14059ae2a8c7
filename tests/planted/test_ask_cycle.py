"""Ask cycle: two accounts transfer to each other at the same time, and wait for ever."""

import asyncio

from holon_actors import Actor, ActorRef, Request, message
from holon_actors.testing import AskCycle
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Deposit(Request[None]):
    amount: int


@message
class Transfer(Request[None]):
    amount: int
    to: ActorRef


@message
class Balance(Request[int]):
    pass


class Account(Actor):
    """Answers a transfer when the other account has it, and takes deposits meanwhile."""

    def __init__(self):
        self.balance = 100

    def receive(self, message, sender):
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Transfer(amount=amount):
                self.balance -= amount
                return self.hand_over(message)
            case Balance():
                return self.balance

    def hand_over(self, transfer):
        self.pipe_to_self(self.settle(transfer, self.defer_reply()))

    async def settle(self, transfer, reply):
        await self.ask(transfer.to, Deposit(transfer.amount))
        reply.send(None)


class AccountThatWaits(Account):
    async def hand_over(self, transfer):
        await self.ask(transfer.to, Deposit(transfer.amount))


async def scenario(sim, account=Account):
    bank = sim.node("bank")
    ada, bob = bank.spawn(account, name="ada"), bank.spawn(account, name="bob")

    async def customer(own, other):
        for _ in range(3):
            await asyncio.sleep(1 + sim.draw("gap", 30))
            await own.ask(Transfer(10, other))

    async with asyncio.TaskGroup() as day:
        day.create_task(customer(ada, bob))
        day.create_task(customer(bob, ada))
    balances = await ada.ask(Balance()), await bob.ask(Balance())
    assert balances == (100, 100)


def test_an_ask_cycle_is_found():
    failure = assert_found(
        mutant(scenario, account=AccountThatWaits), AskCycle, "/user/ada in bank"
    )
    assert {step[0] for step in failure.error.steps} == {"/user/ada in bank", "/user/bob in bank"}


def test_accounts_that_do_not_wait_in_their_handlers_are_right():
    assert_right(scenario)
