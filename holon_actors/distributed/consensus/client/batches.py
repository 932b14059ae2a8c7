"""Calls of a client that go to the group together, and what is known of them meanwhile. Pure but
for the futures that the callers wait on.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from holon_actors.distributed.consensus.commands.commands import Body
from holon_actors.distributed.consensus.commands.outcomes import Outcome

__all__ = ["Batch", "Call"]


class Call:
    """One command or read, and who waits for it."""

    __slots__ = ("answer", "batch", "sequence")

    def __init__(self, sequence: int, batch: Batch, answer: asyncio.Future[Outcome]) -> None:
        self.sequence = sequence
        self.batch = batch
        self.answer = answer


class Batch:
    """Calls in the order of their numbers.

    `asking`: it is on its way to a member, or with one. `maybe`: a member may have got it in an
    earlier attempt. `reason`: why the last attempt came to nothing. `left_out`: numbers of callers
    who have given up. `session`: the one that it was last sent in. `ends_at`: when nobody waits any
    more, by the loop's clock, where that is known.
    """

    __slots__ = (
        "_data",
        "asking",
        "body",
        "calls",
        "ends_at",
        "left_out",
        "maybe",
        "reason",
        "session",
    )

    def __init__(self, size_max: int) -> None:
        self.body = Body(size_max)
        self.calls: list[Call] = []
        self.left_out: list[int] = []
        self.asking = False
        self.ends_at = inf
        self.maybe = False
        self.session = 0
        self.reason = "it was not sent yet"
        self._data: bytes | None = None

    def add(self, sequence: int, value: Any, answer: asyncio.Future[Outcome]) -> Call | None:
        """Take a call in; None: there is no room for it. Raises what `Body.add` does."""
        assert self._data is None, "it is on its way"
        if not self.body.add(sequence, value):
            return None
        call = Call(sequence, self, answer)
        self.calls.append(call)
        return call

    @property
    def first(self) -> int:
        """The lowest number."""
        return self.calls[0].sequence

    @property
    def waited_for(self) -> bool:
        """Whether anybody still waits."""
        return len(self.left_out) < len(self.calls) and any(
            not call.answer.done() for call in self.calls
        )

    def data(self) -> bytes:
        """The body, which takes no more calls from here on."""
        if self._data is None:
            self._data = self.body.data()
        return self._data

    def missed(self, reason: str, maybe: bool) -> None:
        """An attempt has come to nothing."""
        self.reason = reason
        self.maybe = self.maybe or maybe

    def give_up(self, call: Call) -> None:
        """Nobody waits for this one any more: do not apply it, if it has not been."""
        self.left_out.append(call.sequence)

    def answer(self, outcomes: list[Outcome]) -> None:
        """Every call has its outcome."""
        for call, outcome in zip(self.calls, outcomes, strict=True):
            if not call.answer.done():
                call.answer.set_result(outcome)

    def fail(self, error: Exception) -> None:
        """Nobody gets anything but this."""
        for call in self.calls:
            if not call.answer.done():
                call.answer.set_exception(error)
