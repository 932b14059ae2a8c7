"""References: the only way to reach an actor.

`ActorRef` is the face that users hold. What stands behind it is a living actor of this system
(`_cell.Cell`), or an address that nobody answers (`DeadRef`). References are equal when their
addresses are, can be dictionary keys, and are pickled by address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from holon_actors.actors.address import Address
from holon_actors.actors.errors import ActorNotFound
from holon_actors.actors.message import Request

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.system import ActorSystem

__all__ = ["ActorRef", "DeadRef"]

M_contra = TypeVar("M_contra", contravariant=True)
R = TypeVar("R")


class ActorRef(Generic[M_contra]):
    """A handle on an actor that takes messages of type `M`."""

    __slots__ = ()

    system: ActorSystem

    @property
    def address(self) -> Address:
        """Where the actor lives, its uid included."""
        raise NotImplementedError

    @property
    def path(self) -> str:
        """The path part of the address, for instance `/user/ada`."""
        return self.address.path

    def tell(self, message: M_contra, sender: ActorRef[Any] | None = None) -> None:
        """Put a message in the mailbox and go on. Never raises and never waits.

        What cannot be delivered becomes a `DeadLetter` event.
        """
        raise NotImplementedError

    @overload
    async def ask(
        self,
        message: Request[R],
        timeout: float | None = None,
        *,
        sender: ActorRef[Any] | None = None,
    ) -> R: ...
    @overload
    async def ask(
        self,
        message: M_contra,
        timeout: float | None = None,
        *,
        sender: ActorRef[Any] | None = None,
    ) -> object: ...
    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> Any:
        """Send a message and wait for its answer; a `Request[R]` is answered with an `R`.

        `timeout` is in seconds and defaults to the system's `ask_timeout`; `math.inf` waits without
        limit. Always ends: with the answer, the exception that the handler raised, `ActorStopped`,
        `MailboxFull`, `MessageUnhandled` (it means nothing to the actor), `AskDeadlock` (an actor
        asking itself) or `AskTimeout`; of an actor on another node also `NodeUnreachable`, or
        `CodecError` for what cannot travel. An answer that comes later is dropped and counted.
        """
        raise NotImplementedError

    async def send(self, message: M_contra, sender: ActorRef[Any] | None = None) -> None:
        """Like `tell`, but wait while a bounded mailbox, or the link to another node, is full, and
        until the other node has taken the message. Raises `ActorStopped` when the actor has ended;
        of another node also `NodeUnreachable`, and `CodecError` for what cannot travel.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """Let the current message finish, then end the actor. The unread become dead letters."""
        raise NotImplementedError

    def kill(self) -> None:
        """Cancel the current message, then end the actor. A handler on a thread cannot be
        cancelled: it is left behind.
        """
        raise NotImplementedError

    @property
    def is_alive(self) -> bool:
        """Whether the actor still takes messages."""
        raise NotImplementedError

    def _add_watcher(self, watcher: Cell) -> None:
        """Have `watcher` told of this actor's end."""
        raise NotImplementedError

    def _remove_watcher(self, watcher: Cell) -> None:
        """Undo `_add_watcher`."""
        raise NotImplementedError

    def _status(self) -> tuple[int, str]:
        """For an ask that has timed out: messages before it, and what the actor is at."""
        return 0, "nobody there"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, ActorRef) and self.address == other.address)

    def __hash__(self) -> int:
        address = self.address
        return hash(address if address.uid is None else address.uid)

    def __repr__(self) -> str:
        return f"<ActorRef {self.address}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_unpickle, (str(self.address),))


class DeadRef(ActorRef[Any]):
    """A reference to an address where no actor lives: tells become dead letters, asks end with
    `ActorNotFound`.
    """

    __slots__ = ("_address", "system")

    def __init__(self, system: ActorSystem, address: Address) -> None:
        self.system = system
        self._address = address

    @property
    def address(self) -> Address:
        return self._address

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        self.system.dead_letter(message, sender, self, "not-found")

    async def ask(
        self, message: Any, timeout: float | None = None, *, sender: ActorRef[Any] | None = None
    ) -> NoReturn:
        self.system.dead_letter(message, sender, self, "not-found")
        raise ActorNotFound(self._address)

    async def send(self, message: Any, sender: ActorRef[Any] | None = None) -> NoReturn:
        raise ActorNotFound(self._address)

    def stop(self) -> None:
        """Nothing to stop."""

    def kill(self) -> None:
        """Nothing to kill."""

    @property
    def is_alive(self) -> bool:
        return False

    def _add_watcher(self, watcher: Cell) -> None:
        # Here, as signals carry references.
        from holon_actors.actors.signals import Terminated  # noqa: PLC0415

        watcher._uncommon().watching[self] = None
        watcher._signal(Terminated(self, "not-found"), self)

    def _remove_watcher(self, watcher: Cell) -> None:
        watcher._uncommon().watching.pop(self, None)


def _unpickle(text: str) -> ActorRef[Any]:
    # Here, as only unpickling needs it.
    from holon_actors.actors._ambient import ambient_system  # noqa: PLC0415

    address = Address.parse(text)
    return ambient_system(address).ref(address)
