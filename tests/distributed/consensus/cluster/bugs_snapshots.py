"""Bugs to be planted: snapshots, configurations and what is sent."""

from __future__ import annotations

from typing import Any

from holon_actors.distributed.consensus.core._installing import SnapshotReceiver
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core._progress import Progress, Sending
from holon_actors.distributed.consensus.core._replication import Replication
from tests.distributed.consensus.cluster.planting import Replace, mutant

__all__: list[str] = []


@mutant(22, "a snapshot replaces a log that goes on after it", 10_000)
def _snapshots_drop_what_follows(replace: Replace) -> None:
    replace(SnapshotReceiver, "_is_known", lambda self, meta: meta.index <= self._state.log.commit)


@mutant(22, "an old snapshot that comes late is installed", 1_000)
def _installs_old_snapshots(replace: Replace) -> None:
    replace(SnapshotReceiver, "_is_known", lambda self, meta: False)


@mutant(25, "a snapshot brings no configuration", 1_000)
def _snapshots_lose_the_configuration(replace: Replace) -> None:
    right = Log.reset

    def reset(self: Log, meta: Any) -> None:
        before = self.configuration
        right(self, meta)
        self.configuration = before

    replace(Log, "reset", reset)


@mutant(3, "a truncated configuration still counts", 5_000, "members")
def _keeps_truncated_configurations(replace: Replace) -> None:
    right = Log.truncate

    def truncate(self: Log, index: int) -> None:
        before = self.configuration
        right(self, index)
        self.configuration = before

    replace(Log, "truncate", truncate)


@mutant(21, "an entry at the very end of the compaction is still sent", 1_000)
def _sends_what_is_compacted(replace: Replace) -> None:
    right = Replication.send

    def send(self: Replication, name: str, progress: Progress, probe: bool = False) -> bool:
        if progress.state is not Sending.SNAPSHOT:
            progress.next = max(progress.next, self._state.log.compacted_index + 1)
        return right(self, name, progress, probe)

    replace(Replication, "send", send)


@mutant(30, "a probe that got lost is never sent again", 2_000)
def _probes_only_once(replace: Replace) -> None:
    right = Replication.on_heartbeat_reply

    def on_heartbeat_reply(self: Replication, progress: Progress, message: Any) -> None:
        if progress.paused:
            progress.active, progress.round = True, max(progress.round, message.round)
        else:
            right(self, progress, message)

    replace(Replication, "on_heartbeat_reply", on_heartbeat_reply)


@mutant(30, "entries go on being probed after a snapshot", 1_000)
def _never_leaves_a_snapshot(replace: Replace) -> None:
    right = Progress.become_probe

    def become_probe(self: Progress) -> None:
        was_snapshot = self.state is Sending.SNAPSHOT
        right(self)
        self.paused = was_snapshot
        if was_snapshot:
            self.next = self.match

    replace(Progress, "become_probe", become_probe)
