"""What two nodes say to each other in one session: envelopes in.

Whatever a peer sends is taken for what it may be: wrong shapes, numbers that mean nothing and
bytes that are no values raise `RemoteProtocolError` or `CodecError`, and the link is dropped. A
message that cannot be read is nobody's fault but its own: it becomes a dead letter, or the answer
of its ask.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from holon_transports import Buffer, CodecError

from holon_actors.actors._answers import reject
from holon_actors.actors._cell import Cell
from holon_actors.actors.errors import ActorStopped, InvalidAddress, MailboxFull
from holon_actors.actors.events import LateAnswer
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote import envelopes
from holon_actors.actors.remote.answers import Answer
from holon_actors.actors.remote.errors import RemoteProtocolError
from holon_actors.actors.remote.failures import rebuild
from holon_actors.actors.remote.local import PathRef, is_protected
from holon_actors.actors.remote.packets import Packet
from holon_actors.actors.remote.spawning import spawn_for_peer

if TYPE_CHECKING:
    from holon_actors.actors.remote.conversation import Conversation

__all__ = ["Inbound"]

# What reading an envelope of the wrong shape raises.
_MISSHAPEN = (TypeError, ValueError, IndexError, KeyError, OverflowError)


class Inbound:
    """Takes in the envelopes of one conversation."""

    __slots__ = (
        "_conversation",
        "_items",
        "_run",
        "_sources",
        "_take",
        "_targets",
        "_value",
        "answered",
    )

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self.answered: list[tuple[asyncio.Future[Any], Any]] = []  # to be delivered
        self._items = conversation.decoder.items
        self._value = conversation.decoder.value
        self._run = conversation.decoder.run
        self._targets = conversation.targets.meanings
        self._sources = conversation.sources.meanings
        self._take: dict[int, Callable[[list[Any], Sequence[Buffer]], None]] = {
            envelopes.RUN: self._tell_all,
            envelopes.ASK: self._ask,
            envelopes.SEND: self._send,
            envelopes.ANSWER: self._answer,
            envelopes.FAILURE: self._failure,
            envelopes.NAME: self._name,
            envelopes.WATCH: self._watch,
            envelopes.UNWATCH: self._unwatch,
            envelopes.TERMINATED: self._terminated,
            envelopes.STOP: self._stop,
            envelopes.KILL: self._kill,
            envelopes.SPAWN: self._spawn,
        }

    def packet(self, packet: Packet) -> None:
        """Take in one packet. Raises `RemoteProtocolError` or `CodecError`."""
        buffers = packet.buffers
        value, targets, sources = self._value, self._targets, self._sources
        conversation = self._conversation
        for item in self._items(packet.body):
            try:
                if item[0] == envelopes.TELL:
                    _, target, source, class_id, payload = item
                    ref = targets[target]
                    sender = sources[source] if source else None
                else:
                    self._take[item[0]](item, buffers)
                    if conversation.over:
                        return
                    continue
            except _MISSHAPEN as error:
                raise RemoteProtocolError(f"an envelope that means nothing: {error!r}") from error
            try:
                message = value(class_id, payload, buffers)
            except CodecError as error:
                self._unreadable(error, sender, ref)
                continue
            ref.tell(message, sender)
            if conversation.over:
                return

    def _tell_all(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, source, class_id, fields = item
        ref, sender = self._targets[target], self._sources[source] if source else None
        messages, errors = self._run(class_id, fields)
        for error in errors:
            self._unreadable(error, sender, ref)
        if messages:
            _deliver_all(ref, messages, sender, plain=class_id > 0 and sender is None)

    def _unreadable(
        self, error: CodecError, sender: ActorRef[Any] | None, ref: ActorRef[Any]
    ) -> None:
        self._conversation.node.log.unread(ref, error)
        self._conversation.system.dead_letter(error, sender, ref, "codec")

    # --- asks of the peer ---

    def _ask(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, source, number, limit_s, class_id, payload = item
        ref, sender = self._targets[target], self._sources[source] if source else None
        if limit_s is not None and not 0 <= limit_s < math.inf:
            raise RemoteProtocolError(f"an ask with {limit_s!r} seconds left")
        deadline = None if limit_s is None else self._conversation.clock() + limit_s
        message, answer = self._begin(ref, number, deadline, class_id, payload, buffers)
        if answer is not None:
            _deliver(ref, message, sender, answer, limit_s)

    def _send(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, source, number, class_id, payload = item
        ref, sender = self._targets[target], self._sources[source] if source else None
        message, answer = self._begin(ref, number, None, class_id, payload, buffers)
        if answer is None:
            return
        cell = _now(ref)
        if type(cell) is Cell and cell.is_alive and not getattr(cell._queue, "waits", False):
            cell.tell(message, sender)
            answer.set_result(None)
        else:
            sending = cell.send(message, sender)
            _start(cell, _through(sending, answer))

    def _begin(
        self,
        ref: ActorRef[Any],
        number: int,
        deadline: float | None,
        class_id: int,
        payload: Any,
        buffers: Sequence[Buffer],
    ) -> tuple[Any, Answer | None]:
        conversation = self._conversation
        if type(number) is not int or number in conversation.answers:
            raise RemoteProtocolError(f"ask {number!r} a second time")
        try:
            message = self._value(class_id, payload, buffers)
        except CodecError as error:
            conversation.node.log.unread(ref, error)
            conversation.fail(number, error)
            return None, None
        if len(conversation.answers) >= conversation.node.settings.served_asks_max:
            most = conversation.node.settings.served_asks_max
            conversation.fail(number, MailboxFull(ref.address, most, "node"))
            return None, None
        answer = Answer(conversation, number, deadline)
        conversation.answers[number] = answer
        return message, answer

    def _spawn(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, number, class_id, payload = item
        system = self._conversation.system
        order, answer = self._begin(system._user, number, None, class_id, payload, buffers)
        if answer is not None:
            spawn_for_peer(system, order, answer)

    # --- answers of the peer ---
    # To read one runs code of its class, which may give up the ask, or end the conversation.

    def _answer(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, number, class_id, payload = item
        future = self._awaited(number)
        if future is None:
            return
        try:
            self.answered.append((future, self._value(class_id, payload, buffers)))
        except CodecError as error:
            reject(future, error)
        self._conversation.asks.pop(number, None)

    def _failure(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, number, class_id, payload = item
        future = self._awaited(number)
        if future is None:
            return
        try:
            reject(future, rebuild(self._value(class_id, payload, buffers)))
        except CodecError as error:
            reject(future, error)
        self._conversation.asks.pop(number, None)

    def _awaited(self, number: Any) -> asyncio.Future[Any] | None:
        """Who waits for an answer. It stays in the table until it has one: what cannot be read ends
        the session, and that ends it.
        """
        waiting = self._conversation.asks.get(number)
        if waiting is not None and not waiting[0].done():
            return waiting[0]
        system = self._conversation.system
        system._counts["late_answers"] += 1
        system.events.publish(LateAnswer(system._nobody, None))
        return None

    # --- addresses ---

    def _name(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, number, text, _, _ = item
        conversation = self._conversation
        if not (type(number) is int and type(text) is str and len(text) <= 4_096):
            raise RemoteProtocolError("a name that is none")
        addresses = conversation.node.addresses
        try:
            if text.startswith("/"):
                conversation.targets.learn(number, addresses.here(text))
            else:
                conversation.sources.learn(number, addresses.resolve(text))
        except InvalidAddress as error:
            raise RemoteProtocolError(f"an address that is none: {error}") from error

    # --- orders of the peer ---

    def _watch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, number, _, _ = item
        most = self._conversation.node.settings.served_watches_max
        self._conversation.watches.serve(number, _now(self._targets[target]), most)

    def _unwatch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._conversation.watches.unserve(item[1])

    def _terminated(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, number, reason, _, _ = item
        self._conversation.watches.ended(number, str(reason))

    def _stop(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        ref = self._targets[item[1]]
        if not is_protected(ref):
            ref.stop()

    def _kill(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        ref = self._targets[item[1]]
        if not is_protected(ref):
            ref.kill()


def _now(ref: ActorRef[Any]) -> ActorRef[Any]:
    return ref.now() if isinstance(ref, PathRef) else ref


def _deliver_all(
    ref: ActorRef[Any], messages: list[Any], sender: ActorRef[Any] | None, *, plain: bool
) -> None:
    """Tell an actor all of them. A mailbox that refuses nothing takes them at once, as `Cell.tell`
    would one by one: on the event loop's thread the actor cannot end in between. `plain` says that
    they need no envelopes.
    """
    cell = _now(ref)
    if type(cell) is Cell and type(cell._queue) is deque:
        cell._queue.extend(messages if plain else zip(messages, repeat(sender), repeat(None)))
        cell._schedule()
        return
    for message in messages:
        cell.tell(message, sender)


def _deliver(
    ref: ActorRef[Any],
    message: Any,
    sender: ActorRef[Any] | None,
    answer: Answer,
    limit_s: float | None,
) -> None:
    """Give an ask to whom it is for: into the mailbox, or at once to an idle actor."""
    cell = ref if type(ref) is Cell else _now(ref)
    if not isinstance(cell, Cell) or type(cell).ask is not Cell.ask:
        limit = math.inf if limit_s is None else limit_s
        asking = cell.ask(message, limit, sender=sender)
        _start(cell, _through(asking, answer))
        return
    if not cell.is_alive:
        answer.set_exception(ActorStopped(cell.address, cell._reason or "stopped"))
        return
    envelope = (message, sender, answer)
    dispatcher = cell._dispatcher
    idle = not (cell._gate or cell._queue or cell._scheduled or cell._current is not None)
    if idle and dispatcher.may_run_now():
        dispatcher.run_now(cell, envelope)
    else:
        cell._post(envelope)


def _start(ref: ActorRef[Any], work: Coroutine[Any, Any, None]) -> None:
    """Begin on the spot, so that what the peer says next does not overtake this."""
    system = ref.system
    task = system._handlers.start(work)
    if task is not None:
        system._tasks[task] = None
        task.add_done_callback(system._task_done)


async def _through(work: Any, answer: Answer) -> None:
    """Answer with what something awaited comes to."""
    try:
        value = await work
    except asyncio.CancelledError:
        if not answer.done():
            answer.drop()
        raise
    except Exception as error:  # noqa: BLE001  # the asker's
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(value)
