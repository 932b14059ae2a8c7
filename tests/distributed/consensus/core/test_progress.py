"""What a leader knows of another log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core._progress import Progress, Sending
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from tests.distributed.consensus.core.kit import voters

META = SnapshotMeta(9, 1, voters("a"), 100)


def replicating(match: int) -> Progress:
    progress = Progress(1)
    progress.acknowledge(match)
    progress.become_replicate()
    return progress


def test_it_begins_by_finding_out() -> None:
    progress = Progress(5)
    assert (progress.state, progress.match, progress.next) == (Sending.PROBE, 0, 5)
    assert not progress.paused
    assert progress.active


def test_a_probe_waits_for_its_answer() -> None:
    progress = Progress(5)
    progress.sent(6, 10)
    assert progress.paused
    assert (progress.next, progress.inflight) == (5, 0)


def test_requests_are_sent_ahead_of_answers_up_to_both_limits() -> None:
    progress = replicating(1)
    progress.sent(2, 10)
    progress.sent(4, 10)
    assert (progress.next, progress.inflight, progress.inflight_bytes) == (5, 2, 20)
    assert progress.is_full(2, 100)
    assert progress.is_full(3, 20)
    assert not progress.is_full(3, 21)


def test_an_answer_makes_room_for_what_it_answers() -> None:
    progress = replicating(1)
    for last in (2, 4, 6):
        progress.sent(last, 10)
    assert progress.acknowledge(4)
    assert (progress.match, progress.next, progress.inflight) == (4, 7, 1)
    assert progress.inflight_bytes == 10


def test_an_answer_in_the_middle_of_a_request_leaves_it_on_its_way() -> None:
    progress = replicating(1)
    progress.sent(4, 10)
    assert progress.acknowledge(3)
    assert progress.inflight == 1


def test_old_and_repeated_answers_do_not_move_it_back() -> None:
    """PySyncObj 167, raftos 25, etcd-io/raft 149: a match that falls, a next below it."""
    progress = replicating(7)
    assert not progress.acknowledge(7)
    assert not progress.acknowledge(3)
    assert (progress.match, progress.next) == (7, 8)


def test_an_answer_beyond_what_was_sent_moves_the_next_one_along() -> None:
    progress = Progress(2)
    assert progress.acknowledge(5)
    assert (progress.match, progress.next) == (5, 6)


def test_a_rejection_while_sending_ahead_starts_over_from_what_matches() -> None:
    progress = replicating(3)
    progress.sent(5, 10)
    assert not progress.reject(3, 3)
    assert progress.reject(5, 5)
    assert (progress.state, progress.next, progress.inflight) == (Sending.PROBE, 4, 0)
    assert progress.inflight_bytes == 0


def test_a_rejected_probe_goes_back_to_where_the_logs_may_part() -> None:
    progress = Progress(9)
    progress.sent(9, 1)
    assert progress.reject(8, 4)
    assert (progress.next, progress.paused) == (5, False)


def test_a_member_that_denies_what_it_has_acknowledged_is_not_asked_again_and_again() -> None:
    progress = replicating(5)
    progress.become_probe()
    progress.sent(6, 1)
    assert not progress.reject(5, 0)
    assert progress.paused


def test_a_rejected_probe_goes_back_by_one_at_least() -> None:
    progress = Progress(9)
    assert progress.reject(8, 8)
    assert progress.next == 8


def test_a_rejected_probe_does_not_go_back_behind_what_matches() -> None:
    progress = Progress(1)
    progress.acknowledge(5)
    progress.next = 9
    assert progress.reject(8, 2)
    assert progress.next == 6


def test_the_rejection_of_an_older_probe_means_nothing() -> None:
    progress = Progress(9)
    progress.sent(9, 1)
    assert not progress.reject(6, 2)
    assert progress.paused


def test_nothing_is_rejected_while_a_snapshot_is_sent() -> None:
    progress = Progress(9)
    progress.become_snapshot(META)
    assert not progress.reject(8, 2)


def test_a_snapshot_is_forgotten_when_it_is_not_sent_any_more() -> None:
    progress = Progress(9)
    progress.become_snapshot(META)
    progress.offset = 50
    assert (progress.state, progress.meta) == (Sending.SNAPSHOT, META)
    progress.become_probe()
    assert (progress.meta, progress.offset) == (None, 0)


@given(st.lists(st.tuples(st.sampled_from("aArRs"), st.integers(0, 12), st.integers(0, 12))))
def test_the_match_only_grows_and_the_next_is_behind_it(
    events: list[tuple[str, int, int]],
) -> None:
    progress, match = Progress(1), 0
    for kind, index, other in events:
        if kind in "aA":
            progress.acknowledge(index)
        elif kind == "r":
            progress.reject(index, other)
        elif kind == "R":
            progress.become_replicate()
        else:
            progress.sent(progress.next + other, other)
        assert progress.match >= match
        assert progress.next > progress.match
        assert (progress.inflight == 0) <= (progress.inflight_bytes == 0)
        match = progress.match


def test_after_a_rejection_the_window_opens_step_by_step() -> None:
    progress = replicating(1)
    for last in range(2, 10):
        progress.sent(last, 10)
    assert not progress.is_full(100, 1_000)
    assert progress.reject(5, 1)
    for size in (1, 2, 4):  # that goes out with each answer that is news
        progress.acknowledge(progress.next)
        progress.become_replicate()
        sent = 0
        while not progress.is_full(100, 1_000):
            progress.sent(progress.next, 10)
            sent += 1
        assert sent == 2 * size


def test_who_acknowledges_everything_gets_as_much_as_the_limits_allow() -> None:
    progress = replicating(1)
    for last in range(2, 102):
        progress.sent(last, 10)
    assert progress.is_full(100, 10_000)
    assert not progress.is_full(101, 10_000)
