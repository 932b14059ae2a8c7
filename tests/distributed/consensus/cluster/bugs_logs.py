"""Bugs to be planted: logs that follow, and what is said of them."""

from __future__ import annotations

from typing import Any
from unittest import mock

from holon_actors.distributed.consensus.core._following import Following
from holon_actors.distributed.consensus.core._journal import Journal
from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core._progress import Progress
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core.messages import AppendReply
from tests.distributed.consensus.cluster.planting import Replace, mutant, send_at_once, take_old

__all__: list[str] = []


@mutant(16, "whatever follows a match is dropped", 500)
def _truncates_on_a_match(replace: Replace) -> None:
    right = Following.on_append

    def on_append(self: Following, message: Any) -> None:
        log = self._state.log
        index = message.previous_index
        if log.commit <= index < log.last_index and log.matches(index, message.previous_term):
            self._truncate(index + 1)
        right(self, message)

    replace(Following, "on_append", on_append)


@mutant(18, "heartbeats carry a commit index that the follower may not have", 1_000)
def _heartbeats_are_not_capped(replace: Replace) -> None:
    right = Following.on_heartbeat
    right_heartbeat = Replication.heartbeat

    def heartbeat(self: Replication, name: str, progress: Progress, number: int) -> None:
        match, progress.match = progress.match, self._state.log.commit
        right_heartbeat(self, name, progress, number)
        progress.match = match

    def on_heartbeat(self: Following, message: Any) -> None:
        message.commit = min(message.commit, self._state.log.last_index)
        right(self, message)

    replace(Replication, "heartbeat", heartbeat)
    replace(Following, "on_heartbeat", on_heartbeat)


@mutant(19, "an old answer sets back what is sent next", 500)
def _next_goes_back(replace: Replace) -> None:
    right = Progress.acknowledge

    def acknowledge(self: Progress, index: int) -> bool:
        news = right(self, index)
        self.next = index + 1
        return news

    replace(Progress, "acknowledge", acknowledge)


@mutant(15, "entries are acknowledged before they are durable", 200)
def _acknowledges_at_once(replace: Replace) -> None:
    send_at_once(replace, AppendReply)


@mutant(
    23,
    "a late answer of the disk counts for entries that took the place of others",
    1_000,
    "divergence",
)
def _durable_counts_replaced_entries(replace: Replace) -> None:
    def cap(self: Journal, last: int) -> None:
        self.durable = min(self.durable, last)

    replace(Journal, "_cap", cap)


@mutant(17, "an acknowledgement of an earlier term is counted", 5_000, "late")
def _counts_old_acknowledgements(replace: Replace) -> None:
    take_old(replace, AppendReply)


@mutant(14, "an acknowledgement waits for entries, and not for the term they came in", 2_000)
def _acknowledges_before_the_term_is_durable(replace: Replace) -> None:
    right = Following.on_append

    def on_append(self: Following, message: Any) -> None:
        outbox, held = self._state.outbox, Outbox.promise
        has_all = self._state.journal.durable >= message.previous_index + len(message.entries)
        with mock.patch.object(Outbox, "promise", Outbox.send if has_all else held):
            right(self, message)
        assert outbox.used

    replace(Following, "on_append", on_append)
