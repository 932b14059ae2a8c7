"""Bugs that Raft implementations had, planted here: each replaces one small part of the core, for
as long as it is tried. The numbers are those of the kill matrix; product code knows nothing of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from holon_actors.distributed.consensus.core import changes, quorum, raft
from holon_actors.distributed.consensus.core._election import Election
from holon_actors.distributed.consensus.core._following import Following
from holon_actors.distributed.consensus.core._installing import SnapshotReceiver
from holon_actors.distributed.consensus.core._journal import Journal
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core._membership import Membership
from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core._progress import Progress, Sending
from holon_actors.distributed.consensus.core._reads import Reads
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core._ticking import Ticking
from holon_actors.distributed.consensus.core._transfer import Transfers
from holon_actors.distributed.consensus.core.messages import AppendReply, VoteReply
from holon_actors.distributed.consensus.core.reasons import NOT_READY
from holon_actors.distributed.consensus.core.roles import Role

__all__ = ["MUTANTS", "Mutant", "planted"]

Replace = Callable[[Any, str, Any], None]
Plant = Callable[[Replace], None]


@dataclass(frozen=True)
class Mutant:
    """One planted bug, and how many seeds may be needed to find it."""

    number: int
    name: str
    title: str
    seeds: int
    plant: Plant
    focus: str | None = None  # the kind of trouble to look for it in


MUTANTS: dict[str, Mutant] = {}


def _mutant(
    number: int, title: str, seeds: int, focus: str | None = None
) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        name = plant.__name__.strip("_")
        assert name not in MUTANTS
        MUTANTS[name] = Mutant(number, name, title, seeds, plant, focus)
        return plant

    return register


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Within, the core has this bug."""
    with ExitStack() as stack:

        def replace(owner: Any, attribute: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(owner, attribute, value))

        MUTANTS[name].plant(replace)
        yield


# Committing


@_mutant(1, "an entry of an earlier term is committed by counting", 5_000)
def _commits_earlier_terms(replace: Replace) -> None:
    replace(Replication, "_may_commit", lambda self, index: index > self._state.log.commit)


@_mutant(1, "nothing is committed while an entry of an earlier term is uncommitted", 1_000)
def _never_commits_past_an_earlier_term(replace: Replace) -> None:
    def may_commit(self: Replication, index: int) -> bool:
        log = self._state.log
        return index > log.commit and all(
            log.term_at(place) == self._state.term for place in range(log.commit + 1, index + 1)
        )

    replace(Replication, "_may_commit", may_commit)


@_mutant(15, "the leader counts itself before its own disk has the entry", 500)
def _counts_itself_at_once(replace: Replace) -> None:
    right = Replication.matched

    def matched(self: Replication, leading: Any, name: str) -> int:
        if name == self._state.node:
            return self._state.log.last_index
        return right(self, leading, name)

    replace(Replication, "matched", matched)


@_mutant(26, "one less than a majority is a quorum", 200)
def _counts_one_too_few(replace: Replace) -> None:
    def majority_value(voters: tuple[str, ...], values: Callable[[str], int]) -> int:
        ascending = sorted(map(values, voters))
        return ascending[(len(ascending) + 1) // 2] if len(voters) > 1 else sum(ascending)

    replace(quorum, "_majority_value", majority_value)


@_mutant(26, "half of an even number is a quorum", 500)
def _takes_half_for_a_majority(replace: Replace) -> None:
    def majority_value(voters: tuple[str, ...], values: Callable[[str], int]) -> int:
        ascending = sorted(map(values, voters))
        return ascending[len(ascending) // 2] if voters else 0

    replace(quorum, "_majority_value", majority_value)


@_mutant(24, "entries are applied before they are durable here", 200)
def _applies_before_it_is_durable(replace: Replace) -> None:
    right = Log.emit
    replace(Log, "emit", lambda self, durable: right(self, self.commit))


# Logs that follow


@_mutant(16, "whatever follows a match is dropped", 500)
def _truncates_on_a_match(replace: Replace) -> None:
    right = Following.on_append

    def on_append(self: Following, message: Any) -> None:
        log = self._state.log
        index = message.previous_index
        if log.commit <= index < log.last_index and log.matches(index, message.previous_term):
            self._truncate(index + 1)
        right(self, message)

    replace(Following, "on_append", on_append)


@_mutant(18, "heartbeats carry a commit index that the follower may not have", 1_000)
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


@_mutant(19, "an old answer sets back what is sent next", 500)
def _next_goes_back(replace: Replace) -> None:
    right = Progress.acknowledge

    def acknowledge(self: Progress, index: int) -> bool:
        news = right(self, index)
        self.next = index + 1
        return news

    replace(Progress, "acknowledge", acknowledge)


@_mutant(15, "entries are acknowledged before they are durable", 200)
def _acknowledges_at_once(replace: Replace) -> None:
    _send_at_once(replace, AppendReply)


def _send_at_once(replace: Replace, kind: type) -> None:
    right = Outbox.promise

    def promise(self: Outbox, message: Any) -> None:
        if isinstance(message, kind):
            self.send(message)
        else:
            right(self, message)

    replace(Outbox, "promise", promise)


@_mutant(
    23,
    "a late answer of the disk counts for entries that took the place of others",
    1_000,
    "divergence",
)
def _durable_counts_replaced_entries(replace: Replace) -> None:
    def cap(self: Journal, last: int) -> None:
        self.durable = min(self.durable, last)

    replace(Journal, "_cap", cap)


# Elections


@_mutant(12, "a vote is told before it is durable", 200)
def _votes_before_it_is_durable(replace: Replace) -> None:
    _send_at_once(replace, VoteReply)


@_mutant(12, "a candidate counts its own vote before it is durable", 500)
def _counts_its_own_vote_at_once(replace: Replace) -> None:
    right = Election._stand

    def stand(self: Election, transfer: bool) -> None:
        right(self, transfer)
        self._own_vote_in = None
        self._take_vote(self._state.node, True)

    replace(Election, "_stand", stand)


@_mutant(13, "stepping down within a term erases the vote", 200)
def _forgets_its_vote(replace: Replace) -> None:
    right = State.become_follower

    def become_follower(self: State, term: int, leader: str | None) -> None:
        if term == self.term and self.role is not Role.FOLLOWER:
            self.vote = None
        right(self, term, leader)

    replace(State, "become_follower", become_follower)


@_mutant(20, "logs are compared by term and by index at once", 5_000, "divergence")
def _compares_logs_like_vectors(replace: Replace) -> None:
    def is_behind(self: Log, last_index: int, last_term: int) -> bool:
        return last_term >= self.last_term and last_index >= self.last_index

    replace(Log, "is_behind", is_behind)


@_mutant(20, "a log is up to date if it is long enough", 2_000)
def _compares_logs_by_length(replace: Replace) -> None:
    replace(Log, "is_behind", lambda self, index, term: index >= self.last_index)


def _take_old(replace: Replace, kind: type) -> None:
    right = raft.answer_stale

    def answer_stale(state: State, message: Any) -> bool:
        return not isinstance(message, kind) and right(state, message)

    replace(raft, "answer_stale", answer_stale)


@_mutant(31, "a vote of an earlier term counts", 500)
def _counts_old_votes(replace: Replace) -> None:
    right = Election._is_awaited
    _take_old(replace, VoteReply)

    def is_awaited(self: Election, message: Any) -> bool:
        if self._state.role is Role.CANDIDATE and not message.pre:
            return True
        return right(self, message)

    replace(Election, "_is_awaited", is_awaited)


@_mutant(31, "one member votes for several candidates of a term", 200)
def _votes_twice(replace: Replace) -> None:
    replace(Election, "_may_vote", lambda self, message: True)
    right = State.vote_for

    def vote_for(self: State, member: str) -> None:
        self.vote = None
        right(self, member)

    replace(State, "vote_for", vote_for)


@_mutant(6, "terms are counted up without asking first", 2_000)
def _stands_without_asking(replace: Replace) -> None:
    replace(Election, "_campaign", lambda self: self._stand(transfer=False))


@_mutant(5, "a member that does not know it is a voter does not vote", 5_000, "members")
def _votes_only_as_a_known_voter(replace: Replace) -> None:
    right = Election.on_vote_request

    def on_vote_request(self: Election, message: Any) -> None:
        if self._state.log.configuration.votes(self._state.node):
            right(self, message)

    replace(Election, "on_vote_request", on_vote_request)


@_mutant(8, "a leader that hears nobody goes on leading", 2_000)
def _never_loses_its_quorum(replace: Replace) -> None:
    replace(Ticking, "_has_lost_quorum", lambda self, leading: False)


# Reads


@_mutant(9, "reads are answered before an entry of the term is committed", 5_000)
def _reads_before_it_is_ready(replace: Replace) -> None:
    replace(Reads, "is_ready", lambda self, leading: True)


@_mutant(10, "any answer to a heartbeat confirms the latest round", 10_000)
def _rounds_are_not_told_apart(replace: Replace) -> None:
    right = Replication.on_heartbeat_reply

    def on_heartbeat_reply(self: Replication, progress: Progress, message: Any) -> None:
        right(self, progress, message)
        assert self._state.leading is not None
        progress.round = self._state.leading.round

    replace(Replication, "on_heartbeat_reply", on_heartbeat_reply)


@_mutant(10, "reads join a round that is on its way", 5_000)
def _reads_join_a_sent_round(replace: Replace) -> None:
    right = Reads._add

    def add(self: Reads, leading: Any, read: Any, lease: bool) -> None:
        if leading.rounds and self.is_ready(leading):
            leading.rounds[-1].reads.append(read)
            leading.reads += 1
        else:
            right(self, leading, read, lease)

    replace(Reads, "_add", add)


@_mutant(11, "a lease holds while leadership is handed over", 5_000, "leases")
def _leases_hold_during_a_transfer(replace: Replace) -> None:
    right = Reads._holds_lease

    def holds_lease(self: Reads, leading: Any) -> bool:
        kept = leading.lease_void, leading.hand_over
        leading.lease_void, leading.hand_over = False, None
        holds = right(self, leading)
        leading.lease_void, leading.hand_over = kept
        return holds

    replace(Reads, "_holds_lease", holds_lease)


# Snapshots and configurations


@_mutant(22, "a snapshot replaces a log that goes on after it", 5_000)
def _snapshots_drop_what_follows(replace: Replace) -> None:
    replace(SnapshotReceiver, "_is_known", lambda self, meta: meta.index <= self._state.log.commit)


@_mutant(22, "an old snapshot that comes late is installed", 1_000)
def _installs_old_snapshots(replace: Replace) -> None:
    replace(SnapshotReceiver, "_is_known", lambda self, meta: False)


@_mutant(25, "a snapshot brings no configuration", 1_000)
def _snapshots_lose_the_configuration(replace: Replace) -> None:
    right = Log.reset

    def reset(self: Log, meta: Any) -> None:
        before = self.configuration
        right(self, meta)
        self.configuration = before

    replace(Log, "reset", reset)


@_mutant(3, "a truncated configuration still counts", 5_000, "members")
def _keeps_truncated_configurations(replace: Replace) -> None:
    right = Log.truncate

    def truncate(self: Log, index: int) -> None:
        before = self.configuration
        right(self, index)
        self.configuration = before

    replace(Log, "truncate", truncate)


@_mutant(21, "an entry at the very end of the compaction is still sent", 1_000)
def _sends_what_is_compacted(replace: Replace) -> None:
    right = Replication.send

    def send(self: Replication, name: str, progress: Progress, probe: bool = False) -> bool:
        if progress.state is not Sending.SNAPSHOT:
            progress.next = max(progress.next, self._state.log.compacted_index + 1)
        return right(self, name, progress, probe)

    replace(Replication, "send", send)


@_mutant(30, "a probe that got lost is never sent again", 2_000)
def _probes_only_once(replace: Replace) -> None:
    right = Replication.on_heartbeat_reply

    def on_heartbeat_reply(self: Replication, progress: Progress, message: Any) -> None:
        if progress.paused:
            progress.active, progress.round = True, max(progress.round, message.round)
        else:
            right(self, progress, message)

    replace(Replication, "on_heartbeat_reply", on_heartbeat_reply)


@_mutant(30, "entries go on being probed after a snapshot", 1_000)
def _never_leaves_a_snapshot(replace: Replace) -> None:
    right = Progress.become_probe

    def become_probe(self: Progress) -> None:
        was_snapshot = self.state is Sending.SNAPSHOT
        right(self)
        self.paused = was_snapshot
        if was_snapshot:
            self.next = self.match

    replace(Progress, "become_probe", become_probe)


# Members and handing over


@_mutant(2, "members are changed before an entry of the term is committed", 500, "members")
def _changes_before_it_is_ready(replace: Replace) -> None:
    right = Membership._refusal

    def refusal(self: Membership, leading: Any, event: Any) -> Any:
        found = right(self, leading, event)
        if found is not None and found[0] == NOT_READY:
            return changes.refusal(self._state.log.configuration, event)
        return found

    replace(Membership, "_refusal", refusal)


@_mutant(29, "changes of members are not one at a time", 2_000, "members")
def _changes_at_the_same_time(replace: Replace) -> None:
    replace(
        Membership,
        "_is_changing",
        lambda self, leading: leading.change is not None or self._state.log.configuration.joint,
    )


@_mutant(29, "only who entered a joint configuration leaves it", 500, "members")
def _joint_for_ever(replace: Replace) -> None:
    right = Membership.advance

    def advance(self: Membership, leading: Any) -> None:
        if leading.change is not None or not self._state.log.configuration.joint:
            right(self, leading)

    replace(Membership, "advance", advance)


@_mutant(4, "a leader that is removed counts itself", 1_000, "members")
def _counts_itself_when_removed(replace: Replace) -> None:
    def advance(self: Replication, leading: Any) -> None:
        log = self._state.log
        voters = tuple(sorted({*log.configuration.voters, self._state.node}))
        configuration = dataclasses.replace(log.configuration, voters=voters)
        index = quorum.reached_value(configuration, lambda name: self.matched(leading, name))
        before = log.commit
        if self._may_commit(index) and log.commit_to(index):
            self._settle(leading, before)
            self._committed(leading, before)

    replace(Replication, "advance", advance)


@_mutant(4, "a leader that is removed goes on leading", 1_000, "members")
def _never_retires(replace: Replace) -> None:
    replace(Transfers, "retire", lambda self, leading: None)


@_mutant(3, "the joint configuration is skipped", 1_000, "members")
def _skips_the_joint_configuration(replace: Replace) -> None:
    right = changes.enter

    def enter(configuration: Any, change: Any) -> Any:
        entered = right(configuration, change)
        return changes.leave(entered) if entered.joint else entered

    replace(changes, "enter", enter)
