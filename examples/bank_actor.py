"""An actor keeps state and takes one message at a time.

python examples/bank_actor.py
"""

import asyncio

from holon_actors import Actor, ActorSystem, Request, message


@message
class Deposit:
    amount: int


@message
class Balance(Request[int]):
    """Asked for, it is answered with an int."""


class Account(Actor):
    def __init__(self, opening: int = 0) -> None:
        self.balance = opening

    def receive(self, message, sender):
        match message:
            case Deposit(amount=amount):
                self.balance += amount
                return None
            case Balance():
                return self.balance  # the answer, when the message was an ask


async def main() -> None:
    async with ActorSystem("bank") as system:
        account = system.spawn(Account, 10, name="ada")
        account.tell(Deposit(5))
        print(await account.ask(Balance(), timeout=1.0))  # 15


if __name__ == "__main__":
    asyncio.run(main())
