"""A member of a Raft group as an actor: a thin shell around the core, its log and the machine.

What comes in is told to the core; what the core wants is done at once, but for syncs and whole
snapshots, which run beside it and come back as messages. Commands and reads that come in one turn
go to the core together.

A member that cannot be sure of its disk, or that meets a defect, acknowledges nothing more: it ends
what it owes with `MemberStopped` and stops. Started again it recovers from its disk; an instance is
never continued with what another one has left in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any
from zlib import crc32

from holon_transports import CodecError

from holon_actors.actors import Actor, ActorRef, LinkDown, PipeFailed
from holon_actors.actors.errors import AlreadyReplied, NotInHandler
from holon_actors.distributed.consensus.commands.outcomes import Outcome, Refusal
from holon_actors.distributed.consensus.core import effects as fx
from holon_actors.distributed.consensus.core import inputs
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.errors import MemberStopped
from holon_actors.distributed.consensus.events import (
    Applied,
    LeaderChanged,
    MemberFailed,
    MembersChanged,
    SnapshotFailed,
)
from holon_actors.distributed.consensus.member.backlog import Backlog
from holon_actors.distributed.consensus.member.calls import Call
from holon_actors.distributed.consensus.member.desk import Desk
from holon_actors.distributed.consensus.member.peers import Peers
from holon_actors.distributed.consensus.member.reading import Reading
from holon_actors.distributed.consensus.member.refusals import Refusals
from holon_actors.distributed.consensus.member.seat import Seat
from holon_actors.distributed.consensus.member.snapshotting import (
    NotTaken,
    Restored,
    Snapshotting,
    Taken,
)
from holon_actors.distributed.consensus.member.waiting import Waiting
from holon_actors.distributed.consensus.member.writing import Synced, Writer
from holon_actors.distributed.consensus.wire import requests
from holon_actors.distributed.consensus.wire.peer_messages import (
    Blobs,
    MalformedMessage,
    PeerMessage,
    decode,
    encode,
)

__all__ = ["Member"]


class _Mark(Enum):
    """What a member tells itself."""

    TICK = "tick"
    FLUSH = "flush"
    GO_ON = "go on"
    ASK_AGAIN = "ask again"


class Member(Actor):
    """See the module."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._core = seat.core
        self._applier = seat.applier
        self._waiting: Waiting[Call] = Waiting()
        self._backlog = Backlog(seat.applier, self._waiting, seat.answers)
        self._reading = Reading(seat, self._waiting, lambda: self._later(_Mark.ASK_AGAIN))
        self._blobs = Blobs()
        self._applying = False  # a slice of the backlog, or the next one has been asked for
        self._asked: list[Call] = []  # for a snapshot
        self._running = False
        self._handlers: dict[Any, Callable[[Any, ActorRef[Any] | None], None]] = {
            _Mark: self._on_mark,
            PeerMessage: self._on_peer,
            requests.TakeSnapshot: self._on_take_snapshot,
            requests.Describe: self._on_describe,
            requests.ReadLog: self._on_read_log,
            Synced: self._on_synced,
            Taken: self._on_taken,
            NotTaken: self._on_not_taken,
            Restored: self._on_restored,
            LinkDown: self._on_link_down,
            PipeFailed: self._on_pipe_failed,
            inputs.ChunkStored: self._on_event,
            inputs.SnapshotReceived: self._on_event,
            inputs.SnapshotRejected: self._on_event,
        }

    # --- life ---

    def started(self) -> None:
        system, seat = self.system, self._seat
        if seat.begun:
            self._fail(RuntimeError("it was restarted, and has to be recovered from its disk"))
            return
        seat.begun = self._running = True
        self._peers = Peers(system, seat.group, seat.node)
        self._peers.configure(seat.configuration)
        self._refusals = Refusals(seat, self.log, system.clock)
        self._writer = Writer(seat.log, self._blobs, self.pipe_to_self)
        self._snapshots = Snapshotting(seat.applier, seat.log.snapshots, self.pipe_to_self)
        # Its numbers are never those of an earlier life.
        self._desk = Desk(
            seat,
            self._waiting,
            self._step,
            system.clock,
            self._flush_soon,
            system.rng.getrandbits(62),
        )
        self._handlers |= dict.fromkeys(self._desk.kinds, self._on_request)
        self._subscription = system.events.subscribe(LinkDown, self.ref)
        tick_s = seat.settings.tick_s
        # Members of one node tick together, so that what they say travels together; those of other
        # nodes at other moments, as they would all stand for election at the same one.
        phase_s = tick_s * crc32(seat.node.encode()) / 2**32
        self.schedule((phase_s - system.clock()) % tick_s, _Mark.TICK, every=tick_s)

    def stopped(self) -> None:
        seat = self._seat
        if not self._running:
            return
        self._subscription.cancel()
        if not seat.stopped:
            seat.stopped = "it was stopped"
        error = self._stopped_error()
        for call in (*self._waiting.take_all(), *self._asked):
            call.fail(error)
        self._desk.close(error)
        self._reading.fail(error)
        seat.feed.close()
        seat.ended.set()

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        handler = self._handlers.get(type(message))
        if handler is None:
            self.unhandled(message)
            return
        try:
            handler(message, sender)
        except Exception as error:  # noqa: BLE001  # whatever it is, nothing more is promised
            self._fail(error)
            self._end_current()

    def _fail(self, error: BaseException) -> None:
        seat = self._seat
        if not seat.stopped:
            seat.stopped = f"{type(error).__name__}: {error}"
            self.log.error("the member stops: %s", seat.stopped, exc_info=error)
            seat.feed.push(MemberFailed(seat.stopped))
        self.stop()

    def _end_current(self) -> None:
        """The message at which the member has stopped is answered with that, if it was an ask."""
        try:
            self.defer_reply().fail(self._stopped_error())
        except (AlreadyReplied, NotInHandler):
            pass  # a signal; or the answer was promised, and ends with the rest

    def _stopped_error(self) -> MemberStopped:
        seat = self._seat
        return MemberStopped(seat.group, seat.node, seat.stopped)

    # --- the core ---

    def _step(self, event: inputs.Event) -> None:
        effects = self._core.step(event)
        if effects.record is not None:
            self._writer.write(effects.record)
        if effects.messages:
            self._send(effects.messages)
        if effects.restore is not None:
            self._restore(effects.restore)
        if effects.leadership is not None or effects.configuration is not None:
            self._changed(effects.leadership, effects.configuration)
        if effects.answers:
            self._take_answers(effects.answers)  # which say who leads now
        if effects.committed:
            self._backlog.add(effects.committed)
        if effects.chunks or effects.to_store is not None or effects.refused:
            self._rare(effects)
        if self._snapshots.restoring is not None:
            return
        if self._backlog and not self._applying:
            self._apply()
        else:
            self._reading.serve()

    def _send(self, messages: tuple[Any, ...]) -> None:
        group, blobs, me = self._seat.group, self._blobs, self.ref
        for message in messages:
            ref = self._peers.ref(message.to)
            if ref is not None:
                ref.tell(encode(group, message, blobs), me)

    def _take_answers(self, answers: tuple[fx.Answer, ...]) -> None:
        waiting = self._waiting
        for answer in answers:
            kind = type(answer)
            if kind is fx.Placed:
                self._placed(answer)  # type: ignore[arg-type]
            elif kind is fx.ReadAt:
                waiting.readable(answer.request, answer.index)  # type: ignore[union-attr]
            else:
                call = waiting.answered(answer.request)
                if call is None:
                    continue
                if isinstance(answer, fx.Refused):
                    call.refuse(answer.reason, answer.detail, answer.unknown, self._seat.answers)
                else:
                    call.answer([None], self._seat.answers)

    def _placed(self, answer: fx.Placed) -> None:
        self._waiting.placed(answer.request, answer.index, answer.term)
        if answer.index <= self._applier.index:
            self._lose_passed(answer.index)

    def _lose_passed(self, index: int) -> None:
        """What was applied there was not looked at for these calls; a session will tell."""
        for call in self._waiting.passed(index):
            call.refuse("overtaken", "", True, self._seat.answers)

    def _changed(self, leadership: fx.Leadership | None, configuration: Any) -> None:
        seat = self._seat
        if leadership is not None:
            seat.role = leadership.role
            if (leadership.leader or "") != seat.leader:
                seat.leader = leadership.leader or ""
                seat.feed.push(LeaderChanged(leadership.leader, leadership.term))
                self._reading.release()
        if configuration is not None:
            seat.configuration = configuration
            self._peers.configure(configuration)
            seat.feed.push(
                MembersChanged(configuration.voters, configuration.learners, configuration.joint)
            )

    def _rare(self, effects: fx.Effects) -> None:
        for wanted in effects.chunks:
            chunk = self._snapshots.chunk(self._seat.node, wanted)
            if chunk is not None:
                self._send((chunk,))
        if effects.to_store is not None:
            self._snapshots.store(effects.to_store)
        for refused in effects.refused:
            self._refusals.add(refused.message.sender, refused.reason)

    def _on_event(self, event: Any, sender: ActorRef[Any] | None) -> None:
        self._step(event)

    def _on_synced(self, synced: Synced, sender: ActorRef[Any] | None) -> None:
        self._writer.synced(synced.number)
        self._step(inputs.Stored(synced.number))

    def _on_pipe_failed(self, failed: PipeFailed, sender: ActorRef[Any] | None) -> None:
        self._fail(failed.error)

    # --- applying ---

    def _apply(self) -> None:
        self._applying = True
        applier, settings = self._applier, self._seat.settings
        before, time = applier.index, applier.now
        self._backlog.run(settings.apply_slice)
        if applier.now > time:
            self._seat.clock.observe(applier.now, self.system.clock(), self._seat.leads)
        if applier.index != before:
            if self._seat.feed.heard:
                self._seat.feed.push(Applied(applier.index))
            self._step(inputs.Applied(applier.index))
            self._reading.applied()
        self._applying = bool(self._backlog)
        if self._applying:
            self._later(_Mark.GO_ON)
        if self._backlog.grown(settings):
            self._take_snapshot()

    def _restore(self, meta: SnapshotMeta) -> None:
        self._backlog.clear()
        self._reading.release()
        self._snapshots.restore(meta)

    def _on_restored(self, restored: Restored, sender: ActorRef[Any] | None) -> None:
        if restored.meta is not self._snapshots.restoring:
            return  # a newer one is being restored
        self._snapshots.restoring = None
        self._seat.clock.observe(self._applier.now, self.system.clock(), self._seat.leads)
        self._lose_passed(self._applier.index)
        self._step(inputs.Applied(self._applier.index))
        if self._asked:
            self._take_snapshot()

    # --- snapshots ---

    def _take_snapshot(self) -> None:
        if not self._snapshots.busy and self._snapshots.restoring is None:
            self._snapshots.take()
            self._backlog.snapshot_taken()

    def _on_taken(self, taken: Taken, sender: ActorRef[Any] | None) -> None:
        self._snapshots.busy = False
        self._end_asked([taken.meta.index])
        self._step(inputs.SnapshotTaken(taken.meta))

    def _on_not_taken(self, failed: NotTaken, sender: ActorRef[Any] | None) -> None:
        self._snapshots.busy = False
        self.log.warning("no snapshot could be taken: %s", failed.reason)
        self._seat.feed.push(SnapshotFailed(failed.reason))
        self._end_asked([Refusal("snapshot-failed", failed.reason, unknown=False)])

    def _end_asked(self, outcomes: list[Outcome]) -> None:
        asked, self._asked = self._asked, []
        for call in asked:
            call.answer(outcomes, self._seat.answers)

    def _on_take_snapshot(
        self, request: requests.TakeSnapshot, sender: ActorRef[Any] | None
    ) -> None:
        call, index = Call(self.defer_reply()), self._applier.index
        if index == self._core.status().snapshot.index:
            call.answer([index], self._seat.answers)
            return
        self._asked.append(call)
        self._take_snapshot()

    # --- requests ---

    def _on_mark(self, mark: _Mark, sender: ActorRef[Any] | None) -> None:
        if mark is _Mark.FLUSH:
            self._desk.flush()
        elif mark is _Mark.TICK:
            self._desk.tick()
            self._reading.expire(self.system.clock())
            if self._snapshots.restoring is None:
                self._desk.tell_time(self._applier.deadline)
        elif mark is _Mark.ASK_AGAIN:
            self._reading.ask_again()
        else:
            self._applying = False
            if self._backlog and self._snapshots.restoring is None:
                self._apply()

    def _on_peer(self, message: PeerMessage, sender: ActorRef[Any] | None) -> None:
        if message.group != self._seat.group:
            self._refusals.add(str(sender), f"it is of the group {message.group!r:.80}")
            return
        try:
            received = decode(message, self._blobs)
        except MalformedMessage as error:
            self._refusals.add(str(sender), str(error))
            return
        objection = self._peers.objection(received.sender, sender)
        if objection is None:
            self._step(received)
        else:
            self._refusals.add(received.sender, objection)

    def _on_request(self, request: Any, sender: ActorRef[Any] | None) -> None:
        self._desk.take(request, self.defer_reply())

    def _on_describe(self, request: requests.Describe, sender: ActorRef[Any] | None) -> None:
        waiting = len(self._waiting) + len(self._reading)
        self.reply(self._seat.status(self.system.clock(), waiting))

    def _on_read_log(self, request: requests.ReadLog, sender: ActorRef[Any] | None) -> None:
        objection = requests.objection_to(request)
        if objection is None:
            self.reply(self._seat.log_lines(request.last))
        else:
            self.defer_reply().fail(CodecError(f"ReadLog: {objection}"))

    def _on_link_down(self, down: LinkDown, sender: ActorRef[Any] | None) -> None:
        member = self._peers.at(down.node)
        if member is not None:
            self._step(inputs.Unreachable(member))

    def _flush_soon(self) -> None:
        self.ref.tell(_Mark.FLUSH)

    def _later(self, mark: _Mark) -> None:
        """In a later turn of the loop: told now it would still come in this one."""
        self.system.loop.call_soon(self.ref.tell, mark)
