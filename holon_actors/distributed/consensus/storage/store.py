"""The log of all groups that a node has a member of, in one folder.

They share it so that they share its syncs: a hundred groups cost the device what one does. It is an
append-only log and not SQLite: that was never clearly faster and often took twice as long (measure
it: `benchmarks/workers/raft_storage.py`), and takes damage in its journal for the journal's end.
"""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.storage.bodies import NONSENSE, Opening
from holon_actors.distributed.consensus.storage.cleaning import Cleaning
from holon_actors.distributed.consensus.storage.errors import LogCorrupted
from holon_actors.distributed.consensus.storage.group_log import GroupLog
from holon_actors.distributed.consensus.storage.group_state import GroupState
from holon_actors.distributed.consensus.storage.journal import Journal
from holon_actors.distributed.consensus.storage.layout import Kind
from holon_actors.distributed.consensus.storage.mending import mend
from holon_actors.distributed.consensus.storage.recovery import Found, recover
from holon_actors.distributed.consensus.storage.segments import segment_name
from holon_actors.distributed.consensus.storage.settings import StoreSettings
from holon_actors.distributed.consensus.storage.snapshots import Snapshots, is_snapshot
from holon_actors.storage import Disk, StorageError

__all__ = ["LogStore", "StoreStatistics"]

_CLEAN_RATIO = 4  # bytes read and copied for each that is written
_SEGMENTS_MIN = 2  # so many are not worth the while


@dataclass(frozen=True, kw_only=True)
class StoreStatistics:
    """Counts of a store. Sizes are in bytes."""

    groups: int
    segments: int
    log_bytes: int
    live_bytes: int  # about so many of records whose entries are still needed
    records_written: int
    records_synced: int


class LogStore:
    """The logs of one node's members. It uses a disk that it does not own, and nobody else may."""

    def __init__(self, disk: Disk, owner: str, settings: StoreSettings) -> None:
        self.owner = owner
        self._disk = disk
        self._settings = settings
        self._logs: dict[str, GroupLog] = {}
        self._by_number: dict[int, GroupState] = {}
        self._cleaning: Cleaning | None = None
        self._cleaned_at = 0  # bytes that had been written
        self._groups_made = 0
        self._journal = Journal(disk, settings, self._opening)

    @classmethod
    async def open(cls, disk: Disk, owner: str, settings: StoreSettings | None = None) -> LogStore:
        """The store in a folder; a new one if there is none. Everything is read and checked.

        Raises `LogCorrupted`, `FolderMismatch`, `SnapshotCorrupted` and `StorageError`; the folder
        is then as it was.
        """
        store = cls(disk, owner, settings or StoreSettings())
        found = await recover(disk, owner)
        store._take(found)
        for log in store._logs.values():
            if log.state.snapshot is not None:
                await log.snapshots.check(log.state.snapshot)
        segments = await mend(disk, found, store._leftovers())
        if segments:
            store._journal.resume(segments, found.number - 1)
        else:
            store._journal.roll(max(found.useless, default=0) + 1)
            await store._journal.sync()
        return store

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of all groups that have stored anything."""
        return tuple(name for name, log in self._logs.items() if log.named)

    def log(self, group: str) -> GroupLog:
        """The part of a group; the same one for the same name."""
        if group not in self._logs:
            self._groups_made += 1
            state = GroupState(self._groups_made, group)
            self._logs[group] = self._log(state, None, named=False)
        return self._logs[group]

    def statistics(self) -> StoreStatistics:
        """How much there is now."""
        journal = self._journal
        return StoreStatistics(
            groups=len(self.groups),
            segments=len(journal.segments),
            log_bytes=journal.size,
            live_bytes=sum(log.state.live_bytes for log in self._logs.values()),
            records_written=journal.written,
            records_synced=journal.synced,
        )

    async def close(self) -> None:
        """Note that all is durable, and let go of the files. Raises `StoreBroken`."""
        try:
            if self._journal.broken is None:
                await self._journal.sync()
                self._journal.write(Kind.MARK, ())
                self._journal.trim()
                await self._journal.sync()
        finally:
            self._journal.close()
            for log in self._logs.values():
                log.snapshots.close()

    def _take(self, found: Found) -> None:
        for group in found.replay.groups.values():
            state = group.state
            try:
                recovered = group.recovered()
            except ValueError as error:
                extent = found.segments[-1]
                raise LogCorrupted(segment_name(extent.segment), extent.end, str(error)) from error
            self._logs[state.name] = self._log(state, recovered, named=True)
        self._groups_made = max(found.replay.groups, default=0)
        if found.replay.opening is not None:
            self._groups_made = max(self._groups_made, found.replay.opening.groups_made)

    def _log(self, state: GroupState, recovered: Recovered | None, *, named: bool) -> GroupLog:
        self._by_number[state.number] = state
        snapshots = Snapshots(self._disk, state.number)
        return GroupLog(self._journal, snapshots, state, recovered, self._appended, named=named)

    def _leftovers(self) -> list[str]:
        """The snapshot files that no record refers to."""
        logs = self._logs.values()
        known = {log.snapshots.name(log.state.snapshot) for log in logs if log.state.snapshot}
        return [name for name in self._disk.names() if is_snapshot(name) and name not in known]

    def _appended(self, compacted: bool) -> None:
        """A record has been written: time to clean a little."""
        if self._cleaning is not None:
            self._clean(self._cleaning)
        if compacted:
            self._tidy()

    def _clean(self, cleaning: Cleaning) -> None:
        written = self._journal.bytes_written
        budget, self._cleaned_at = _CLEAN_RATIO * (written - self._cleaned_at), written
        try:
            if cleaning.advance(budget):
                self._cleaning = self._next_cleaning()
                self._tidy()
        except (*NONSENSE, StorageError) as error:
            raise self._journal.fail(error) from error

    def _next_cleaning(self) -> Cleaning | None:
        """That of the oldest segment, if less than half of the log is live."""
        segments = self._journal.segments
        live = sum(log.state.live_bytes for log in self._logs.values())
        size = sum(segment.end - segment.opened for segment in segments)
        if size < 2 * live + _SEGMENTS_MIN * self._settings.segment_bytes:
            return None
        head = self._head(segments[-1].number)
        oldest = next(segment for segment in segments if segment.number == head)
        if oldest is segments[-1]:
            return None
        return Cleaning(self._journal, oldest, self._by_number)

    def _tidy(self) -> None:
        """Begin a segment when enough of those before it is not needed, so that they can go."""
        journal = self._journal
        head = self._head(journal.segment)
        dead = sum(s.end for s in journal.segments if s.number < head)
        if dead >= self._settings.segment_bytes // 2:
            journal.roll(journal.segment + 1)

    def _opening(self, segment: int, number: int) -> Opening:
        head = self._head(segment)
        head_number = next((s.first for s in self._journal.segments if s.number == head), number)
        if self._cleaning is None:
            self._cleaning = self._next_cleaning()
            self._cleaned_at = self._journal.bytes_written
        groups = tuple(log.state.standing for log in self._logs.values() if log.named)
        return Opening(self.owner, head, head_number, self._groups_made, groups)

    def _head(self, newest: int) -> int:
        """The first segment that is still needed."""
        states = self._by_number.values()
        return min((span.segment for state in states for span in state.spans), default=newest)
