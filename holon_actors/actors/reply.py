"""An answer that is given later than the handler returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors._answers import reject
from holon_actors.actors.errors import AlreadyReplied

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.mailbox import Envelope

__all__ = ["DeferredReply"]


class DeferredReply:
    """A one-shot handle on the answer to one message, from `Actor.defer_reply`.

    It may be used from another actor, task or thread. It dies with the actor that made it: whoever
    asked gets `ActorStopped`. When the message was told, not asked, `send` tells its sender and
    `fail` is dropped.
    """

    __slots__ = ("_cell", "_envelope", "_used")

    def __init__(self, cell: Cell, envelope: Envelope) -> None:
        self._cell = cell
        self._envelope = envelope
        self._used = False
        if envelope[2] is not None:
            cell._uncommon().deferred[self] = None
            # Also when it ends by a time-out: a reply that is never used would stay for ever.
            cell.system._on_loop(envelope[2].add_done_callback, self._answered)

    def send(self, value: Any) -> None:
        """Answer. Raises `AlreadyReplied` at the second answer."""
        self._use()
        self._cell.system._on_loop(self._answer, value, None)

    def fail(self, error: BaseException) -> None:
        """Answer with an error, which the asker's `ask` raises. Raises `AlreadyReplied` at the
        second answer.
        """
        self._use()
        self._cell.system._on_loop(self._answer, None, error)

    def _use(self) -> None:
        if self._used:
            raise AlreadyReplied(self._cell.address, type(self._envelope[0]).__name__)
        self._used = True

    def _answer(self, value: Any, error: BaseException | None) -> None:
        message, sender, answer = self._envelope
        if answer is None:
            if error is None and sender is not None:
                sender.tell(value, self._cell)
        elif answer.done():
            self._cell.system._late_answer(self._cell, message)
        elif error is not None:
            reject(answer, error)
        else:
            answer.set_result(value)

    def _abandon(self, error: BaseException) -> None:
        """The actor has ended without a word."""
        self._used = True
        reject(self._envelope[2], error)

    def _answered(self, answer: object) -> None:
        self._cell._uncommon().deferred.pop(self, None)
