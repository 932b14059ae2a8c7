"""What an actor's cell is made of: identity, place in the tree, state. Nothing about messages.

Every slot of a cell is here, as an idle actor is to be small. What is rare goes to `_rare`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors._gate import BUSY, PAUSED
from holon_actors.actors._rare import Rare
from holon_actors.actors._state import ENDED, TRANSITIONS, State
from holon_actors.actors.address import Address
from holon_actors.actors.events import ActorEvent, ActorFailed
from holon_actors.actors.mailbox import Mailbox, Queue, Unbounded, make_queue
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.supervision import Directive, Strategy

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors._dispatcher import Dispatcher
    from holon_actors.actors.actor import Actor
    from holon_actors.actors.system import ActorSystem

__all__ = ["CellBase"]


class CellBase(ActorRef[Any]):
    """Who an actor is, and how it is."""

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
        self._queue: Queue | None = None
        self._first: Any = None
        if type(mailbox) is not Unbounded:
            self._queue = make_queue(mailbox, self._key_failed)
        self._dispatcher: Dispatcher = system._dispatcher
        self._scheduled = False
        self._gate = 0
        self._state = State.RUNNING
        self._processed = 0
        self._current: Any = None  # the message being handled, as the queue gave it
        self._began = 0.0  # when the message of a BUSY actor was begun
        # Somebody (a waiting `send`, a receive timer) wants to hear of each turn.
        self._attended = False
        self._replied = False  # the current ask is, or will be, answered by other means
        self._task: Any = None  # what BUSY waits for; can be cancelled
        self._children: dict[str | int, Cell] | None = None
        self._rare: Rare | None = None
        self._reason: str | None = None  # a stop is due or under way, or why the actor ended
        self._actor: Actor | None = None
        # What handles messages since `become`; None for the actor's `receive`.
        self._handler: Callable[[Any, Any], Any] | None = None

    # --- who ---

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
        cell: CellBase | None = self
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
        return self is other or (not isinstance(other, CellBase) and super().__eq__(other))

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

    # --- how ---

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

    def _key_failed(self, error: Exception, message: Any) -> None:
        """A key of the user's has failed for a message, which has been seen to all the same."""
        if not isinstance(message, ActorEvent):  # or to tell of it would fail again, for ever
            told = ActorFailed(self, error, message, Directive.RESUME)
            self.system._on_loop(self.system._publish_failure, told)

    @property
    def depth(self) -> int:
        """Unread messages."""
        return len(self._queue) if self._queue else int(self._first is not None)

    @property
    def load(self) -> int:
        """Unread messages, and the one being handled."""
        return self.depth + (1 if self._gate & BUSY else 0)
