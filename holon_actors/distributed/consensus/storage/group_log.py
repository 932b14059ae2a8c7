"""One group's part of the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgpack

from holon_actors.distributed.consensus.core.effects import Record, Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.storage.bodies import body_of, encode_body
from holon_actors.distributed.consensus.storage.group_state import GroupState
from holon_actors.distributed.consensus.storage.journal import Journal
from holon_actors.distributed.consensus.storage.layout import Kind
from holon_actors.distributed.consensus.storage.snapshots import Snapshots
from holon_actors.distributed.consensus.wire.packing import pack_entries

__all__ = ["GroupLog"]


class GroupLog:
    """What a member writes to.

    `recovered` is what was found when the store was opened; None: nothing, as for a new group, or
    no longer, as something was appended. It holds all entries: let go of it.
    """

    def __init__(
        self,
        journal: Journal,
        snapshots: Snapshots,
        state: GroupState,
        recovered: Recovered | None,
        appended: Callable[[bool], None],
        *,
        named: bool,
    ) -> None:
        self.snapshots = snapshots
        self.recovered = recovered
        self.state = state
        self._journal = journal
        self._appended = appended  # told whether entries are not needed any more
        self.named = named

    @property
    def name(self) -> str:
        """The group's."""
        return self.state.name

    def append(self, record: Record, packed: bytes | None = None) -> None:
        """Write a record behind those before it; `sync` makes it durable.

        `packed` are its entries by `pack_entries`, where the caller has them already. Raises
        `StoreBroken`.
        """
        self._journal.check()
        assert self._fits(record), f"{record.entries[0].index} follows on {self.state.last_index}"
        if record.snapshot is not None:
            assert self.snapshots.holds(record.snapshot), f"{record.snapshot} is not durable"
        self.recovered = None
        if not self.named:
            self._name()
        if packed is None:
            packed = pack_entries(record.entries) if record.entries else b""
        body = body_of(self.state.number, record)
        before = self._journal.bytes_written
        segment = self._journal.write(Kind.RECORD, encode_body(body, packed))
        self.state.take(body, segment, self._journal.bytes_written - before)
        if record.snapshot is not None:
            self._journal.when_synced(partial(self._remove_before, record.snapshot))
        self._appended(record.snapshot is not None)

    async def sync(self) -> None:
        """Wait until all that was appended before this call is durable. Raises `StoreBroken`.

        Groups that wait at the same time share the work.
        """
        await self._journal.sync()

    def _remove_before(self, snapshot: SnapshotMeta) -> None:
        if self.state.snapshot == snapshot:  # a later record's may be of the same index
            self.snapshots.remove_before(snapshot)

    def _name(self) -> None:
        parts = [msgpack.packb([self.state.number, self.state.name])]
        self._journal.write(Kind.GROUP, parts)
        self.named = True

    def _fits(self, record: Record) -> bool:
        if not record.entries:
            return True
        last = self.state.last_index
        if record.snapshot is not None and record.reset:
            last = record.snapshot.index
        if record.truncate_from:
            last = min(last, record.truncate_from - 1)
        return record.entries[0].index == last + 1
