"""The cell: what stands behind the reference of a living actor. Mailbox, turn and answers.

Rules:
- Everything but `tell`, `ask`, `send`, `stop` and `kill` runs on the event loop's thread.
- One message at a time: a handler that waits keeps `BUSY` set until it is done.
- A turn takes messages only while the gate is zero. Whatever must come first (a waiting handler, a
  kernel signal, a lifecycle step) sets a bit of the gate and schedules a turn.
- `Invariant: a cell with messages and an open gate is scheduled.` No message waits unseen.

What does not belong here: what an actor is (`_cell_base`), what becomes of it: start, failure,
restart, stop (`_lifecycle`), threads (`_threads`), the order in which actors run (`_dispatcher`).
"""

from __future__ import annotations

import asyncio
import math
from asyncio import get_running_loop
from collections import deque
from collections.abc import Callable
from typing import Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell_base import CellBase
from holon_actors.actors._ending import bury_late
from holon_actors.actors._gate import BUSY, CONTROL, PAUSED, SIGNALS
from holon_actors.actors._handling import conclude, failed
from holon_actors.actors._inspect import doing, note_backlog, watch_depth
from holon_actors.actors._room import admit_senders, wait_for_room
from holon_actors.actors._state import State
from holon_actors.actors._unread import first_queue, refuse, spill
from holon_actors.actors.errors import (
    ActorStopped,
    AskDeadlock,
)
from holon_actors.actors.mailbox import Envelope
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated

__all__ = ["Cell"]


class Cell(CellBase):
    """One actor of this system. See the module's rules."""

    __slots__ = ()

    # --- the face of a reference ---

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        # Most messages from outside need no envelope. It is what tells a message apart that is a
        # tuple, or nothing, itself.
        if sender is None and type(message) is not tuple and message is not None:
            item = message
        else:
            item = (message, sender, None)
        queue = self._queue
        if queue is None:
            queue = first_queue(self, item)
            if queue is None:
                return
        refused = queue.append(item)
        if refused is not None:
            refuse(self, refused)
        if self._queue is not queue:  # it has ended since, on the event loop's thread
            bury_late(self, queue)
        elif not self._scheduled:
            self._scheduled = True
            dispatcher = self._dispatcher
            dispatcher.ready.append(self)
            if not dispatcher.awake:
                dispatcher.wake()

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        system = self.system
        loop = system._loop
        assert loop is not None
        if get_running_loop() is not loop:
            if loop.is_closed():
                raise ActorStopped(self.address, self._reason or "shutdown")
            asking = self.ask(message, timeout, sender=sender)
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asking, loop))
        if self._state is State.STOPPED:
            raise ActorStopped(self.address, self._reason or "stopped")
        if self._gate & BUSY and self._awaits_itself(sender):
            raise AskDeadlock(self.address, type(message).__name__)
        answer: asyncio.Future[Any] = asyncio.Future(loop=loop)
        envelope = (message, sender, answer)
        dispatcher = self._dispatcher
        idle = not (self._gate or self._queue or self._scheduled or self._current is not None)
        if idle and dispatcher.may_run_now():
            dispatcher.run_now(self, envelope)
            if answer.done():
                return answer.result()
        else:
            self._post(envelope)
        limit = system.ask_timeout if timeout is None else timeout
        if limit == math.inf:
            return await answer
        bucket = system._asks.bucket(limit)
        bucket.add(answer, self, message)
        try:
            return await answer
        finally:
            bucket.discard(answer)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        if get_running_loop() is not self.system.loop:
            if self.system.loop.is_closed():
                raise ActorStopped(self.address, self._reason or "shutdown")
            sending = self.send(message, sender)
            crossing = asyncio.run_coroutine_threadsafe(sending, self.system.loop)
            return await asyncio.wrap_future(crossing)
        while getattr(self._queue, "waits", False) and self.is_alive:
            await wait_for_room(self)
            # Another thread may have taken the room since, so that is looked at again.
            if self._queue is not None and self._queue.append((message, sender, None)) is None:
                self._schedule()
                return None
        if not self.is_alive:
            raise ActorStopped(self.address, self._reason or "stopped")
        self.tell(message, sender)
        return None

    def stop(self) -> None:
        self.system._on_loop(_lifecycle.stop, self, "stopped")

    def kill(self) -> None:
        self.system._on_loop(_lifecycle.kill, self)

    def _awaits_itself(self, sender: ActorRef[Any] | None) -> bool:
        """Whether an ask comes from the handler that would have to end before it is answered.

        What the actor awaits beside its handler (a pipe) may ask it.
        """
        task = asyncio.current_task()
        if sender is self:
            return self._rare is None or task not in self._rare.pipes
        return task is self._task

    # --- messages in ---

    def _post(self, envelope: Envelope) -> None:
        """`tell`, for a message that is in its envelope already."""
        queue = self._queue
        if queue is None:
            queue = first_queue(self, envelope)
            if queue is None:
                return
        refused = queue.append(envelope)
        if refused is not None:
            refuse(self, refused)
        self._schedule()  # only the event loop posts, so it cannot have ended in between

    def _signal(self, signal: Signal, sender: ActorRef[Any] | None = None) -> None:
        """Put a kernel signal ahead of all messages."""
        if self._state is State.STOPPED:
            return
        rare = self._uncommon()
        if rare.signals is None:
            rare.signals = deque()
        rare.signals.append((signal, sender, None))
        self._gate |= SIGNALS
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._dispatcher.schedule(self)

    # --- turns ---

    def gated_turn(self) -> None:
        """A turn while something comes before messages."""
        self._scheduled = False
        if self._first is not None:
            with self._dispatcher.lock:
                spill(self)
        if self._gate & BUSY:
            if self._queue:
                note_backlog(self, self._queue)
            return
        if self._gate & CONTROL:
            self._gate &= ~CONTROL
            _lifecycle.advance(self)
        if self._gate & SIGNALS and not self._gate & (BUSY | CONTROL | PAUSED):
            self._handle_signal()
        elif self._queue:
            note_backlog(self, self._queue)
        self._reschedule()

    def _next_signal(self) -> Envelope | None:
        rare = self._uncommon()
        assert rare.signals is not None
        envelope = rare.signals.popleft()
        if not rare.signals:
            self._gate &= ~SIGNALS
        return envelope if rare.expects(envelope[0]) else None

    def _handle_signal(self) -> None:
        envelope = self._next_signal()
        if envelope is None:
            return
        self._current = envelope
        try:
            result = self.handler()(envelope[0], envelope[1])
            if result is not None:
                conclude(self, envelope, result)
        except BaseException as error:  # noqa: BLE001  # the handler's; see failed
            failed(self, envelope, error)

    def handler(self) -> Callable[[Any, Any], Any]:
        """What handles messages now."""
        if self._handler is not None:
            return self._handler
        assert self._actor is not None
        return self._actor.receive

    def after_batch(self) -> None:
        """The end of a turn for an actor that has more than messages to think of."""
        self._scheduled = False
        if self._gate & BUSY:
            if self._queue:
                note_backlog(self, self._queue)
        else:
            self._after_messages()
            if self._gate & CONTROL:
                self._gate &= ~CONTROL
                _lifecycle.advance(self)
        self._reschedule()

    def _after_messages(self) -> None:
        rare = self._rare
        if rare is not None:
            if rare.senders:
                admit_senders(self)
            if rare.receive_timeout is not None:
                rare.receive_timeout.touch()
        if self._queue:
            note_backlog(self, self._queue)
        elif self._attended:
            watch_depth(self, ())

    def _reschedule(self) -> None:
        """Restore the invariant: whoever may take a step has a turn coming."""
        gate = self._gate
        if gate & BUSY:
            return
        if gate & CONTROL or (not gate & PAUSED and (gate & SIGNALS or self._queue)):
            self._schedule()

    def end_batch(self) -> None:
        """The handler has changed: the turn under way may not go on with the old one."""
        if self._dispatcher.current is self:
            self._gate |= CONTROL  # with no step to take, it does nothing but end the batch

    # --- other actors ---

    def _add_watcher(self, watcher: Cell) -> None:
        if watcher._state is State.STOPPED:
            return
        watcher._uncommon().watching[self] = None
        if self._state is State.STOPPED:
            watcher._signal(Terminated(self, self._reason or "stopped"), self)
        else:
            self._uncommon().watchers[watcher] = None

    def _remove_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching.pop(self, None)
        if self._rare is not None:
            self._rare.watchers.pop(watcher, None)

    def _unstash(self) -> None:
        rare = self._rare
        if rare is None or not rare.stash:
            return
        with self._dispatcher.lock:
            queue = spill(self)
        queue.extendleft(reversed(rare.stash))
        rare.stash.clear()
        self._reschedule()

    # --- lifecycle's handles ---

    async def _call_hook(self, hook: Callable[..., Any], *args: Any) -> None:
        """Run a hook where this actor's code runs."""
        result = hook(*args)
        if hasattr(result, "__await__"):
            await result

    def _cancel_task(self) -> None:
        """Cancel what the actor is BUSY with."""
        self._task.cancel()

    def _release_dispatcher(self) -> None:
        """The actor has ended: give back what only it used."""

    # --- inspection ---

    def _status(self) -> tuple[int, str]:
        return self.depth, doing(self)
