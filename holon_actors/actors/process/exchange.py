"""What actors on both sides of a pipe say to each other: the same at either end.

Rules:
- What is said goes out at once, in order. Neither side waits for the other here.
- A request (`ask`, `send`) has a number of its asker's, and ends with ANSWER or FAILURE, or with
  the pipe.
- Messages are values of the codec, as between nodes. Errors are pickled: the two processes run the
  same program for the same user, one started by the other, so that the type of an error is known
  to both and nobody else can put a word in.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from holon_transports import Buffer, CodecError
from holon_transports.codec import Decoder, Encoder, Limits

from holon_actors.actors.address import Address
from holon_actors.actors.errors import MailboxFull
from holon_actors.actors.process import _say
from holon_actors.actors.process.answer import Answer
from holon_actors.actors.process.errors_in_transit import packed_error, unpacked_error
from holon_actors.actors.process.watches import Watches
from holon_actors.actors.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.process.pipe import Pipe
    from holon_actors.actors.system import ActorSystem

__all__ = ["Exchange", "Waiting"]

# One actor's traffic with another process on this machine: as large as the memory allows.
LIMITS = Limits(frame_max=256 * 1024 * 1024, buffer_max=2**31 - 1)

# Bytes that wait for a process that does not read, as it is in a handler that blocks it.
_UNSENT_MAX = 256 * 1024 * 1024

Heard = Callable[[list[Any], Sequence[Buffer]], None]


class Waiting(Protocol):
    """Who waits for the end of a request. A future is one."""

    def done(self) -> bool: ...
    def set_result(self, value: Any, /) -> Any: ...
    def set_exception(self, error: Any, /) -> Any: ...


class Exchange:
    """One end. `resolve` finds the actor of an address, on this side or beyond."""

    def __init__(
        self, system: ActorSystem, resolve: Callable[[Address], ActorRef[Any]], pipe: Pipe
    ) -> None:
        self.system = system
        self.pipe = pipe
        self.over = False
        self.host: Cell | None = None  # the actor of the process, on its side
        self.closing: int | None = None  # the ask whose handling it tells the end of
        self.requests: dict[int, Waiting] = {}
        self.watches = Watches(self)
        self.heard: dict[int, Heard] = {
            _say.TELL: self._tell,
            _say.ASK: self._ask,
            _say.SEND: self._send,
            _say.ANSWER: self._answer,
            _say.FAILURE: self._failure,
            _say.STOP: self._stop,
            _say.KILL: self._kill,
            **self.watches.heard,
        }
        self._resolve = resolve
        self._number = 0
        self._held = b""
        self.numpy = True  # the other side has been told to load it, or is not to be told
        self._met = 0  # types of values that were looked at
        self._encoder = Encoder(LIMITS, reference=(ActorRef, text_of))
        self._decoder = Decoder(LIMITS, resolve=self.named)
        self._serving: dict[int, asyncio.Task[None] | None] = {}

    # --- out ---

    def say(self, header: tuple[Any, ...], value: Any = None, *, hold: bool = False) -> None:
        """Send one item, or hold it for the next one, which is about to be said. Raises
        `CodecError`, and then nothing of it is sent.
        """
        packed = self._encoder.pack(header, value)
        if not self.numpy and "numpy" in sys.modules and self._has_met_numpy():
            self.numpy = True
            packed = self._encoder.pack((_say.LOAD_NUMPY,), None) + packed
        if hold:
            self._held += packed
            return
        if self._held:
            packed, self._held = self._held + packed, b""
        self.pipe.send([packed, *self._encoder.take()])

    def _has_met_numpy(self) -> bool:
        """Whether a value of numpy has been packed so far."""
        met = self._encoder._lowerers
        if len(met) == self._met:
            return False
        self._met = len(met)
        return any(cls.__module__.partition(".")[0] == "numpy" for cls in met)

    def number(self) -> int:
        """A number for the next request."""
        self._number += 1
        return self._number

    def tell(self, ref: ActorRef[Any], message: Any, sender: ActorRef[Any] | None) -> None:
        """Tell an actor of the other side. What cannot be said becomes a dead letter."""
        if self.pipe.unsent_bytes > _UNSENT_MAX:
            self.system.dead_letter(message, sender, ref, "mailbox-full")
            return
        try:
            self.say((_say.TELL, text_of(ref), text_or_none(sender)), message)
        except CodecError:
            self.system.dead_letter(message, sender, ref, "codec")

    def request(self, kind: int, ref: ActorRef[Any], sender: Any, message: Any, *more: Any) -> int:
        """Say what will be answered. Returns its number. Raises `CodecError` or `MailboxFull`."""
        if self.pipe.unsent_bytes > _UNSENT_MAX:
            raise MailboxFull(ref.address, _UNSENT_MAX, "pipe")
        number = self.number()
        self.say((kind, text_of(ref), text_or_none(sender), number, *more), message)
        return number

    def answer(self, number: int, value: Any) -> None:
        """A request of the other side has its answer."""
        # What the actor's handler returns is its last act; what it replies before is not.
        hold = number == self.closing and self.host is not None and not self.host._replied
        try:
            self.say((_say.ANSWER, number), value, hold=hold)
        except CodecError as error:
            self.fail(number, error)

    def fail(self, number: int, error: BaseException) -> None:
        """A request of the other side has ended with an error."""
        self.say((_say.FAILURE, number), packed_error(error))

    def end(self, error: BaseException) -> None:
        """The pipe has ended: so have all requests, with `error`, and watches."""
        self.over = True
        requests, self.requests = self.requests, {}
        for waiting in requests.values():
            if not waiting.done():
                waiting.set_exception(error)
        self.watches.end()
        for task in list(self._serving.values()):
            if task is not None:
                task.cancel()

    # --- in ---

    def received(self, frames: list[Buffer]) -> None:
        """A message of the pipe. Raises `CodecError`, `LookupError`, `TypeError` or `ValueError`
        for what the other side cannot have meant.
        """
        buffers = frames[1:]
        for item in self._decoder.items(frames[0]):
            self.heard[item[0]](item, buffers)

    def value(self, item: list[Any], buffers: Sequence[Buffer]) -> Any:
        """The value of an item. Raises `CodecError`."""
        return self._decoder.value(item[-2], item[-1], buffers)

    def named(self, text: str) -> ActorRef[Any]:
        """The actor of an address. Raises `InvalidAddress`."""
        return self._resolve(Address.parse(text))

    def named_or_none(self, text: str | None) -> ActorRef[Any] | None:
        """The actor of an address, if there is one."""
        return None if text is None else self.named(text)

    def _tell(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        ref, sender = self.named(item[1]), self.named_or_none(item[2])
        try:
            message = self.value(item, buffers)
        except CodecError as error:
            self.system.dead_letter(error, sender, ref, "codec")
        else:
            ref.tell(message, sender)

    def _ask(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, source, number, limit_s, _, _ = item
        ref, sender = self.named(target), self.named_or_none(source)
        try:
            message = self.value(item, buffers)
        except CodecError as error:
            self.fail(number, error)
            return
        limit = math.inf if limit_s is None else limit_s
        self._serve(number, ref.ask(message, limit, sender=sender))

    def _send(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, target, source, number, _, _ = item
        ref, sender = self.named(target), self.named_or_none(source)
        try:
            message = self.value(item, buffers)
        except CodecError as error:
            self.fail(number, error)
            return
        self._serve(number, ref.send(message, sender))

    def _serve(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        # At once, not in a task's first turn: what is told behind it comes behind it.
        self._serving[number] = None
        task = self.system._handlers.start(self._served(number, work))
        if number in self._serving:
            self._serving[number] = task

    async def _served(self, number: int, work: Coroutine[Any, Any, Any]) -> None:
        answer = Answer(self, number)
        try:
            answer.set_result(await work)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  # the asker's
            answer.set_exception(error)
        finally:
            self._serving.pop(number, None)

    def _answer(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        waiting = self._pending(item[1])
        if waiting is not None:
            try:
                waiting.set_result(self.value(item, buffers))
            except CodecError as error:
                waiting.set_exception(error)

    def _failure(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        waiting = self._pending(item[1])
        if waiting is not None:
            waiting.set_exception(unpacked_error(self.value(item, buffers)))

    def _pending(self, number: int) -> Waiting | None:
        waiting = self.requests.pop(number, None)
        return None if waiting is None or waiting.done() else waiting

    def _stop(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self.named(item[1]).stop()

    def _kill(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self.named(item[1]).kill()


def text_of(ref: ActorRef[Any]) -> str:
    """An actor as both processes know it."""
    return str(ref.address)


def text_or_none(ref: ActorRef[Any] | None) -> str | None:
    """The same for what may be nobody."""
    return None if ref is None else str(ref.address)
