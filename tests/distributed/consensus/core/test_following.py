"""A follower's log and commit."""

from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
)
from holon_actors.distributed.consensus.core.roles import Role
from tests.distributed.consensus.core.kit import Cluster, entries, voters

ABC = voters("a", "b", "c")


def follower(*terms: int, commit: int = 0, compacted: int = 0, slow: bool = False) -> Cluster:
    """`a`, with entries of these terms in its log."""
    cluster = Cluster("a", "b", "c", slow="a" if slow else "")
    whole = entries(*terms)
    term = whole[compacted - 1].term if compacted else 0
    meta = SnapshotMeta(compacted, term, ABC)
    cluster["a"].files[meta] = {}
    now = max(terms, default=0)
    cluster.start("a", Recovered(now, None, commit, meta, compacted, term, whole[compacted:]))
    return cluster


def append(
    term: int, previous: tuple[int, int], new: tuple[Entry, ...] = (), commit: int = 0
) -> AppendRequest:
    return AppendRequest("b", "a", term, *previous, new, commit)


def terms(cluster: Cluster) -> list[int]:
    return [entry.term for entry in cluster["a"].core._state.log]


def matched(index: int, term: int) -> AppendReply:
    return AppendReply("a", "b", term, index)


def test_entries_that_follow_on_the_last_are_added() -> None:
    cluster = follower(1)
    cluster.do("a", append(1, (1, 1), entries(1, 1, first=2)))
    assert terms(cluster) == [1, 1, 1]
    assert [*cluster.wire] == [matched(3, 1)]
    status = cluster["a"].core.status()
    assert (status.leader, status.role) == ("b", Role.FOLLOWER)


def test_nothing_is_acknowledged_before_it_is_durable() -> None:
    """PySyncObj 84 and 197."""
    cluster = follower(slow=True)
    cluster.do("a", append(1, (0, 0), entries(1)))
    cluster.do("a", append(1, (1, 1), entries(1, first=2)))
    assert not cluster.wire
    cluster.store("a", 1)
    assert [*cluster.wire] == [matched(1, 1)]
    cluster.store("a", 1)
    assert [*cluster.wire] == [matched(1, 1), matched(2, 1)]


def test_what_is_in_the_log_but_not_yet_durable_is_not_acknowledged_when_it_comes_again() -> None:
    cluster = follower(slow=True)
    cluster.do("a", append(1, (0, 0), entries(1)))
    cluster.do("a", append(1, (0, 0), entries(1)))
    assert not cluster.wire
    cluster.store("a")
    assert [*cluster.wire] == [matched(1, 1), matched(1, 1)]


def test_a_term_is_durable_before_an_acknowledgement_in_it() -> None:
    """Else a member that forgot it could let an older leader undo what it acknowledged."""
    cluster = follower(1, 1, slow=True)
    cluster.do("a", append(2, (2, 1)))
    assert not cluster.wire
    cluster.store("a")
    assert [*cluster.wire] == [matched(2, 2)]
    assert cluster["a"].disk.term == 2


@pytest.mark.parametrize("previous", [(3, 1), (2, 2), (1, 2)])
def test_a_gap_or_another_term_is_rejected(previous: tuple[int, int]) -> None:
    """Paper 5.3."""
    cluster = follower(1, 1)
    cluster.do("a", append(2, previous, entries(2, first=previous[0] + 1)))
    (reply,) = cluster.wire
    assert isinstance(reply, AppendReply)
    assert (reply.rejected, reply.index) == (True, previous[0])
    assert terms(cluster) == [1, 1]


def test_a_rejection_tells_where_the_logs_may_match() -> None:
    """Paper 5.3: so that a leader goes back by terms, and not by entries."""
    cluster = follower(1, 1, 4, 4, 4)
    cluster.do("a", append(5, (9, 5)))
    cluster.do("a", append(5, (4, 3)))
    assert [(m.index, m.hint_index, m.hint_term) for m in cluster.wire] == [(9, 5, 4), (4, 2, 1)]  # type: ignore[union-attr]


def test_entries_in_conflict_are_replaced_with_all_that_follow() -> None:
    cluster = follower(1, 1, 1, 1)
    cluster.do("a", append(2, (2, 1), entries(2, first=3)))
    assert terms(cluster) == [1, 1, 2]
    (record,) = cluster["a"].records
    assert (record.truncate_from, record.entries) == (3, entries(2, first=3))
    assert [entry.term for entry in cluster["a"].disk.entries] == [1, 1, 2]


def test_an_old_request_does_not_undo_what_came_after_it() -> None:
    """openraft 9540c904, raftos 26: truncated where the entries agreed."""
    cluster = follower()
    cluster.do("a", append(1, (0, 0), entries(1, 1, 1)))
    cluster.do("a", append(1, (0, 0), entries(1)))
    cluster.do("a", append(1, (0, 0)))
    cluster.do("a", append(1, (1, 1), entries(1, first=2)))
    assert terms(cluster) == [1, 1, 1]


def test_entries_that_are_partly_there_are_added_without_the_rest() -> None:
    cluster = follower(1, 1)
    cluster.do("a", append(1, (1, 1), entries(1, 1, 1, first=2)))
    assert terms(cluster) == [1, 1, 1, 1]
    assert [*cluster.wire] == [matched(4, 1)]


def test_the_commit_is_the_leaders_up_to_where_the_logs_are_known_to_match() -> None:
    """Paper 5.3; PySyncObj 166: capped at the last new entry, not at the own last one."""
    cluster = follower(1, 1, 1, 1)
    cluster.do("a", append(2, (1, 1), entries(1, first=2), commit=4))
    assert cluster["a"].core.status().commit == 2
    cluster.do("a", append(2, (1, 1), (), commit=4))
    assert cluster["a"].core.status().commit == 2
    assert [entry.index for entry in cluster["a"].applied] == [1, 2]


def test_committed_entries_are_handed_out_once_they_are_durable_here() -> None:
    """etcd 10508 and 14143: applied before it was on the disk."""
    cluster = follower(slow=True)
    cluster.do("a", append(1, (0, 0), entries(1, 1), commit=2))
    assert cluster["a"].core.status().commit == 2
    assert not cluster["a"].applied
    cluster.store("a")
    assert cluster["a"].applied == [*entries(1, 1)]


def test_entries_before_the_commit_are_taken_as_they_are() -> None:
    """WRaft 118.1: a request from before the compaction appended the entries twice."""
    cluster = follower(1, 1, 1, 1, commit=3, compacted=2)
    cluster.do("a", append(1, (0, 0), entries(1)))
    cluster.do("a", append(1, (0, 0), entries(1, 1, 1, 1, 1)))
    cluster.do("a", append(1, (2, 1), entries(1, first=3)))
    assert [*cluster.wire] == [matched(3, 1), matched(5, 1), matched(3, 1)]
    assert terms(cluster) == [1, 1, 1]


def test_a_request_that_ends_before_the_commit_is_answered_with_the_commit() -> None:
    cluster = follower(1, 1, 1, commit=3)
    cluster.do("a", append(1, (0, 0)))
    assert [*cluster.wire] == [matched(3, 1)]


def test_a_heartbeat_is_answered_and_makes_the_member_wait_anew() -> None:
    cluster = follower(1)
    state = cluster["a"].core._state
    state.elapsed = 5
    cluster.do("a", Heartbeat("b", "a", 1, 1, 7))
    assert state.elapsed == 0
    assert [*cluster.wire] == [HeartbeatReply("a", "b", 1, 7)]
    assert cluster["a"].core.status().commit == 1


def test_a_heartbeat_of_no_round_is_not_answered() -> None:
    cluster = follower(1)
    cluster.do("a", Heartbeat("b", "a", 1, 1, 0))
    assert not cluster.wire
    assert cluster["a"].core.status().commit == 1


def test_a_heartbeat_does_not_take_the_commit_back() -> None:
    cluster = follower(1, 1, commit=2)
    cluster.do("a", Heartbeat("b", "a", 1, 1, 1))
    assert cluster["a"].core.status().commit == 2


def test_an_append_makes_the_member_wait_anew() -> None:
    cluster = follower(1)
    state = cluster["a"].core._state
    state.elapsed = 5
    cluster.do("a", append(1, (1, 1)))
    assert state.elapsed == 0
