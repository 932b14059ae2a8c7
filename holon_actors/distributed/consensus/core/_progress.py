"""How far another member's log is known to follow the leader's, and how it is sent more.

Invariants: match < next; the indexes in flight rise; a snapshot is being sent in SNAPSHOT
only, and offset <= offered.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final

from holon_actors.distributed.consensus.core.entries import SnapshotMeta

__all__ = ["Progress", "Sending"]


_WINDOW_MAX: Final = 1 << 20


class Sending(Enum):
    """How entries are sent to a member."""

    PROBE = "probe"  # one request at a time, until it is known where the logs part
    REPLICATE = "replicate"  # ahead of the answers
    SNAPSHOT = "snapshot"  # not at all: it needs a snapshot first


class Progress:
    """A leader's account of one other member."""

    __slots__ = (
        "_inflight",
        "active",
        "ahead",
        "answered_at",
        "chunk_at",
        "inflight_bytes",
        "known_commit",
        "match",
        "meta",
        "next",
        "offered",
        "offset",
        "paused",
        "probed_at",
        "round",
        "state",
        "window",
    )

    def __init__(self, next_index: int) -> None:
        self.match = 0  # its log is the leader's up to here, durably
        self.next = next_index  # the next entry to send
        self.state = Sending.PROBE
        self.paused = False  # a probe is on its way
        self.probed_at = -1  # the tick in which it was last probed because it was heard
        self.active = True  # it was heard since the quorum was last checked
        self.round = 0  # the last heartbeat round it has answered
        self.known_commit = 0  # it was told
        self.inflight_bytes = 0
        self._inflight: deque[tuple[int, int]] = deque()  # last index and bytes of each request
        self.window = _WINDOW_MAX  # requests that may be in flight: few after a rejection
        self.meta: SnapshotMeta | None = None  # of the snapshot that is being sent
        self.offset = 0  # it has the snapshot up to here
        self.offered = 0  # the snapshot was sent up to here
        self.ahead = False  # it has told how far it has got, so chunks may go ahead of its answers
        self.chunk_at = 0  # the tick in which a chunk of it was last sent
        self.answered_at = 0  # the tick in which the member last told of it, or it was begun

    @property
    def inflight(self) -> int:
        """Requests with entries that are not answered."""
        return len(self._inflight)

    def become_probe(self) -> None:
        """Find out where the logs part."""
        self._become(Sending.PROBE)
        self.next = self.match + 1

    def become_replicate(self) -> None:
        """Send ahead."""
        self._become(Sending.REPLICATE)
        self.next = self.match + 1

    def become_snapshot(self, meta: SnapshotMeta) -> None:
        """Send a snapshot."""
        self._become(Sending.SNAPSHOT)
        self.meta = meta

    def go_back(self, offset: int) -> None:
        """What was sent of a snapshot from there on may be lost: begin there, with one chunk."""
        self.offset = self.offered = offset
        self.ahead = False

    def go_on(self, offset: int) -> bool:
        """Note that it has a snapshot up to there; whether that is news."""
        if offset <= self.offset:
            return False
        self.offset = offset
        self.offered = max(self.offered, offset)
        self.ahead = True
        return True

    def sent(self, last: int, size: int) -> None:
        """Entries up to `last` are on their way."""
        if self.state is Sending.PROBE:
            self.paused = True
            return
        self._inflight.append((last, size))
        self.inflight_bytes += size
        self.next = last + 1

    def is_full(self, requests_max: int, bytes_max: int) -> bool:
        """Whether nothing more may be sent before an answer."""
        return (
            len(self._inflight) >= min(requests_max, self.window)
            or self.inflight_bytes >= bytes_max
        )

    def acknowledge(self, index: int) -> bool:
        """Note that its log matches up to `index`; whether that is news. Answers come in any order
        and more than once: `match` only grows.
        """
        while self._inflight and self._inflight[0][0] <= index:
            self.inflight_bytes -= self._inflight.popleft()[1]
        if index <= self.match:
            return False
        self.match = index
        self.next = max(self.next, index + 1)
        self.window = min(2 * self.window, _WINDOW_MAX)
        return True

    def reject(self, index: int, guess: int) -> bool:
        """Note that its log does not match at `index`, but maybe at `guess`; False if the answer
        is too old to mean anything. So is one that denies what was acknowledged: if that is not by
        age, the member has lost its disk, and no probe will find out more.
        """
        if index <= self.match:
            return False
        if self.state is Sending.REPLICATE:
            # On a link that does not keep the order, a full window is rejected for the most part,
            # and sent anew for each rejection that was still on its way it would grow for ever.
            self.window = 1
            self.become_probe()
            return True
        if self.state is Sending.SNAPSHOT or self.next - 1 != index:
            return False
        self.next = max(min(index, guess + 1), self.match + 1)
        self.paused = False
        return True

    def _become(self, state: Sending) -> None:
        self.state = state
        self.paused = False
        self._inflight.clear()
        self.inflight_bytes = 0
        self.meta = None
        self.go_back(0)
