"""An account to look at from outside: its messages are known by name to whoever attaches."""

from __future__ import annotations

from holon_actors import Actor, Request, message

__all__ = ["Account", "Balance", "Deposit"]


@message(name="test-account.Deposit")
class Deposit:
    amount: int


@message(name="test-account.Balance")
class Balance(Request[int]):
    pass


class Account(Actor):
    """Answers what it does not know with the thing itself; "fail" makes it fail."""

    def __init__(self) -> None:
        self.balance = 0

    def receive(self, message, sender):
        match message:
            case Deposit(amount=amount):
                self.balance += amount
                return None
            case Balance():
                return self.balance
            case "fail":
                raise ValueError("no money")
        return message
