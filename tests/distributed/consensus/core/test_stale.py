"""Messages of terms that are over."""

from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core.effects import Effects
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    Message,
    SnapshotChunk,
    SnapshotReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from tests.distributed.consensus.core.kit import Cluster, entries, voters

META = SnapshotMeta(9, 1, voters("a"), 4)


def later() -> Cluster:
    cluster = Cluster("a", "b", "c")
    cluster.do("a", Heartbeat("c", "a", 5, 0, 0))
    return cluster


@pytest.mark.parametrize(
    "message",
    [
        AppendRequest("b", "a", 4, 0, 0, entries(1), 1),
        Heartbeat("b", "a", 4, 0, 3),
        SnapshotChunk("b", "a", 4, META, 0, b"data"),
        VoteRequest("b", "a", 4, 9, 4),
        VoteRequest("b", "a", 4, 9, 4, True),
    ],
    ids=str,
)
def test_who_believes_in_a_term_that_is_over_is_told_the_term_and_nothing_else(
    message: Message,
) -> None:
    cluster = later()
    before = cluster["a"].core.status()
    assert cluster.do("a", message) == Effects(messages=(HeartbeatReply("a", "b", 5, 0),))
    assert cluster["a"].core.status() == before


@pytest.mark.parametrize(
    "message",
    [
        AppendReply("b", "a", 4, 9),
        HeartbeatReply("b", "a", 4, 9),
        SnapshotReply("b", "a", 4, 9, 4),
        VoteReply("b", "a", 4, True),
        TimeoutNow("c", "a", 4),
    ],
    ids=str,
)
def test_answers_and_orders_of_a_term_that_is_over_are_nothing(message: Message) -> None:
    assert later().do("a", message) == Effects()


def test_a_leader_that_was_away_steps_down_when_it_is_told() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.isolate("a")
    cluster.elect("b")
    cluster.heal()
    cluster.tick("a")
    assert cluster.leaders == ["b"]


def test_an_answer_to_an_earlier_term_is_not_taken_for_one_to_the_later() -> None:
    """A leader of two terms: what was sent in the first is answered in the second."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    cluster.settle()
    cluster.tick("a", times=3, settle=False)
    old = [m for m in cluster.wire if m.to == "b"]
    cluster.wire.clear()
    cluster.restart("a")
    cluster.elect("a")
    cluster.settle()
    cluster.isolate("a")
    read = cluster.read("a")
    cluster.heal()
    for message in old:
        cluster.do("b", message)
    cluster.settle()
    assert cluster.answer("a", read) is None
