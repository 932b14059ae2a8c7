"""What of a member's state is in records, and which records are durable.

Records are numbered and become durable in order. A truncation also shortens what the records
before it will have made durable: their entries are not those that come in place of them.

Invariant: durable <= written.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core.effects import Record

__all__ = ["Journal"]


@dataclass(slots=True)
class _Pending:
    number: int
    last: int  # the log is durable up to here once the record is


class Journal:
    """Cuts records out of changes, and keeps account of them.

    The entries up to `written` are in records, those up to `durable` are on the disk. `changed`
    says that there is more to record than new entries; whoever changes term or vote sets it.
    """

    __slots__ = (
        "_compacted",
        "_pending",
        "_reset",
        "_truncate_from",
        "changed",
        "durable",
        "number",
        "stored",
        "written",
    )

    def __init__(self, last_index: int) -> None:
        self.number = 0  # of the last record
        self.stored = 0  # the last that is durable
        self.written = last_index
        self.durable = last_index
        self.changed = False
        self._truncate_from: int | None = None
        self._reset = False
        self._compacted = False
        self._pending: deque[_Pending] = deque()

    def truncated(self, index: int) -> None:
        """The log has lost its entries from `index` on."""
        if index <= self.written:
            self.changed = True
            self._truncate_from = index
            self.written = index - 1
            self._cap(index - 1)

    def reset(self, index: int) -> None:
        """The log begins anew after a snapshot of `index`."""
        self.changed = self._reset = True
        self._truncate_from = None
        self.written = index
        self._cap(index)

    def compacted(self) -> None:
        """The log's first entries are no longer needed."""
        self.changed = self._compacted = True

    def cut(self, term: int, vote: str | None, log: Log) -> Record | None:
        """The record of all that has changed since the last one; None: nothing has."""
        if not self.changed and self.written == log.last_index:
            return None
        entries = log.between(self.written + 1, log.last_index)
        self.number += 1
        taken = self._reset or self._compacted
        record = Record(
            self.number,
            term,
            vote,
            log.commit,
            entries,
            self._truncate_from,
            log.snapshot if taken else None,
            log.compacted_index if taken else 0,
            log.compacted_term if taken else 0,
            self._reset,
        )
        self.written = log.last_index
        self._pending.append(_Pending(self.number, self.written))
        self._truncate_from, self._reset = None, False
        self.changed = self._compacted = False
        return record

    def on_stored(self, number: int) -> None:
        """All records up to this number are durable."""
        assert number <= self.number, f"stored {number} of {self.number} records"
        while self._pending and self._pending[0].number <= number:
            self.durable = self._pending.popleft().last
        self.stored = max(self.stored, number)

    def _cap(self, last: int) -> None:
        self.durable = min(self.durable, last)
        for pending in self._pending:
            pending.last = min(pending.last, last)
