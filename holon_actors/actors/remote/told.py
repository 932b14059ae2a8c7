"""What is told to one actor, in a row, by one sender: it goes in one envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_transports.codec import Run, RunKind

from holon_actors.actors.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.actors.remote.remote_ref import RemoteRef

__all__ = ["CLOSED", "Told"]


class Told(Run):
    """A run of messages, until something else is said to the peer or the packet goes.

    Invariant: while it is a reference's `run` there is room for its messages, a flush is coming,
    and the conversation is not over. So who finds that a message belongs to it need not look at
    anything else.
    """

    __slots__ = ("cls", "ref", "sender", "source", "target")

    def __init__(
        self,
        kind: RunKind,
        room: int,
        cls: type | None,
        ref: RemoteRef,
        sender: ActorRef[Any] | None,
    ) -> None:
        super().__init__(kind, room)
        self.cls = cls  # of the messages
        self.ref = ref
        self.sender = sender
        self.target = self.source = 0  # the numbers of `ref` and `sender`


# In the place of a run where there is none: no message is of the class None, so nothing of it is
# ever looked at.
CLOSED = object.__new__(Told)
CLOSED.cls = CLOSED.sender = None
