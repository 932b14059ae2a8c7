"""References whose verbs block."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, overload

from holon_actors import actors
from holon_actors.actors import ActorStopped, Address, Request
from holon_actors.blocking._loop import Loop

__all__ = ["ActorRef"]

M = TypeVar("M")
R = TypeVar("R")


class ActorRef(Generic[M]):
    """A reference whose `ask` and `send` block. See `holon_actors.ActorRef`."""

    __slots__ = ("_loop", "ref")

    def __init__(self, loop: Loop, ref: actors.ActorRef[Any]) -> None:
        self._loop = loop
        self.ref = ref  # the ordinary reference, to be sent in messages

    @property
    def address(self) -> Address:
        """Where the actor lives."""
        return self.ref.address

    @property
    def path(self) -> str:
        """The path part of the address."""
        return self.ref.path

    @property
    def is_alive(self) -> bool:
        """Whether the actor still takes messages."""
        return self.ref.is_alive

    def tell(self, message: M) -> None:
        """Put a message in the mailbox and go on."""
        self.ref.tell(message)

    @overload
    def ask(self, message: Request[R], timeout: float | None = None) -> R: ...
    @overload
    def ask(self, message: M, timeout: float | None = None) -> object: ...
    def ask(self, message: Any, timeout: float | None = None) -> Any:
        """Send a message and return its answer; raises what `ActorRef.ask` raises, and
        `BlockedLoop`.
        """
        self._check_running()
        return self._loop.run(self.ref.ask(message, timeout))

    def send(self, message: M) -> None:
        """Like `tell`, but wait while a bounded mailbox is full. Raises `ActorStopped`,
        `BlockedLoop`.
        """
        self._check_running()
        self._loop.run(self.ref.send(message))

    def _check_running(self) -> None:
        if self._loop.closed:
            raise ActorStopped(self.address, "shutdown")

    def stop(self) -> None:
        """Let the current message finish, then end the actor."""
        self.ref.stop()

    def kill(self) -> None:
        """Cancel the current message, then end the actor."""
        self.ref.kill()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ActorRef) and self.ref == other.ref

    def __hash__(self) -> int:
        return hash(self.ref)

    def __repr__(self) -> str:
        return f"<blocking {self.ref!r}>"
