"""The smallest useful state machine: a replicated number."""

from __future__ import annotations

from typing import Any

from holon_actors.actors import message
from holon_actors.distributed.consensus.machine import StateMachine
from holon_actors.distributed.consensus.machines.errors import InvalidCommand, StateMismatch

__all__ = ["Add", "Counter"]


@message(name="holon.counter.Add")
class Add:
    """Add `amount` (int, also negative) to the counter; answered with the new total."""

    amount: int = 1


class Counter(StateMachine):
    """`await group.propose(Add(5))` returns the new total, `await group.read(None)` the total."""

    def __init__(self) -> None:
        self._total = 0

    def apply(self, command: Any) -> int:
        """Do an `Add`. Raises `InvalidCommand`."""
        if not isinstance(command, Add) or type(command.amount) is not int:
            raise InvalidCommand(type(command).__name__, "the counter takes Add(amount: int)")
        self._total += command.amount
        return self._total

    def query(self, request: Any) -> int:
        """The total, whatever is asked."""
        return self._total

    def snapshot(self) -> int:
        """The total."""
        return self._total

    def restore(self, state: Any) -> None:
        """Raises `StateMismatch`."""
        if type(state) is not int:
            raise StateMismatch("the counter", f"it is {type(state).__name__}, not int")
        self._total = state
