"""What ready state machines refuse, whatever they are."""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = ["InvalidCommand", "StateMismatch"]


class InvalidCommand(HolonError, ValueError):
    """A command or query makes no sense to the state machine: correct it. Nothing has changed.

    `command` is the name of its class, `reason` what is wrong with it.
    """

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(f"{command}: {reason}")
        self.command = command
        self.reason = reason


class StateMismatch(HolonError, ValueError):
    """A snapshot is not one of this state machine: use the machine that it is of."""

    def __init__(self, machine: str, reason: str) -> None:
        super().__init__(f"not a snapshot of {machine}: {reason}")
        self.machine = machine
        self.reason = reason
