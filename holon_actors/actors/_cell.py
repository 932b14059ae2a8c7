"""The cell: what stands behind the reference of a living actor. Mailbox, turn and answers.

Rules:
- Everything but `tell`, `ask`, `send`, `stop` and `kill` runs on the event loop's thread.
- One message at a time: a handler that waits keeps `BUSY` set until it is done.
- A turn takes messages only while the gate is zero. Whatever must come first (a waiting handler, a
  kernel signal, a lifecycle step) sets a bit of the gate and schedules a turn.
- `Invariant: a cell with messages and an open gate is scheduled.` No message waits unseen.

What becomes of an actor (start, failure, restart, stop) does not belong here but in `_lifecycle`,
threads in `_threads`, and the order in which actors run in `_dispatcher`.
"""

from __future__ import annotations

import asyncio
import math
from asyncio import get_running_loop
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._ending import bury_late
from holon_actors.actors._gate import BUSY, CONTROL, PAUSED, SIGNALS
from holon_actors.actors._handling import conclude, failed
from holon_actors.actors._inspect import doing, note_backlog, watch_depth
from holon_actors.actors._rare import Rare
from holon_actors.actors._room import admit_senders, wait_for_room
from holon_actors.actors._state import ENDED, TRANSITIONS, State
from holon_actors.actors._unread import first_queue, refuse, spill
from holon_actors.actors.address import Address
from holon_actors.actors.errors import (
    ActorStopped,
    AskDeadlock,
)
from holon_actors.actors.mailbox import Envelope, Mailbox, Queue, Unbounded, make_queue
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated
from holon_actors.actors.supervision import Strategy

if TYPE_CHECKING:
    from holon_actors.actors._dispatcher import Dispatcher
    from holon_actors.actors.actor import Actor
    from holon_actors.actors.system import ActorSystem

__all__ = ["Cell"]


class Cell(ActorRef[Any]):
    """One actor of this system. See the module's rules."""

    __slots__ = (
        "__weakref__",
        "_actor",
        "_args",
        "_attended",
        "_began",
        "_children",
        "_cls",
        "_current",
        "_dispatcher",
        "_first",
        "_gate",
        "_handler",
        "_kwargs",
        "_mailbox",
        "_name",
        "_parent",
        "_policy",
        "_processed",
        "_queue",
        "_rare",
        "_reason",
        "_replied",
        "_scheduled",
        "_state",
        "_task",
        "_uid",
        "system",
    )

    def __init__(
        self,
        system: ActorSystem,
        parent: Cell | None,
        name: str | None,
        cls: type[Actor],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None,
        mailbox: Mailbox,
        policy: Strategy,
    ) -> None:
        self.system = system
        self._parent = parent
        system._uid = self._uid = system._uid + 1
        self._name = name  # None: made from class and uid whenever somebody asks
        self._cls = cls  # with the arguments, what a restart builds the new instance from
        self._args = args
        self._kwargs = kwargs
        self._mailbox = mailbox
        self._policy = policy  # applied to this actor's children
        # Made when it is needed: many an actor is idle, or handles one message and ends. The very
        # first message waits in `_first` (None: nothing there; no item of a queue is None).
        self._queue: Queue | None = None if type(mailbox) is Unbounded else make_queue(mailbox)
        self._first: Any = None
        self._dispatcher: Dispatcher = system._dispatcher
        self._scheduled = False
        self._gate = 0
        self._state = State.RUNNING
        self._processed = 0
        self._current: Any = None  # the message being handled, as the queue gave it
        self._began = 0.0  # when the message of a BUSY actor was begun
        self._attended = (
            False  # somebody (a waiting `send`, a receive timer) wants to hear of each turn
        )
        self._replied = False  # the current ask is, or will be, answered by other means
        self._task: Any = None  # what BUSY waits for; can be cancelled
        self._children: dict[str | int, Cell] | None = None
        self._rare: Rare | None = None
        self._reason: str | None = None  # a stop is due or under way, or why the actor ended
        self._actor: Actor | None = None
        # What handles messages since `become`; None for the actor's `receive`.
        self._handler: Callable[[Any, Any], Any] | None = None

    # --- the face of a reference ---

    @property
    def name(self) -> str:
        """The last segment of the path; without a name of its own, class and uid."""
        if self._name is not None:
            return self._name
        kind = self._cls.__name__.strip("_").lower()
        return f"{kind if kind.isascii() else 'actor'}~{self._uid}"

    @property
    def path(self) -> str:
        segments: list[str] = []
        cell: Cell | None = self
        while cell is not None:
            segments.append(cell.name)
            cell = cell._parent
        return "/" + "/".join(reversed(segments))

    @property
    def address(self) -> Address:
        return Address(self.system.name, self.path, self._uid, self.system.endpoint)

    @property
    def is_alive(self) -> bool:
        return self._state not in ENDED

    def __hash__(self) -> int:
        return hash(self._uid)

    def __eq__(self, other: object) -> bool:
        # A cell is the only one of its address, so another cell is another actor.
        return self is other or (not isinstance(other, Cell) and super().__eq__(other))

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

    def _child(self, name: str) -> Cell | None:
        """The living child of this name. Those without a name of their own are kept by uid."""
        children = self._children
        if not children:
            return None
        found = children.get(name)
        if found is None and "~" in name:
            uid = name.rpartition("~")[2]
            found = children.get(int(uid)) if uid.isdecimal() else None
            return found if found is not None and found.name == name else None
        return found

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

    def _become(self, state: State) -> None:
        assert state in TRANSITIONS[self._state], f"{self.path}: {self._state} -> {state}"
        self._state = state
        if state is State.RUNNING:
            self._gate &= ~PAUSED
        else:
            self._gate |= PAUSED

    def _uncommon(self) -> Rare:
        rare = self._rare
        if rare is None:
            with self._dispatcher.lock:  # the actor's own thread may need it at the same moment
                rare = self._rare
                if rare is None:
                    rare = self._rare = Rare()
        return rare

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

    @property
    def depth(self) -> int:
        """Unread messages."""
        return len(self._queue) if self._queue else int(self._first is not None)

    @property
    def load(self) -> int:
        """Unread messages, and the one being handled."""
        return self.depth + (1 if self._gate & BUSY else 0)
