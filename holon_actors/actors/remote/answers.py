"""Answers that go to another node, and ends of actors that are told to it.

To the kernel an `Answer` is the future of an ask, and a `RemoteWatch` the watching actor: they have
those of their verbs that the kernel uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.actors._state import State
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.remote.conversation import Conversation

__all__ = ["Answer", "RemoteWatch"]


class Answer:
    """Stands for the future that an asker on another node awaits."""

    __slots__ = ("_callbacks", "_conversation", "_deadline", "_done", "ask")

    def __init__(self, conversation: Conversation, ask: int, deadline: float | None) -> None:
        self._conversation = conversation
        self._done = False
        self._deadline = deadline
        self._callbacks: list[Callable[[Any], object]] | None = None
        self.ask = ask

    def done(self) -> bool:
        """Whether nobody waits any more: answered, too late, or the asker's node is lost."""
        if self._done or self._conversation.over:
            return True
        deadline = self._deadline
        late = deadline is not None and self._conversation.clock() > deadline
        if late:
            self._finish()
        return late

    def set_result(self, value: Any) -> None:
        conversation = self._conversation
        if self._callbacks is None:  # `_finish`, written out: most answers end here
            self._done = True
            conversation.answers.pop(self.ask, None)
        else:
            self._finish()
        conversation.answer(self.ask, value)

    def set_exception(self, error: BaseException) -> None:
        self._finish()
        self._conversation.fail(self.ask, error)

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        if self._done:
            callback(self)
            return
        if self._callbacks is None:
            self._callbacks = []
        self._callbacks.append(callback)

    def _finish(self) -> None:
        if self._done:
            return
        self._done = True
        self._conversation.served(self)
        if self._callbacks is not None:
            callbacks, self._callbacks = self._callbacks, None
            for callback in callbacks:
                callback(self)

    def drop(self) -> None:
        """Nobody waits any more."""
        self._finish()


class RemoteWatch:
    """Stands for the actors of another node that watch one of ours."""

    __slots__ = ("_conversation", "_state", "_watch", "target", "watching")

    def __init__(self, conversation: Conversation, watch: int, target: ActorRef[Any]) -> None:
        self._conversation = conversation
        self._watch = watch
        self._state = State.RUNNING
        self.target = target
        self.watching: dict[Any, None] = {}

    def _uncommon(self) -> RemoteWatch:
        return self

    def _signal(self, signal: Signal, sender: Cell | None = None) -> None:
        if isinstance(signal, Terminated):
            self.watching.clear()
            self._conversation.terminated(self._watch, signal.reason)

    def cancel(self) -> None:
        """Watch no more."""
        self.target._remove_watcher(self)  # type: ignore[arg-type]  # see the module
