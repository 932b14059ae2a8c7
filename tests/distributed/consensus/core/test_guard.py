"""Messages that no correct member would have sent."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    Message,
    SnapshotChunk,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, entries, voters

ABC = voters("a", "b", "c")
META = SnapshotMeta(9, 3, ABC, 10)


def follower() -> Raft:
    """`a` in term 3, which follows `b`: terms 1 1 2 3, of which three are committed, two gone."""
    snapshot = SnapshotMeta(2, 1, ABC)
    disk = Recovered(3, None, 3, snapshot, 2, 1, entries(2, 3, first=3))
    core = Raft("a", disk, CoreSettings(), random.Random(1))
    core.step(Heartbeat("b", "a", 3, 3, 1))
    return core


def append(
    previous: tuple[int, int], *new: tuple[int, int], term: int = 3, commit: int = 0
) -> AppendRequest:
    made = tuple(Entry(index, of, EntryKind.COMMAND, b"") for index, of in new)
    return AppendRequest("b", "a", term, *previous, made, commit)


REFUSED: list[tuple[Message, str]] = [
    (Heartbeat("b", "c", 3, 0, 1), reasons.MISADDRESSED),
    (Heartbeat("a", "a", 3, 0, 1), reasons.OWN_NAME),
    (Heartbeat("b", "a", -1, 0, 1), reasons.IMPOSSIBLE_TERM),
    (Heartbeat("b", "a", 1 << 62, 0, 1), reasons.IMPOSSIBLE_TERM),
    (VoteRequest("c", "a", 1 << 80, 9, 9), reasons.IMPOSSIBLE_TERM),
    (Heartbeat("c", "a", 3, 0, 1), reasons.SECOND_LEADER),
    (replace(append((4, 3)), sender="c"), reasons.SECOND_LEADER),
    (SnapshotChunk("c", "a", 3, META, 0, b"0"), reasons.SECOND_LEADER),
    (TimeoutNow("c", "a", 3), reasons.SECOND_LEADER),
    (Heartbeat("b", "a", 3, 5, 1), reasons.FROM_THE_FUTURE),
    (Heartbeat("c", "a", 3, 5, 1), reasons.SECOND_LEADER),
    (append((-1, 0)), reasons.MALFORMED),
    (append((4, 3), commit=-1), reasons.MALFORMED),
    (append((4, 4)), reasons.MALFORMED),
    (append((4, 3), (6, 3)), reasons.MALFORMED),
    (append((4, 3), (5, 3), (7, 3)), reasons.MALFORMED),
    (append((4, 3), (5, 2)), reasons.MALFORMED),
    (append((4, 3), (5, 4)), reasons.MALFORMED),
    (append((4, 2), (5, 3), (6, 2)), reasons.MALFORMED),
    (append((3, 1), (4, 3)), reasons.CONFLICTS_WITH_COMMITTED),
    (append((2, 2), (3, 2)), reasons.CONFLICTS_WITH_COMMITTED),
    (append((2, 1), (3, 3)), reasons.CONFLICTS_WITH_COMMITTED),
    (append((0, 0), (1, 1), (2, 1), (3, 3)), reasons.CONFLICTS_WITH_COMMITTED),
    (SnapshotChunk("b", "a", 3, replace(META, index=0), 0, b"0"), reasons.MALFORMED),
    (SnapshotChunk("b", "a", 3, replace(META, term=0), 0, b"0"), reasons.MALFORMED),
    (SnapshotChunk("b", "a", 3, replace(META, term=4), 0, b"0"), reasons.MALFORMED),
    (SnapshotChunk("b", "a", 3, META, -1, b"0"), reasons.MALFORMED),
    (SnapshotChunk("b", "a", 3, META, 9, b"01"), reasons.MALFORMED),
    (SnapshotChunk("b", "a", 3, META, 9, b""), reasons.MALFORMED),
    (VoteRequest("c", "a", 4, 9, 5), reasons.MALFORMED),
    (VoteReply("c", "a", 4, True), reasons.FROM_THE_FUTURE),
]


@pytest.mark.parametrize(("message", "reason"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_no_correct_member_would_send_is_refused_and_changes_nothing(
    message: Message, reason: str
) -> None:
    core = follower()
    before = core.status()
    effects = core.step(message)
    assert [(each.message, each.reason) for each in effects.refused] == [(message, reason)]
    assert (effects.messages, effects.record) == ((), None)
    assert core.status() == before


ALLOWED: list[Message] = [
    append((4, 3)),
    append((4, 3), (5, 3), commit=99),
    append((3, 2), (4, 2)),
    append((3, 2), (4, 4), term=4),
    append((0, 0), (1, 1), (2, 1), (3, 2), (4, 3)),
    append((0, 7), (1, 7), term=7),
    append((9, 3)),
    Heartbeat("b", "a", 3, 4, 7),
    Heartbeat("x", "a", 4, 4, 7),
    TimeoutNow("b", "a", 3),
    SnapshotChunk("b", "a", 3, META, 9, b"0"),
    SnapshotChunk("b", "a", 3, replace(META, size=0), 0, b""),
    VoteRequest("x", "a", 4, 9, 4),
    VoteReply("c", "a", 3, True),
    VoteReply("c", "a", 4, False),
    VoteReply("c", "a", 9, True, True),
    AppendReply("c", "a", 3, 99),
    HeartbeatReply("c", "a", 3, 99),
]


@pytest.mark.parametrize("message", ALLOWED, ids=lambda value: str(value)[:60])
def test_what_may_come_in_any_order_of_events_is_not_refused(message: Message) -> None:
    core = follower()
    assert not core.step(message).refused
    core.check_invariants()


def test_a_candidate_takes_nobody_for_a_leader_of_term_0() -> None:
    cluster = Cluster("a", "b", "c")
    for message in (Heartbeat("b", "a", 0, 0, 1), VoteRequest("b", "a", 0, 0, 0)):
        (refused,) = cluster.do("a", message).refused
        assert refused.reason == reasons.IMPOSSIBLE_TERM


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (AppendReply("b", "a", 1, 2), reasons.FROM_THE_FUTURE),
        (HeartbeatReply("b", "a", 1, 1), reasons.FROM_THE_FUTURE),
        (Heartbeat("b", "a", 1, 0, 1), reasons.SECOND_LEADER),
        (AppendReply("b", "a", 1, 1), None),
        (AppendReply("b", "a", 2, 9), None),
        (HeartbeatReply("b", "a", 1, 0), None),
        (HeartbeatReply("b", "a", 2, 9), None),
    ],
    ids=str,
)
def test_a_leader_is_not_told_of_what_it_never_sent(message: Message, reason: str | None) -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.settle()
    refused = cluster.do("a", message).refused
    assert [each.reason for each in refused] == ([reason] if reason else [])


def test_a_member_whose_disk_was_emptied_is_found_out_and_does_no_harm() -> None:
    """It has forgotten what it acknowledged: it must not count again under its old name."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.propose("a", b"x")
    cluster.crash("c")
    cluster.start("c", Recovered(0, None, 0, SnapshotMeta(0, 0, ABC), 0, 0))
    cluster.tick("a", times=30)
    assert {each.reason for each in cluster["c"].refused} == {reasons.FROM_THE_FUTURE}
    assert cluster["c"].core.status().last_index == 0
    (request,) = cluster.propose("a", b"y")
    assert cluster.answer("a", request) is not None
    assert cluster["b"].applied[-1].data == b"y"
