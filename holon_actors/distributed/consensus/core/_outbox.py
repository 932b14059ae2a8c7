"""Collects what a step comes to, and keeps back what must not be said before it is durable."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import (
    Answer,
    ChunkToSend,
    ChunkToStore,
    Effects,
    Leadership,
    Record,
    RefusedMessage,
)
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.core.messages import Message

__all__ = ["Outbox"]


class Outbox:
    """The effects of the step that is under way. `used` says that there are any in here."""

    __slots__ = (
        "_answers",
        "_chunks",
        "_held",
        "_messages",
        "_promises",
        "_rare",
        "_refused",
        "_restore",
        "_to_store",
        "used",
    )

    def __init__(self) -> None:
        self.used = False
        self._rare = False  # there is more than messages and answers
        self._messages: list[Message] = []
        self._promises: list[Message] = []  # of this step
        self._held: deque[tuple[int, Message]] = deque()  # of earlier ones: after which record
        self._answers: list[Answer] = []
        self._chunks: list[ChunkToSend] = []
        self._refused: list[RefusedMessage] = []
        self._to_store: ChunkToStore | None = None
        self._restore: SnapshotMeta | None = None

    def send(self, message: Message) -> None:
        """Send at once."""
        self.used = True
        self._messages.append(message)

    def promise(self, message: Message) -> None:
        """Send once all that has happened up to the end of this step is durable."""
        self.used = True
        self._promises.append(message)

    def answer(self, answer: Answer) -> None:
        """Answer a request."""
        self.used = True
        self._answers.append(answer)

    def answer_all(self, answers: Sequence[Answer]) -> None:
        """Answer many requests."""
        self.used = True
        self._answers.extend(answers)

    def send_chunk(self, chunk: ChunkToSend) -> None:
        """Have a part of a snapshot sent."""
        self.used = self._rare = True
        self._chunks.append(chunk)

    def store_chunk(self, chunk: ChunkToStore) -> None:
        """Have a part of a snapshot stored."""
        self.used = self._rare = True
        self._to_store = chunk

    def restore(self, meta: SnapshotMeta) -> None:
        """Have the state machine take over a snapshot."""
        self.used = self._rare = True
        self._restore = meta

    def refuse(self, message: Message, reason: str) -> None:
        """Tell of a message that nobody should have sent."""
        self.used = self._rare = True
        self._refused.append(RefusedMessage(message, reason))

    def release(self, stored: int) -> None:
        """Send what waited for the records up to `stored`."""
        while self._held and self._held[0][0] <= stored:
            self.used = True
            self._messages.append(self._held.popleft()[1])

    def forget(self) -> None:
        """Keep no promise that was not made yet: it would be one in a term that is over."""
        self._promises.clear()
        self._held.clear()

    def effects(
        self,
        record: Record | None,
        number: int,
        stored: int,
        committed: tuple[Entry, ...],
        leadership: Leadership | None,
        configuration: Configuration | None,
    ) -> Effects:
        """What the step came to. `number` is the last record's, `stored` the last durable one's."""
        if self._promises:
            self._settle(number, stored)
        messages: tuple[Message, ...] = ()
        answers: tuple[Answer, ...] = ()
        if self._messages:
            messages = tuple(self._messages)
            self._messages.clear()
        if self._answers:
            answers = tuple(self._answers)
            self._answers.clear()
        self.used = False
        if self._rare:
            return self._all(record, messages, committed, answers, leadership, configuration)
        return Effects(
            record, messages, (), committed, answers, None, None, leadership, configuration
        )

    def _all(
        self,
        record: Record | None,
        messages: tuple[Message, ...],
        committed: tuple[Entry, ...],
        answers: tuple[Answer, ...],
        leadership: Leadership | None,
        configuration: Configuration | None,
    ) -> Effects:
        effects = Effects(
            record,
            messages,
            tuple(self._chunks),
            committed,
            answers,
            self._to_store,
            self._restore,
            leadership,
            configuration,
            tuple(self._refused),
        )
        self._chunks.clear()
        self._refused.clear()
        self._to_store = self._restore = None
        self._rare = False
        return effects

    def _settle(self, number: int, stored: int) -> None:
        if number == stored:
            self._messages.extend(self._promises)
        else:
            self._held.extend((number, message) for message in self._promises)
        self._promises.clear()
