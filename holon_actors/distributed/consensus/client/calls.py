"""A client's side of a group: what `RaftGroup` and `RaftClient` have in common.

It never reports what it does not know. A call ends with its result; with `NoLeader` when it is
certain that nothing has happened; with `OutcomeUnknown` when it may have.
"""

from __future__ import annotations

import asyncio
import math
from itertools import count
from typing import TYPE_CHECKING, Any

from holon_transports.errors import CodecError

from holon_actors.distributed.consensus.client.batches import Batch, Call
from holon_actors.distributed.consensus.client.courier import Courier, Miss
from holon_actors.distributed.consensus.client.deadlines import Deadlines, checked_timeout
from holon_actors.distributed.consensus.client.lanes import CommandLane, ReadLane, WaitLane
from holon_actors.distributed.consensus.commands.outcomes import (
    NOT_YET,
    Failure,
    Outcome,
    Packed,
    Refusal,
    value_of,
)
from holon_actors.distributed.consensus.core.reasons import (
    BUSY,
    LOST_LEADERSHIP,
    NO_LEADER,
    NOT_LEADER,
    NOT_READY,
    TRANSFERRING,
)
from holon_actors.distributed.consensus.errors import (
    ChangeRefused,
    CommandFailed,
    NoLeader,
    NotYet,
    OutcomeUnknown,
    QueryFailed,
)
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.distributed.consensus.wire.requests import CloseSession, OpenSession

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Calls"]

# Somebody else may do it, or the same member a little later.
_AGAIN = frozenset({NOT_LEADER, NO_LEADER, NOT_READY, TRANSFERRING, LOST_LEADERSHIP, BUSY})
_SPECIAL = frozenset({Packed, Failure, Refusal})


class Calls:
    """The calls of one client of a group. Closed, it takes no more."""

    def __init__(
        self, system: ActorSystem, courier: Courier, group: str, settings: RaftSettings
    ) -> None:
        self._system = system
        self._courier = courier
        self._group = group
        self._pause_s = settings.pause_s
        numbers = count(1).__next__
        self._commands = CommandLane(system, courier, settings, numbers, self._open_session, group)
        self._reads = {
            lease: ReadLane(system, courier, settings, numbers, lease) for lease in (False, True)
        }
        self._waits = WaitLane(system, courier, settings, numbers)
        self._command_deadlines = Deadlines[Call](system.loop, self._command_expired)
        self._read_deadlines = Deadlines[Call](system.loop, self._read_expired)
        self._wait_deadlines = Deadlines[Call](system.loop, self._wait_expired)

    async def propose(self, command: Any, timeout: float | None) -> Any:
        """See `RaftGroup.propose`."""
        timeout_s = self._limit(timeout)
        outcome = await self._outcome(
            self._commands.take(command), self._command_deadlines, timeout_s
        )
        if type(outcome) not in _SPECIAL:
            return outcome
        if type(outcome) is Failure:
            raise CommandFailed(outcome.type_name, outcome.message)
        if type(outcome) is Refusal:
            # Of a single command that its client was believed to have given up.
            raise self._unknown(f"{outcome.reason} {outcome.detail}".rstrip())
        try:
            return value_of(outcome)
        except CodecError as error:
            raise self._unknown(
                f"it was applied, but its result cannot be read: {error}"
            ) from error

    async def read(self, request: Any, timeout: float | None, lease: bool) -> Any:
        """See `RaftGroup.read`."""
        timeout_s = self._limit(timeout)
        ends_at = self._system.loop.time() + timeout_s
        outcome = await self._outcome(
            self._reads[lease].take(request), self._read_deadlines, timeout_s
        )
        if type(outcome) is Refusal and outcome.reason == NOT_YET:
            outcome = await self._waited_for(request, ends_at)
        if type(outcome) not in _SPECIAL:
            return outcome
        if type(outcome) is Failure:
            raise QueryFailed(outcome.type_name, outcome.message)
        if type(outcome) is Refusal:
            raise NoLeader(self._group, timeout_s, outcome.reason)
        return value_of(outcome)

    async def change(self, request: Any, timeout_s: float) -> None:
        """Have the leader do something. Raises `ChangeRefused`, `NoLeader` or `OutcomeUnknown`."""
        loop = self._system.loop
        timeout_s = checked_timeout(timeout_s)
        ends_at = loop.time() + timeout_s
        reason = "it was not sent yet"
        while (left := ends_at - loop.time()) > 0:
            answers, tired = await self._courier.ask(lambda: request, attempt_s=left)
            if isinstance(answers, Miss):
                reason = answers.reason
                if answers.maybe:
                    raise OutcomeUnknown(self._group, timeout_s, reason)
            else:
                outcome = answers.outcomes[0]
                if type(outcome) is not Refusal:
                    return
                if outcome.unknown:
                    raise OutcomeUnknown(self._group, timeout_s, outcome.reason)
                if outcome.reason not in _AGAIN:
                    raise ChangeRefused(self._group, outcome.reason, outcome.detail)
                reason, tired = outcome.reason, True
            if tired:
                await asyncio.sleep(self._pause_s)
        raise NoLeader(self._group, timeout_s, reason)

    def close(self) -> None:
        """Let go of the session, and end what is under way."""
        self._commands.close(lambda batch: self._unanswered(batch, 0.0, "the client was closed"))
        for lane in (*self._reads.values(), self._waits):
            lane.close(lambda batch: NoLeader(self._group, 0.0, "the client was closed"))
        for deadlines in (self._command_deadlines, self._read_deadlines, self._wait_deadlines):
            deadlines.close()
        session = self._commands.session
        if session:
            self._courier.tell(CloseSession(session))
        self._courier.close()

    # Within

    def _limit(self, timeout: float | None) -> float:
        timeout_s = self._system.ask_timeout if timeout is None else timeout
        return timeout_s if timeout_s > 0.0 else checked_timeout(timeout_s)

    async def _outcome(self, call: Call, deadlines: Deadlines[Call], timeout_s: float) -> Outcome:
        if timeout_s != math.inf:
            deadlines.add(call, timeout_s)
        try:
            return await call.answer
        finally:
            deadlines.discard(call, timeout_s)
            if not call.answer.done() or call.answer.cancelled():
                call.batch.give_up(call)

    async def _waited_for(self, request: Any, ends_at: float) -> Outcome:
        call = self._waits.take(request)
        call.batch.ends_at = ends_at
        left = max(0.0, ends_at - self._system.loop.time())
        return await self._outcome(call, self._wait_deadlines, left)

    def _unknown(self, reason: str) -> OutcomeUnknown:
        return OutcomeUnknown(self._group, 0.0, reason)

    async def _open_session(self) -> int | Miss:
        answers, _ = await self._courier.ask(OpenSession)
        if isinstance(answers, Miss):
            return answers
        outcome = answers.outcomes[0] if answers.outcomes else None
        if type(outcome) is int:
            return outcome
        reason = outcome.reason if type(outcome) is Refusal else f"{outcome!r:.80}"
        return Miss(f"no session was opened: {reason}", maybe=False)

    def _command_expired(self, call: Call, timeout_s: float) -> None:
        if call.answer.done():
            return
        batch = call.batch
        batch.give_up(call)
        reason = "the answer is still awaited" if batch.asking else batch.reason
        call.answer.set_exception(self._unanswered(batch, timeout_s, reason))

    def _unanswered(self, batch: Batch, timeout_s: float, reason: str) -> NoLeader | OutcomeUnknown:
        if batch.maybe or batch.asking:
            return OutcomeUnknown(self._group, timeout_s, reason)
        return NoLeader(self._group, timeout_s, reason)

    def _read_expired(self, call: Call, timeout_s: float) -> None:
        if not call.answer.done():
            call.batch.give_up(call)
            call.answer.set_exception(NoLeader(self._group, timeout_s, call.batch.reason))

    def _wait_expired(self, call: Call, timeout_s: float) -> None:
        if not call.answer.done():
            call.batch.give_up(call)
            call.answer.set_exception(NotYet())
