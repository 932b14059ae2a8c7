"""What a member was asked to do, and whom it owes the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from holon_actors.actors.reply import DeferredReply
from holon_actors.distributed.consensus.commands.commands import Command, Header
from holon_actors.distributed.consensus.commands.outcomes import Outcome, Refusal
from holon_actors.distributed.consensus.wire.requests import Answers

__all__ = ["Answering", "Call", "LogCall", "ReadCall", "WaitingCall"]

Answering: TypeAlias = Callable[[list[Outcome]], Answers]


class Call:
    """Something with one outcome, such as a change of members."""

    __slots__ = ("_reply",)

    def __init__(self, reply: DeferredReply | None) -> None:
        self._reply = reply  # None: nobody waits

    def answer(self, outcomes: list[Outcome], answering: Answering) -> None:
        """It has come to this."""
        if self._reply is not None:
            self._reply.send(answering(outcomes))

    def refuse(self, reason: str, detail: str, unknown: bool, answering: Answering) -> None:
        """It has come to nothing, or it is not known to what."""
        self.answer([Refusal(reason, detail, unknown)], answering)

    def fail(self, error: Exception) -> None:
        """The member is out of service."""
        if self._reply is not None:
            self._reply.fail(error)


class LogCall(Call):
    """Something that goes through the log; `read` is what its entry means."""

    __slots__ = ("read",)

    def __init__(self, reply: DeferredReply | None, read: tuple[Header, list[Command]]) -> None:
        super().__init__(reply)
        self.read = read


class ReadCall(Call):
    """Reads of several clients that one index will do for."""

    __slots__ = ("reads",)

    def __init__(self, reads: list[tuple[DeferredReply, list[Command]]]) -> None:
        super().__init__(None)
        self.reads = reads

    def answer(self, outcomes: list[Outcome], answering: Answering) -> None:
        for reply, _ in self.reads:
            reply.send(answering(outcomes))

    def fail(self, error: Exception) -> None:
        for reply, _ in self.reads:
            reply.fail(error)


class WaitingCall(ReadCall):
    """A read that waits for an answer, until `ends_at` by the member's clock."""

    __slots__ = ("ends_at",)

    def __init__(self, reply: DeferredReply, commands: list[Command], ends_at: float) -> None:
        super().__init__([(reply, commands)])
        self.ends_at = ends_at
