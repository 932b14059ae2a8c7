"""What a follower has passed on to its leader and waits for an answer to."""

from __future__ import annotations

from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core.effects import Refused
from holon_actors.distributed.consensus.core.reasons import LOST_LEADERSHIP

__all__ = ["Forwarded"]


class Forwarded:
    """Requests in the order in which they were passed on, with the tick of that.

    Invariant: `size` is the sum of the proposals' bytes.
    """

    __slots__ = ("_proposals", "_reads", "size")

    def __init__(self) -> None:
        self._proposals: dict[int, tuple[int, int]] = {}  # request: tick, bytes
        self._reads: dict[int, int] = {}  # request: tick
        self.size = 0

    @property
    def reads(self) -> int:
        """How many reads wait."""
        return len(self._reads)

    def add_proposal(self, request: int, size: int, tick: int) -> None:
        """A proposal was passed on."""
        self._proposals[request] = (tick, size)
        self.size += size

    def add_read(self, request: int, tick: int) -> None:
        """A read was passed on."""
        self._reads[request] = tick

    def end_proposal(self, request: int) -> bool:
        """An answer came; whether it was waited for."""
        found = self._proposals.pop(request, None)
        if found is None:
            return False
        self.size -= found[1]
        return True

    def end_read(self, request: int) -> bool:
        """An answer came; whether it was waited for."""
        return self._reads.pop(request, None) is not None

    def expire(self, before: int, outbox: Outbox) -> None:
        """Give up what was passed on before that tick: its answer must be lost."""
        if not (self._proposals or self._reads):
            return
        for request in [r for r, (tick, _) in self._proposals.items() if tick < before]:
            self._lose_proposal(request, outbox)
        for request in [r for r, tick in self._reads.items() if tick < before]:
            self._lose_read(request, outbox)

    def lose(self, outbox: Outbox) -> None:
        """Give up all: there is another leader, or none."""
        for request in list(self._proposals):
            self._lose_proposal(request, outbox)
        for request in list(self._reads):
            self._lose_read(request, outbox)

    def _lose_proposal(self, request: int, outbox: Outbox) -> None:
        self.end_proposal(request)
        outbox.answer(Refused(request, LOST_LEADERSHIP, unknown=True))

    def _lose_read(self, request: int, outbox: Outbox) -> None:
        self.end_read(request)
        outbox.answer(Refused(request, LOST_LEADERSHIP))
