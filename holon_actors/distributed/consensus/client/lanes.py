"""The ways of a client's calls to its group and back: one for commands, one for each kind of read.

The calls of one turn of the event loop go together. When as many batches are on the way as may be,
what comes next waits, and goes together when one of them is back: the busier the group, the larger
the batches, and the cheaper each call. A batch is tried again, with the same numbers, until it has
its answers or nobody waits for them any more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from holon_transports import CodecError

from holon_actors.distributed.consensus.client.batches import Batch, Call
from holon_actors.distributed.consensus.client.courier import Courier, Miss
from holon_actors.distributed.consensus.commands.outcomes import (
    EXPIRED,
    NOT_YET,
    UNREADABLE,
    Outcome,
    Refusal,
)
from holon_actors.distributed.consensus.commands.sessions import RESULTS_MAX
from holon_actors.distributed.consensus.core.reasons import TOO_LARGE
from holon_actors.distributed.consensus.errors import (
    OutcomeUnknown,
    ProposalTooLarge,
    SessionExpired,
)
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.distributed.consensus.wire.requests import (
    Answers,
    Reads,
    Submit,
    WaitingRead,
    whole_refusal,
)

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["HEADER_BYTES", "CommandLane", "Lane", "ReadLane", "WaitLane"]

# What a header may add to the largest command; the numbers left out are few or small.
HEADER_BYTES = 1_024

# How long a member keeps a read that waits, before it is asked anew; and how many waiting reads a
# client has with the group at once.
_WAIT_S = 60.0
_WAITS_MAX = 10_000

# Calls in one batch: more would not make each of them cheaper, only later.
_CALLS_MAX = 4_096


class Lane:
    """Batches of one kind. `numbers` gives each call its own.

    How many calls wait is not bounded here: each has a caller that waits for it.
    """

    def __init__(
        self,
        system: ActorSystem,
        courier: Courier,
        settings: RaftSettings,
        numbers: Callable[[], int],
        batches_max: int | None = None,
    ) -> None:
        self._system = system
        self._courier = courier
        self._settings = settings
        self._numbers = numbers
        self._batches_max = batches_max or settings.batches_max
        self._calls_max = max(1, min(_CALLS_MAX, RESULTS_MAX // settings.batches_max))
        self._body_max = settings.core.proposal_bytes_max - HEADER_BYTES
        self._waiting: deque[Batch] = deque()  # the last one is being filled
        self._flushing = False
        self._running: dict[Batch, None] = {}  # oldest first

    def take(self, value: Any) -> Call:
        """Take a call on. Raises `CodecError` and `ProposalTooLarge`."""
        answer: asyncio.Future[Outcome] = self._system.loop.create_future()
        number, call = self._numbers(), None
        batch = self._waiting[-1] if self._waiting else None
        if batch is not None and not self._full(batch):
            call = batch.add(number, value, answer)
        if call is None:
            batch = Batch(self._body_max)
            self._waiting.append(batch)
            call = batch.add(number, value, answer)
            assert call is not None, "it is the first"
        if not self._flushing:
            self._flush_soon()
        return call

    def _full(self, batch: Batch) -> bool:
        body = batch.body
        return (
            body.size >= self._settings.batch_bytes
            or len(batch.calls) >= self._calls_max
            or body.sealed
        )

    def _flush_soon(self) -> None:
        if len(self._running) < self._batches_max:
            self._flushing = True
            self._system.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        while self._waiting and len(self._running) < self._batches_max:
            batch = self._waiting.popleft()
            if batch.calls:
                self._running[batch] = None
                self._system._start_task(self._run(batch))

    def close(self, error_for: Callable[[Batch], Exception]) -> None:
        """End all calls."""
        for batch in (*self._running, *self._waiting):
            batch.fail(error_for(batch))

    async def _run(self, batch: Batch) -> None:
        try:
            while batch.waited_for:
                await self._attempt(batch)
        except Exception as error:  # noqa: BLE001  # goes to those who wait
            batch.fail(self._failure(batch, error))
        finally:
            del self._running[batch]
            if self._waiting and not self._flushing:
                self._flush_soon()

    async def _attempt(self, batch: Batch) -> None:
        if not await self._ready(batch):
            await self._pause()
            return
        asked = None

        def request() -> Any:
            nonlocal asked
            asked = self._request(batch) if batch.waited_for else None
            batch.asking = asked is not None
            return asked

        answers, tired = await self._courier.ask(request, self._attempt_s(batch))
        batch.asking = False
        if isinstance(answers, Miss):
            batch.missed(answers.reason, answers.maybe)
            if tired:
                await self._pause()
        elif not self._conclude(batch, asked, answers):
            await self._pause()

    def _attempt_s(self, batch: Batch) -> float | None:
        """How long one member may take to answer; None: as long as the settings say."""
        return None

    def _failure(self, batch: Batch, error: Exception) -> Exception:
        """What callers are told when an attempt has failed in a way that no other would mend."""
        return error

    async def _ready(self, batch: Batch) -> bool:
        """See that a batch can be asked for; if not, `batch.reason` says why."""
        return True

    def _request(self, batch: Batch) -> Any:
        """What to ask for a batch now; None: nothing, as its calls have ended."""
        raise NotImplementedError

    def _conclude(self, batch: Batch, request: Any, answers: Answers) -> bool:
        """Take the answers; whether the batch may go on at once."""
        refusal = whole_refusal(answers)
        if refusal is not None:
            return self._refused(batch, request, refusal)
        if len(answers.outcomes) != len(batch.calls):
            # Whatever this member has done, it was asked.
            count = f"{len(answers.outcomes)} answers to {len(batch.calls)} calls"
            batch.missed(count, maybe=True)
            return False
        batch.answer(answers.outcomes)
        return True

    def _refused(self, batch: Batch, request: Any, refusal: Refusal) -> bool:
        if refusal.reason == TOO_LARGE and not batch.maybe:
            limit = self._settings.core.proposal_bytes_max
            batch.fail(ProposalTooLarge(len(batch.data()), limit))
            return True
        if refusal.reason == UNREADABLE and not batch.maybe:
            batch.fail(CodecError(refusal.detail))
            return True
        batch.missed(f"{refusal.reason} {refusal.detail}".rstrip(), refusal.unknown)
        return False

    async def _pause(self) -> None:
        share = 0.5 + self._system.rng.random()
        await asyncio.sleep(self._settings.pause_s * share)


class CommandLane(Lane):
    """Commands: all of one session, so that those that come twice are applied once."""

    def __init__(
        self,
        system: ActorSystem,
        courier: Courier,
        settings: RaftSettings,
        numbers: Callable[[], int],
        open_session: Callable[[], Awaitable[int | Miss]],
        group: str,
    ) -> None:
        super().__init__(system, courier, settings, numbers)
        self._open_session = open_session
        self._group = group
        self.session = 0  # none yet
        self._opening: asyncio.Future[None] | None = None

    async def _ready(self, batch: Batch) -> bool:
        if self.session == 0:
            missed = await self._opened()
            if missed is not None:
                batch.missed(missed.reason, maybe=False)
        return self.session != 0

    def _request(self, batch: Batch) -> Submit | None:
        if batch.maybe and batch.session != self.session:
            # In another session it would be applied again.
            self._forgotten(batch)
            return None
        batch.session = self.session
        oldest = next(iter(self._running))
        return Submit(self.session, oldest.first, list(batch.left_out), batch.data())

    async def _opened(self) -> Miss | None:
        """See that there is a session; whoever comes while one is being opened waits for it."""
        if self._opening is not None:
            await asyncio.shield(self._opening)
            return None if self.session else Miss("no session could be opened", maybe=False)
        self._opening = self._system.loop.create_future()
        try:
            opened = await self._open_session()
            if isinstance(opened, Miss):
                return opened
            self.session = opened
            return None
        finally:
            self._opening.set_result(None)
            self._opening = None

    def _refused(self, batch: Batch, request: Any, refusal: Refusal) -> bool:
        if refusal.reason != EXPIRED:
            return super()._refused(batch, request, refusal)
        if self.session == request.session:  # else another batch has seen to it
            self.session = 0
        if batch.maybe:
            self._forgotten(batch)
        return True

    def _failure(self, batch: Batch, error: Exception) -> Exception:
        # Also what a member cannot answer, as the result is too large, may be applied.
        if not (batch.asking or batch.maybe):
            return error
        unknown = OutcomeUnknown(self._group, 0.0, f"{type(error).__name__}: {error}")
        unknown.__cause__ = error
        return unknown

    def _forgotten(self, batch: Batch) -> None:
        batch.fail(SessionExpired(self._group, "an earlier attempt may have been applied"))


class ReadLane(Lane):
    """Reads: they change nothing, so they are simply asked again."""

    def __init__(
        self,
        system: ActorSystem,
        courier: Courier,
        settings: RaftSettings,
        numbers: Callable[[], int],
        lease: bool,
    ) -> None:
        super().__init__(system, courier, settings, numbers)
        self._lease = lease

    def _request(self, batch: Batch) -> Reads:
        return Reads(self._lease, batch.data())

    def _refused(self, batch: Batch, request: Any, refusal: Refusal) -> bool:
        if refusal.reason != NOT_YET:
            return super()._refused(batch, request, refusal)
        batch.answer([refusal] * len(batch.calls))
        return True


class WaitLane(Lane):
    """Reads that were told "not yet": each goes alone, as each has its answer at another time, and
    waits at a member.
    """

    def __init__(
        self,
        system: ActorSystem,
        courier: Courier,
        settings: RaftSettings,
        numbers: Callable[[], int],
    ) -> None:
        super().__init__(system, courier, settings, numbers, _WAITS_MAX)

    def _full(self, batch: Batch) -> bool:
        return True

    def _attempt_s(self, batch: Batch) -> float:
        return _WAIT_S + self._settings.attempt_s

    def _request(self, batch: Batch) -> WaitingRead:
        left = batch.ends_at - self._system.loop.time()
        return WaitingRead(min(_WAIT_S, max(0.0, left)), batch.data())
