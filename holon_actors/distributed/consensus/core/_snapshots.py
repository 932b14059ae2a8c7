"""A leader's sending of snapshots to members that need entries it no longer has.

The first chunk goes alone, as its answer may say that the member has much of the snapshot already;
then some go ahead of the answers. The answers tell how far the member has got, or that something
was lost there. A snapshot that was begun is sent to its end, though there may be a newer one
meanwhile: else a slow member would never have a whole one. When no answer comes it goes on behind
the last one after an election timeout; after another one the newest snapshot is taken, as the file
of the older one may be gone.
"""

from __future__ import annotations

from holon_actors.distributed.consensus.core._progress import Progress, Sending
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.effects import ChunkToSend
from holon_actors.distributed.consensus.core.messages import SnapshotReply

__all__ = ["SnapshotSender"]


class SnapshotSender:
    """Asks the shell for chunks, and follows the answers to them."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def begin(self, name: str, progress: Progress) -> None:
        """Send the newest snapshot, from its beginning."""
        progress.become_snapshot(self._state.log.snapshot)
        progress.answered_at = self._state.ticks
        self._send_chunk(name, progress)

    def retry(self, name: str, progress: Progress) -> None:
        """The member lives: send again what must have been lost."""
        ticks, patience = self._state.ticks, self._state.settings.election_ticks
        if ticks - progress.chunk_at < patience:
            return
        given_up = ticks - progress.answered_at >= 2 * patience
        if given_up and progress.meta != self._state.log.snapshot:
            self.begin(name, progress)
        else:
            progress.go_back(progress.offset)
            self._send_chunk(name, progress)

    def hurry(self, progress: Progress) -> None:
        """What is on its way may be lost: send it again as soon as the member is heard."""
        progress.go_back(progress.offset)
        progress.chunk_at = self._state.ticks - self._state.settings.election_ticks

    def on_reply(self, progress: Progress, message: SnapshotReply) -> bool:
        """Go on where the member says; True once it has all of it."""
        progress.active = True
        meta = progress.meta
        if progress.state is not Sending.SNAPSHOT or meta is None or meta.index != message.index:
            return False
        progress.answered_at = self._state.ticks
        if message.installed:
            progress.acknowledge(meta.index)
            progress.become_probe()
            return True
        if 0 <= message.offset <= meta.size:
            self._on_offset(progress, message)
        return False

    def _on_offset(self, progress: Progress, message: SnapshotReply) -> None:
        news = progress.go_on(message.offset)
        if message.gap and (progress.ahead or message.offset < progress.offset):
            # Once for all that was sent behind the gap: what is sent now goes alone.
            progress.go_back(message.offset)
            self._send_chunk(message.sender, progress)
        elif news:
            self._fill(message.sender, progress)

    def _fill(self, name: str, progress: Progress) -> None:
        """Send as much as may be on its way."""
        meta, settings = progress.meta, self._state.settings
        assert meta is not None
        end = min(meta.size, progress.offset + settings.chunks_inflight_max * settings.chunk_bytes)
        while progress.offered < end:
            self._send_chunk(name, progress)

    def _send_chunk(self, name: str, progress: Progress) -> None:
        state, meta = self._state, progress.meta
        assert meta is not None
        progress.chunk_at = state.ticks
        offset = progress.offered
        size = min(state.settings.chunk_bytes, meta.size - offset)
        progress.offered += size
        state.outbox.send_chunk(ChunkToSend(name, state.term, meta, offset, size))
