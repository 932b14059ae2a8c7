"""Where a member takes requests of clients in, and what it brings before the core of them.

Commands and reads of one turn go together: the shell asks for a `flush` at its end. What has to be
in the log is read here before it gets there, so that it can be read everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holon_transports import CodecError

from holon_actors.actors.reply import DeferredReply
from holon_actors.distributed.consensus.commands.commands import (
    clock_entry,
    close_entry,
    command_entry,
    open_entry,
    read_body,
    read_entry,
)
from holon_actors.distributed.consensus.commands.outcomes import UNREADABLE, Outcome, Refusal
from holon_actors.distributed.consensus.core import inputs
from holon_actors.distributed.consensus.core.reasons import NOT_LEADER
from holon_actors.distributed.consensus.member.calls import (
    Answering,
    Call,
    LogCall,
    ReadCall,
    WaitingCall,
)
from holon_actors.distributed.consensus.member.seat import Seat
from holon_actors.distributed.consensus.member.waiting import Waiting
from holon_actors.distributed.consensus.wire import requests
from holon_actors.distributed.consensus.wire.requests import objection_to

__all__ = ["Desk"]


_TICK = inputs.Tick()


class Desk:
    """`step` brings an event before the core, `clock` is the member's, `request` the number before
    the first of this life's requests; `flush_soon` sees that `flush` is called.
    """

    def __init__(
        self,
        seat: Seat,
        waiting: Waiting[Call],
        step: Callable[[inputs.Event], None],
        clock: Callable[[], float],
        flush_soon: Callable[[], None],
        request: int,
    ) -> None:
        self._seat = seat
        self._waiting = waiting
        self._step = step
        self._clock = clock
        self._flush_soon = flush_soon
        self._request = request
        self._proposals: list[tuple[int, bytes]] = []
        self._reads: dict[bool, ReadCall] = {}
        self._flushing = False
        self._clock_call: _ClockCall | None = None
        self._ticked_at = clock()  # up to when the core has seen the ticks
        self._takers: dict[type, Callable[[Any, DeferredReply], None]] = {
            requests.Submit: self._submit,
            requests.Reads: self._read,
            requests.WaitingRead: self._wait,
            requests.OpenSession: self._open,
            requests.CloseSession: self._close,
            requests.ChangeMembers: self._change,
            requests.HandOver: self._hand_over,
        }

    def take(self, request: Any, reply: DeferredReply) -> None:
        """Take a request in; it will be answered, with CodecError if it makes no sense."""
        objection = objection_to(request)
        if objection is None:
            self._takers[type(request)](request, reply)
        else:
            reply.fail(CodecError(f"{type(request).__name__}: {objection}"))

    @property
    def kinds(self) -> tuple[type, ...]:
        """The requests that `take` takes."""
        return tuple(self._takers)

    def flush(self) -> None:
        """Bring what has gathered before the core."""
        self._flushing = False
        if self._proposals:
            proposals, self._proposals = self._proposals, []
            self._step(inputs.Propose(tuple(proposals)))
        if self._reads:
            reads, self._reads = self._reads, {}
            for lease, call in reads.items():
                if lease:
                    self._make_up_ticks(due=0)
                self._step(inputs.Read(self._taken_on(call), lease))

    def tick(self) -> None:
        """Time has passed. A timer skips the beats that it has missed; where reads go by leases,
        the core has to see these too.
        """
        settings = self._seat.settings
        if settings.core.lease_reads and self._seat.leads:
            self._make_up_ticks(due=1)
            self._ticked_at += settings.tick_s  # not now: what a tick is late by counts as well
        else:
            self._ticked_at = self._clock()
        self._step(_TICK)

    def tell_time(self, deadline: Callable[[], float | None]) -> None:
        """See that the state machine learns of a time that it waits for."""
        if not self._seat.leads or (self._clock_call is not None and not self._clock_call.over):
            return
        due = deadline()
        now = self._now()
        if due is not None and now >= due:
            data = clock_entry(now)
            self._clock_call = _ClockCall(None, read_entry(data))
            self._propose(data, self._clock_call)

    def close(self, error: Exception) -> None:
        """End all that waits here."""
        for call in self._reads.values():
            call.fail(error)
        self._reads.clear()

    # Within

    def _now(self) -> float:
        return self._seat.clock.now(self._clock())

    def _submit(self, request: requests.Submit, reply: DeferredReply) -> None:
        if self._seat.applier.timed and not self._seat.leads:
            # Only the leader knows the time well enough.
            reply.send(self._seat.answers([Refusal(NOT_LEADER, self._seat.leader, unknown=False)]))
            return
        try:
            data = command_entry(
                request.session, request.below, self._now(), request.left_out, request.body
            )
            read = read_entry(data)
        except CodecError as error:
            reply.send(self._seat.answers([Refusal(UNREADABLE, str(error), unknown=False)]))
            return
        self._propose(data, LogCall(reply, read))

    def _open(self, request: requests.OpenSession, reply: DeferredReply) -> None:
        data = open_entry(self._seat.settings.sessions_max, self._now())
        self._propose(data, LogCall(reply, read_entry(data)))

    def _close(self, request: requests.CloseSession, reply: DeferredReply) -> None:
        data = close_entry(request.session, self._now())
        self._propose(data, LogCall(reply, read_entry(data)))

    def _propose(self, data: bytes, call: Call) -> None:
        self._proposals.append((self._taken_on(call), data))
        self._want_flush()

    def _read(self, request: requests.Reads, reply: DeferredReply) -> None:
        try:
            commands = read_body(request.body)
        except CodecError as error:
            reply.fail(error)
            return
        call = self._reads.get(request.lease)
        if call is None:
            call = self._reads[request.lease] = ReadCall([])
        call.reads.append((reply, commands))
        self._want_flush()

    def _wait(self, request: requests.WaitingRead, reply: DeferredReply) -> None:
        try:
            commands = read_body(request.body)
        except CodecError as error:
            reply.fail(error)
            return
        call = WaitingCall(reply, commands, self._clock() + request.wait_s)
        self._step(inputs.Read(self._taken_on(call), False))

    def _change(self, request: requests.ChangeMembers, reply: DeferredReply) -> None:
        number = self._taken_on(Call(reply))
        self._step(
            inputs.Change(
                number,
                tuple(request.add.items()),
                tuple(request.learn.items()),
                tuple(request.promote),
                tuple(request.demote),
                tuple(request.remove),
            )
        )

    def _hand_over(self, request: requests.HandOver, reply: DeferredReply) -> None:
        self._step(inputs.Transfer(self._taken_on(Call(reply)), request.target or None))

    def _taken_on(self, call: Call) -> int:
        self._request += 1
        self._waiting.add(self._request, call)
        return self._request

    def _want_flush(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._flush_soon()

    def _make_up_ticks(self, due: int) -> None:
        """A lease is as long as the ticks that the core has seen, so after a pause a leader has to
        see those that were missed, all but those that are `due` in any case.
        """
        settings = self._seat.settings
        missed = int((self._clock() - self._ticked_at) / settings.tick_s) - due
        if missed > 0 and self._seat.leads:
            self._ticked_at += missed * settings.tick_s
            for _ in range(min(missed, 2 * settings.core.election_ticks)):
                self._step(_TICK)


class _ClockCall(LogCall):
    """The member's own, when it tells the time."""

    over = False

    def answer(self, outcomes: list[Outcome], answering: Answering) -> None:
        self.over = True
