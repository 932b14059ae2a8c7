"""The base class of actors: what an actor may do, and what it may override.

An actor's own methods are for the actor alone. Everybody else holds its `ActorRef`. Its handler
runs for one message at a time; while an `async` handler waits, other actors go on and this one
keeps its messages in the mailbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from holon_actors.actors import _lifecycle, _spawn
from holon_actors.actors._inspect import watch_depth
from holon_actors.actors._tasks import cancelled_from_outside
from holon_actors.actors.address import Address
from holon_actors.actors.errors import AlreadyReplied, MailboxFull, MessageUnhandled, NotInHandler
from holon_actors.actors.mailbox import Envelope, Mailbox, opened
from holon_actors.actors.message import Request
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.reply import DeferredReply
from holon_actors.actors.signals import PipeFailed, Signal
from holon_actors.actors.supervision import Strategy
from holon_actors.actors.timers import ReceiveTimer, Timer

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.system import ActorSystem

__all__ = ["Actor"]

R = TypeVar("R")

_logger = logging.getLogger("holon_actors.actor")


class Actor:
    """Base of all actors. Override `receive`, and the hooks that are wanted."""

    __slots__ = ("_cell",)

    _cell: Cell
    _has_started_hook: ClassVar[bool] = False
    _has_stopped_hook: ClassVar[bool] = False
    _stops_children_in_order: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._has_started_hook = cls.started is not Actor.started
        cls._has_stopped_hook = cls.stopped is not Actor.stopped

    # --- to override ---

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        """Handle one message; may be `async`. What it returns answers an ask; an awaitable is
        awaited first.

        `sender` is the actor that sent it, or None. Signals of the kernel (`Terminated`,
        `ReceiveTimeout`, `ChildFailed`, `PipeFailed`) come here too, ahead of messages. An
        exception ends the ask with it, and is judged by the parent's supervision.
        """
        self.unhandled(message)

    def started(self) -> Any:
        """Runs before the first message. May be `async`; may spawn, watch and schedule."""

    def stopped(self) -> Any:
        """Runs last, after the children have ended. May be `async`."""

    def restarting(self, error: BaseException, message: Any) -> Any:
        """Runs on the old instance before a restart; `message` is the failing one, if there was
        one. Calls `stopped`.
        """
        return self.stopped()

    def restarted(self, error: BaseException) -> Any:
        """Runs on the new instance after a restart. Calls `started`."""
        return self.started()

    # --- who and where ---

    @property
    def ref(self) -> ActorRef[Any]:
        """This actor's own reference, to hand out."""
        return self._cell

    @property
    def address(self) -> Address:
        """This actor's address."""
        return self._cell.address

    @property
    def parent(self) -> ActorRef[Any]:
        """Who spawned this actor: another actor, or the guardian `/user` of top-level ones."""
        assert self._cell._parent is not None
        return self._cell._parent

    @property
    def children(self) -> tuple[ActorRef[Any], ...]:
        """The actors that this one has spawned and that live, oldest first."""
        return tuple((self._cell._children or {}).values())

    @property
    def system(self) -> ActorSystem:
        """The actor system."""
        return self._cell.system

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger that begins each line with this actor's path."""
        return _ActorLog(_logger, {"actor": self._cell.path})

    # --- messages ---

    def tell(self, ref: ActorRef[Any], message: Any) -> None:
        """Send a message with this actor as its sender."""
        ref.tell(message, self._cell)

    @overload
    def ask(
        self, ref: ActorRef[Any], message: Request[R], timeout: float | None = None
    ) -> Coroutine[Any, Any, R]: ...
    @overload
    def ask(
        self, ref: ActorRef[Any], message: Any, timeout: float | None = None
    ) -> Coroutine[Any, Any, object]: ...
    def ask(self, ref: ActorRef[Any], message: Any, timeout: float | None = None) -> Any:
        """Ask another actor, with this one as sender; see `ActorRef.ask`. For `async` handlers."""
        return ref.ask(message, timeout, sender=self._cell)

    def ask_blocking(self, ref: ActorRef[Any], message: Any, timeout: float | None = None) -> Any:
        """`ask` for handlers on the thread dispatcher: blocks this actor's thread until the answer
        is there.

        On the event loop it would block the very loop that has to bring the answer, so there it
        raises RuntimeError.
        """
        system = self._cell.system
        if system._dispatcher.on_loop:
            raise RuntimeError(
                "ask_blocking is for the thread dispatcher; here use: await self.ask(...)"
            )
        asking = ref.ask(message, timeout, sender=self._cell)
        return asyncio.run_coroutine_threadsafe(asking, system.loop).result()

    def reply(self, message: Any) -> None:
        """Answer the current message now: the ask ends with it, or the sender of a tell is told it.

        Raises `AlreadyReplied` at the second answer to an ask, `NotInHandler` outside a handler.
        """
        cell = self._cell
        envelope = self._current("reply")
        answer = envelope[2]
        if answer is None:
            if envelope[1] is not None:
                envelope[1].tell(message, cell)
            else:
                cell.system.dead_letter(message, cell, cell.system._nobody, "not-found")
            return
        self._claim_answer(envelope)
        DeferredReply(cell, envelope).send(message)

    def defer_reply(self) -> DeferredReply:
        """Answer the current message later: returns a one-shot handle, `.send(value)` or
        `.fail(error)`.

        Raises `AlreadyReplied` when the answer is given or deferred already, `NotInHandler` outside
        a handler.
        """
        envelope = self._current("defer_reply")
        if envelope[2] is not None:
            self._claim_answer(envelope)
        return DeferredReply(self._cell, envelope)

    def unhandled(self, message: Any) -> None:
        """Say that this message means nothing to this actor: it becomes a dead letter, and an ask
        that is not answered yet ends with `MessageUnhandled`. Signals are let go.
        """
        if isinstance(message, Signal):
            return
        cell = self._cell
        envelope = (message, None, None) if cell._current is None else opened(cell._current)
        cell.system.dead_letter(message, envelope[1], cell, "unhandled")
        if envelope[2] is not None and not cell._replied:
            cell._replied = True
            error = MessageUnhandled(cell.address, type(message).__name__)
            DeferredReply(cell, envelope).fail(error)

    def stash(self) -> None:
        """Put the current message aside, until `unstash_all`. Raises `MailboxFull` beyond a bounded
        mailbox's capacity.
        """
        cell = self._cell
        envelope = self._current("stash")
        rare = cell._uncommon()
        capacity = getattr(cell._queue, "capacity", None)
        if capacity is not None and len(rare.stash) >= capacity:
            raise MailboxFull(cell.address, capacity, "stash")
        if rare.stash and rare.stash[-1] is envelope:
            return
        if envelope[2] is not None:
            self._claim_answer(envelope)
        cell._current = envelope  # to be known again
        rare.stash.append(envelope)
        if capacity is None:
            watch_depth(cell, rare.stash)

    def unstash_all(self) -> None:
        """Put what was stashed back, ahead of the unread messages and in its old order."""
        self._cell._unstash()

    def _current(self, verb: str) -> Envelope:
        item = self._cell._current
        if item is None:
            raise NotInHandler(self._cell.address, verb)
        return opened(item)

    def _claim_answer(self, envelope: Envelope) -> None:
        if self._cell._replied:
            raise AlreadyReplied(self._cell.address, type(envelope[0]).__name__)
        self._cell._replied = True

    # --- behaviour ---

    def become(self, handler: Callable[[Any, ActorRef[Any] | None], Any]) -> None:
        """Handle messages with `handler(message, sender)` from the next one on, on top of the
        handler so far.
        """
        cell = self._cell
        cell._uncommon().behaviours.append(cell._handler)
        cell._handler = handler
        cell.end_batch()

    def unbecome(self) -> None:
        """Go back to the handler before the last `become`; without one, stay."""
        behaviours = self._cell._uncommon().behaviours
        if behaviours:
            self._cell._handler = behaviours.pop()
            self._cell.end_batch()

    # --- other actors ---

    def spawn(
        self,
        cls: type[Actor],
        *args: Any,
        name: str | None = None,
        mailbox: Mailbox | None = None,
        dispatcher: str = "loop",
        supervision: Strategy | None = None,
        **kwargs: Any,
    ) -> ActorRef[Any]:
        """Make a child; see `ActorSystem.spawn`. It ends when this actor ends or restarts."""
        cell = self._cell
        options = _spawn.options(name, mailbox, dispatcher, supervision)
        if cell._dispatcher.current is cell:
            return _spawn.spawn(cell, cls, args, kwargs or None, options)
        return cell.system._from_loop(_spawn.spawn, cell, cls, args, kwargs or None, options)

    def stop(self) -> None:
        """End this actor once the current message is done."""
        cell = self._cell
        if cell._dispatcher.current is cell:
            _lifecycle.stop(cell, "stopped")
        else:
            cell.stop()

    def stop_child(self, ref: ActorRef[Any]) -> None:
        """End a child. Raises ValueError for an actor that is not this one's child."""
        if ref not in self.children:
            raise ValueError(f"{ref} is not a child of {self._cell.path}")
        ref.stop()

    def watch(self, ref: ActorRef[Any]) -> None:
        """Receive `Terminated(ref, reason)` when that actor ends; at once if it has ended."""
        self._cell.system._on_loop(ref._add_watcher, self._cell)

    def unwatch(self, ref: ActorRef[Any]) -> None:
        """Watch no more: not even a `Terminated` that is under way will come."""
        self._cell.system._on_loop(ref._remove_watcher, self._cell)

    # --- time and outside work ---

    def schedule(self, delay_s: float, message: Any, every: float | None = None) -> Timer:
        """Tell oneself `message` after `delay_s` seconds, and then every `every` seconds. Returns a
        cancellable.

        Raises ValueError for a negative delay, or an interval that is not positive.
        """
        if delay_s < 0 or (every is not None and every <= 0):
            raise ValueError(
                f"schedule({delay_s=}, {every=}): the delay is at least 0, every more than 0"
            )
        timer = Timer(self._cell, message, every)
        self._cell.system._on_loop(timer._start, delay_s)
        return timer

    def set_receive_timeout(self, timeout_s: float | None) -> None:
        """Receive `ReceiveTimeout` after each `timeout_s` seconds without one; None ends it."""
        if timeout_s is not None and timeout_s <= 0:
            raise ValueError(f"set_receive_timeout({timeout_s}): more than 0 seconds, or None")
        self._cell.system._on_loop(self._set_receive_timeout, timeout_s)

    def _set_receive_timeout(self, timeout_s: float | None) -> None:
        rare = self._cell._uncommon()
        if rare.receive_timeout is not None:
            rare.receive_timeout.cancel()
            rare.receive_timeout = None
        if timeout_s is None or not self._cell.is_alive:
            return
        self._cell._attended = True
        rare.receive_timeout = ReceiveTimer(self._cell, timeout_s)

    def pipe_to_self(self, awaitable: Awaitable[Any]) -> None:
        """Await something beside the handler, and tell oneself its result; a failure comes as
        `PipeFailed(error)`.

        It is cancelled when this actor ends or restarts, and not begun when it has ended.
        """
        self._cell.system._on_loop(self._start_pipe, awaitable)

    def _start_pipe(self, awaitable: Awaitable[Any]) -> None:
        cell = self._cell
        if not cell.is_alive:
            if isinstance(awaitable, Coroutine):
                awaitable.close()  # it would complain of never having been awaited
            return
        pipes = cell._uncommon().pipes

        async def pipe() -> None:
            try:
                cell.tell(await awaitable, cell)
            except asyncio.CancelledError as error:
                if cancelled_from_outside():
                    raise
                cell._signal(PipeFailed(error), cell)
            except Exception as error:  # noqa: BLE001  # delivered to the actor
                cell._signal(PipeFailed(error), cell)

        task = cell.system._start_task(pipe())
        pipes[task] = None
        task.add_done_callback(lambda done: pipes.pop(done, None))


class _ActorLog(logging.LoggerAdapter[logging.Logger]):
    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        assert self.extra is not None
        return f"{self.extra['actor']}: {msg}", kwargs
