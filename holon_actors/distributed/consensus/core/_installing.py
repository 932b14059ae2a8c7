"""A follower's taking over of a snapshot that its leader sends.

Chunks are stored in their order. Any other is answered: one that is there already, or is being
stored, with how far it has got, as the last may take long and the leader has to see that it is
under way; one that is ahead, with the gap before it.

A snapshot whose last entry is in the log already tells no more than that all up to there is
committed: the entries after it stay (paper, section 7).
"""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import ChunkToStore
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    ChunkStored,
    SnapshotReceived,
    SnapshotRejected,
)
from holon_actors.distributed.consensus.core.messages import SnapshotChunk, SnapshotReply

__all__ = ["SnapshotReceiver"]


@dataclass(slots=True)
class _Receiving:
    """A snapshot on its way. Invariant: offset <= taken."""

    meta: SnapshotMeta
    term: int  # of the leader that sends it
    sender: str
    offset: int = 0  # all before it is stored
    taken: int = 0  # all before it is stored or being stored
    whole: bool = False  # nothing is missing


class SnapshotReceiver:
    """Puts the chunks together."""

    __slots__ = ("_receiving", "_state")

    def __init__(self, state: State) -> None:
        self._state = state
        self._receiving: _Receiving | None = None

    def on_chunk(self, message: SnapshotChunk) -> None:
        """A part of a snapshot, of this term's leader."""
        self._state.hear(message.sender)
        if self._is_known(message.meta):
            self._reply(message.meta, message.sender, installed=True)
            return
        receiving = self._receive(message)
        if receiving is None:
            return
        if receiving.whole or message.offset < receiving.taken:
            self._reply(receiving.meta, receiving.sender, receiving.offset)
        elif message.offset > receiving.taken:
            self._reply(receiving.meta, receiving.sender, receiving.taken, gap=True)
        else:
            self._store(receiving, message)

    def _store(self, receiving: _Receiving, message: SnapshotChunk) -> None:
        receiving.taken += len(message.data)
        receiving.whole = receiving.taken == receiving.meta.size
        self._state.outbox.store_chunk(ChunkToStore(message.meta, message.offset, message.data))

    def _is_known(self, meta: SnapshotMeta) -> bool:
        log = self._state.log
        if log.matches(meta.index, meta.term):
            log.commit_to(meta.index)
        return meta.index <= log.commit

    def _receive(self, message: SnapshotChunk) -> _Receiving | None:
        """What this chunk is a part of; None: of one that has been given up for a newer one."""
        receiving = self._receiving
        if receiving is None or receiving.meta != message.meta:
            if receiving is not None and self._is_older(message, receiving):
                return None
            receiving = _Receiving(message.meta, message.term, message.sender)
            self._receiving = receiving
        receiving.term, receiving.sender = message.term, message.sender
        return receiving

    def _is_older(self, message: SnapshotChunk, receiving: _Receiving) -> bool:
        return (message.term, message.meta.index) < (receiving.term, receiving.meta.index)

    def on_chunk_stored(self, event: ChunkStored) -> None:
        """Make room for more. Chunks that were stored may be told of in any order, and late: of
        one that was of another attempt.
        """
        receiving = self._receiving
        if receiving is not None and receiving.meta == event.meta:
            receiving.offset = max(receiving.offset, min(event.offset, receiving.taken))
            self._reply(event.meta, receiving.sender, receiving.offset)

    def on_received(self, event: SnapshotReceived) -> None:
        """All of it is here: let it stand for the log."""
        receiving = self._receiving
        if receiving is None or receiving.meta != event.meta:
            return
        self._receiving = None
        if not self._is_known(event.meta):
            self._install(event.meta)
        self._reply(event.meta, receiving.sender, installed=True)

    def on_rejected(self, event: SnapshotRejected) -> None:
        """It is damaged: begin again when the leader asks how far it has got."""
        if self._receiving is not None and self._receiving.meta == event.meta:
            self._receiving = None

    def _install(self, meta: SnapshotMeta) -> None:
        state = self._state
        state.log.reset(meta)
        state.journal.reset(meta.index)
        state.outbox.restore(meta)

    def _reply(
        self,
        meta: SnapshotMeta,
        leader: str,
        offset: int = 0,
        installed: bool = False,
        gap: bool = False,
    ) -> None:
        state = self._state
        reply = SnapshotReply(state.node, leader, state.term, meta.index, offset, installed, gap)
        if installed:
            state.outbox.promise(reply)
        else:
            state.outbox.send(reply)
