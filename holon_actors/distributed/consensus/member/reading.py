"""Reads whose index is applied: answered, or kept until the state has an answer to them.

A read that waits is asked again when something was applied. It needs no other index for that: a
state that comes later has all that the first one had. As that may be many reads after every little
change, some are asked in each turn of the event loop, those first that were not for longest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf

from holon_actors.actors.reply import DeferredReply
from holon_actors.distributed.consensus.commands.commands import Command
from holon_actors.distributed.consensus.commands.outcomes import NOT_YET, Outcome, Refusal
from holon_actors.distributed.consensus.core.reasons import BUSY, NO_LEADER
from holon_actors.distributed.consensus.member.calls import Call, ReadCall, WaitingCall
from holon_actors.distributed.consensus.member.seat import Seat
from holon_actors.distributed.consensus.member.waiting import Waiting

__all__ = ["Reading"]

_ASKED_AT_ONCE = 256


class Reading:
    """`ask_soon` sees that `ask_again` is called in a later turn. As many are kept as reads may
    wait for a round (`reads_max`).
    """

    __slots__ = (
        "_answering",
        "_applier",
        "_ask_soon",
        "_asking",
        "_ends_at",
        "_kept",
        "_kept_max",
        "_waiting",
    )

    def __init__(self, seat: Seat, waiting: Waiting[Call], ask_soon: Callable[[], None]) -> None:
        self._applier = seat.applier
        self._answering = seat.answers
        self._kept_max = seat.settings.core.reads_max
        self._waiting = waiting
        self._ask_soon = ask_soon
        self._kept: deque[_Kept] = deque()  # those first that were asked at the lowest index
        self._asking = False  # `ask_again` is to be called
        self._ends_at = inf  # no kept one ends before

    def __len__(self) -> int:
        return len(self._kept)

    def serve(self) -> None:
        """Answer what may be answered now."""
        query, answering = self._applier.query, self._answering
        for call in self._waiting.due(self._applier.index):
            assert isinstance(call, ReadCall)
            for reply, commands in call.reads:
                if isinstance(call, WaitingCall):
                    self._try(_Kept(reply, commands, call.ends_at))
                else:
                    reply.send(answering([query(command.value) for command in commands]))

    def applied(self) -> None:
        """The state has changed."""
        if self._kept and not self._asking:
            self._asking = True
            self._ask_soon()

    def ask_again(self) -> None:
        """Ask some of those that were not asked since the state has changed."""
        self._asking = False
        kept, index, limit = self._kept, self._applier.index, _ASKED_AT_ONCE
        while kept and kept[0].asked_at < index:
            if limit <= 0:
                self.applied()
                return
            limit -= max(1, len(kept[0].commands))
            self._try(kept.popleft())

    def expire(self, now: float) -> None:
        """End those whose time is over, by the member's clock."""
        if now < self._ends_at:
            return
        over = [read for read in self._kept if read.ends_at <= now]
        self._kept = deque(read for read in self._kept if read.ends_at > now)
        self._ends_at = min((read.ends_at for read in self._kept), default=inf)
        self._refuse(over, NOT_YET)

    def release(self) -> None:
        """Nobody is to wait here any longer: this member may hear of nothing that happens now."""
        kept, self._kept = self._kept, deque()
        self._ends_at = inf
        self._refuse(kept, NO_LEADER)

    def fail(self, error: Exception) -> None:
        """The member is out of service."""
        for read in self._kept:
            read.reply.fail(error)
        self._kept.clear()

    def _try(self, read: _Kept) -> None:
        outcomes = [self._applier.query(command.value) for command in read.commands]
        if not any(_is_open(outcome) for outcome in outcomes):
            read.reply.send(self._answering(outcomes))
        elif len(self._kept) >= self._kept_max:
            self._refuse([read], BUSY)
        else:
            read.asked_at = self._applier.index
            self._kept.append(read)
            self._ends_at = min(self._ends_at, read.ends_at)

    def _refuse(self, reads: list[_Kept] | deque[_Kept], reason: str) -> None:
        for read in reads:
            refusal = Refusal(reason, "", unknown=False)
            read.reply.send(self._answering([refusal] * len(read.commands)))


class _Kept:
    __slots__ = ("asked_at", "commands", "ends_at", "reply")

    def __init__(self, reply: DeferredReply, commands: list[Command], ends_at: float) -> None:
        self.reply = reply
        self.commands = commands
        self.ends_at = ends_at
        self.asked_at = 0  # an index


def _is_open(outcome: Outcome) -> bool:
    return type(outcome) is Refusal and outcome.reason == NOT_YET
