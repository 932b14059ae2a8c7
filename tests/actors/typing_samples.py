"""Samples for `test_typing`.

A comment T gives the type that is revealed, a comment E the code of the error there must be.
"""

from typing import reveal_type

from holon_actors import Actor, ActorRef, ActorSystem, Request, message


@message
class Deposit:
    amount: int


@message
class Balance(Request[int]):
    pass


@message(name="owner")
class Owner(Request[str]):
    pass


class Account(Actor):
    async def receive(self, message: object, sender: ActorRef[object] | None) -> object:
        other = sender or self.ref
        reveal_type(await self.ask(other, Balance()))  # T: int
        reveal_type(await self.ask(other, Deposit(1)))  # T: object
        return None


async def use(system: ActorSystem) -> None:
    account = system.spawn(Account, 10, name="ada")
    reveal_type(await account.ask(Balance()))  # T: int
    reveal_type(await account.ask(Owner(), timeout=1.0))  # T: str
    reveal_type(await account.ask(Deposit(5)))  # T: object
    account.tell(Deposit(5))

    typed: ActorRef[Deposit] = system.spawn(Account)
    typed.tell(Deposit(5))
    typed.tell("not a deposit")  # E: arg-type
    reveal_type(await typed.ask(Balance()))  # T: int

    Deposit("much")  # E: arg-type
    Deposit(5).amount = 6  # E: misc
    wrong: str = await account.ask(Balance())  # E: assignment
    assert wrong
