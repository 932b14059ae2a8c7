"""Bugs to be planted: reads and leases."""

from __future__ import annotations

from typing import Any

from holon_actors.distributed.consensus.core._progress import Progress
from holon_actors.distributed.consensus.core._reads import Reads
from holon_actors.distributed.consensus.core._replication import Replication
from tests.distributed.consensus.cluster.planting import Replace, mutant

__all__: list[str] = []


@mutant(9, "reads are answered before an entry of the term is committed", 5_000)
def _reads_before_it_is_ready(replace: Replace) -> None:
    replace(Reads, "is_ready", lambda self, leading: True)


@mutant(10, "any answer to a heartbeat confirms the latest round", 10_000)
def _rounds_are_not_told_apart(replace: Replace) -> None:
    right = Replication.on_heartbeat_reply

    def on_heartbeat_reply(self: Replication, progress: Progress, message: Any) -> None:
        right(self, progress, message)
        assert self._state.leading is not None
        progress.round = self._state.leading.round

    replace(Replication, "on_heartbeat_reply", on_heartbeat_reply)


@mutant(10, "reads join a round that is on its way", 5_000)
def _reads_join_a_sent_round(replace: Replace) -> None:
    right = Reads._add

    def add(self: Reads, leading: Any, read: Any, lease: bool) -> None:
        if leading.rounds and self.is_ready(leading):
            leading.rounds[-1].reads.append(read)
            leading.reads += 1
        else:
            right(self, leading, read, lease)

    replace(Reads, "_add", add)


@mutant(11, "a lease holds while leadership is handed over", 5_000, "leases")
def _leases_hold_during_a_transfer(replace: Replace) -> None:
    right = Reads._holds_lease

    def holds_lease(self: Reads, leading: Any) -> bool:
        kept = leading.lease_void, leading.hand_over
        leading.lease_void, leading.hand_over = False, None
        holds = right(self, leading)
        leading.lease_void, leading.hand_over = kept
        return holds

    replace(Reads, "_holds_lease", holds_lease)


@mutant(
    11,
    "a lease is from when the answers come",
    test="core/test_reads.py::test_a_lease_is_from_when_the_round_was_sent_and_not_from_its_answer",
)
def _leases_begin_with_the_answer(replace: Replace) -> None:
    right = Reads.confirm

    def confirm(self: Reads, leading: Any) -> None:
        before = leading.confirmed
        right(self, leading)
        if leading.confirmed > before:
            leading.lease_from = self._state.ticks

    replace(Reads, "confirm", confirm)
