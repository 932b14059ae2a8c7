"""The kill matrix: bugs that Raft implementations are known to have had, and what catches them.

python -m tests.distributed.consensus.cluster.matrix     writes docs/raft-kill-matrix.md
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.distributed.consensus.cluster.mutants import MUTANTS

__all__ = ["BUGS", "PAGE", "ROOT", "Bug", "page"]

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs/raft-kill-matrix.md"
_TESTS = "tests/distributed/consensus"


@dataclass(frozen=True)
class Bug:
    """A known bug, where it was seen, and the directed tests for it, as (file, function)."""

    number: int
    title: str
    seen: str
    tests: tuple[tuple[str, str], ...] = ()
    reason: str = ""  # why it cannot be had here


def _bug(number: int, title: str, seen: str, *tests: str, reason: str = "") -> Bug:
    found = tuple((f"{_TESTS}/{path}", name) for path, name in (t.split("::") for t in tests))
    return Bug(number, title, seen, found, reason)


BUGS = (
    _bug(
        1,
        "An entry of an earlier term is committed by counting, or stops commits for ever",
        "paper 5.4.2, figure 8; PySyncObj 169; raftos 30",
        "core/test_replication.py::test_an_entry_of_an_earlier_term_is_not_committed_by_counting",
    ),
    _bug(
        2,
        "Members are changed before an entry of the leader's own term is committed",
        "Ongaro on raft-dev, 2015; braft 182; copycat 23",
        "core/test_membership.py::test_a_change_waits_for_the_entry_of_the_leader_s_own_term",
    ),
    _bug(
        3,
        "A configuration counts from when it is applied, or is lost in a restart",
        "etcd 7625, 12359",
        "core/test_membership.py::test_a_configuration_counts_from_the_moment_it_is_in_the_log",
        "core/test_membership.py::"
        "test_a_configuration_is_known_again_after_a_restart_though_the_commit_is_not",
    ),
    _bug(
        4,
        "A leader that removes itself counts itself, or goes on, or stops too early",
        "etcd 10563; etcd-io/raft 83",
        "core/test_membership.py::test_a_leader_that_removes_itself_does_not_count_itself",
        "core/test_membership.py::"
        "test_a_leader_that_removes_itself_goes_on_until_that_is_committed",
        "core/test_membership.py::test_a_group_of_one_grows_to_two_and_shrinks_again",
    ),
    _bug(
        5,
        "A learner that was promoted without knowing does not vote",
        "etcd 10998; openraft 1805",
        "core/test_election.py::"
        "test_a_learner_votes_because_it_may_have_been_promoted_without_knowing",
    ),
    _bug(
        6,
        "A member that was cut off comes back with a later term and disturbs",
        "thesis 9.6",
        "core/test_election.py::test_a_member_that_comes_back_does_not_disturb",
    ),
    _bug(
        7,
        "Pre-votes that end in a deadlock",
        "etcd 8243, 8334, 8501; hashicorp/raft 605, 609; canonical/raft 279",
        "core/test_election.py::"
        "test_a_request_of_a_term_that_is_over_is_told_the_term_and_nothing_else",
        "core/test_election.py::test_a_yes_in_advance_is_no_promise_and_keeps_nobody_waiting",
        "core/test_election.py::test_a_member_with_a_later_term_comes_back_into_the_group",
    ),
    _bug(
        8,
        "A leader that hears nobody goes on, and keeps others from being elected",
        "Cloudflare, November 2020; TigerBeetle, July 2023",
        "core/test_election.py::test_a_leader_that_is_not_heard_back_gives_way",
        "core/test_election.py::test_a_leader_is_found_when_the_old_one_hears_only_one_member",
    ),
    _bug(
        9,
        "Reads before the leader has committed in its own term",
        "etcd 7331; TiKV 9239; RedisRaft 22",
        "core/test_reads.py::test_a_read_waits_until_an_entry_of_the_leader_s_term_is_committed",
    ),
    _bug(
        10,
        "An old answer to a heartbeat confirms a later read",
        "etcd 20418; TiKV 7995",
        "core/test_reads.py::test_an_answer_to_an_earlier_round_confirms_no_later_read",
        "core/test_reads.py::test_an_answer_of_an_earlier_term_confirms_nothing",
    ),
    _bug(
        11,
        "A lease that outlives the leadership: handed over, or with clocks that differ",
        "etcd-io/raft 99; raft-rs 0.5.0",
        "core/test_reads.py::test_a_lease_is_from_when_the_round_was_sent_and_not_from_its_answer",
        "core/test_reads.py::test_no_lease_holds_while_leadership_is_handed_over_nor_after_that",
    ),
    _bug(
        12,
        "A vote or a term is told before it is durable",
        "PySyncObj 84, 202; NodeDB 161",
        "core/test_election.py::test_a_vote_is_not_given_before_it_is_durable",
        "core/test_election.py::test_nothing_is_asked_before_term_and_own_vote_are_durable",
    ),
    _bug(
        13,
        "Term and vote are not written as one, or the vote is forgotten",
        "hashicorp/raft 661; redpanda 14",
        "core/test_election.py::test_term_and_vote_are_one_record",
        "core/test_election.py::test_stepping_down_in_a_term_does_not_forget_its_vote",
        "storage/test_layout.py::test_a_write_that_ends_early_is_torn",
    ),
    _bug(
        14,
        "A term and entries are written in the wrong order",
        "openraft, io_ordering",
        "core/test_following.py::test_a_term_is_durable_before_an_acknowledgement_in_it",
        "storage/test_recovery.py::test_records_behind_one_that_was_never_durable_do_not_count",
    ),
    _bug(
        15,
        "Entries are acknowledged before they are durable, or the commit index is ahead of them",
        "PySyncObj 84, 197",
        "core/test_following.py::test_nothing_is_acknowledged_before_it_is_durable",
        "core/test_log.py::test_a_commit_ahead_of_the_log_is_not_believed",
        "storage/test_store_laws.py::"
        "test_after_a_crash_what_was_acknowledged_is_there_and_nothing_without_what_came_before",
    ),
    _bug(
        16,
        "An old request drops entries that match, and were acknowledged",
        "openraft 9540c904; raftos 26",
        "core/test_following.py::test_an_old_request_does_not_undo_what_came_after_it",
    ),
    _bug(
        17,
        "An acknowledgement of an earlier term is counted",
        "SandTable on PySyncObj 169",
        "core/test_replication.py::test_an_acknowledgement_of_an_earlier_term_is_not_counted",
    ),
    _bug(
        18,
        "The commit index goes back, or beyond what is known to match",
        "PySyncObj 166; etcd 1717; WRaft 118",
        "core/test_following.py::"
        "test_the_commit_is_the_leaders_up_to_where_the_logs_are_known_to_match",
        "core/test_following.py::test_a_heartbeat_does_not_take_the_commit_back",
    ),
    _bug(
        19,
        "An answer that comes late takes back what a member is known to have",
        "PySyncObj 167; raftos 25; etcd-io/raft 149",
        "core/test_progress.py::test_old_and_repeated_answers_do_not_move_it_back",
        "core/test_replication.py::test_answers_in_any_order_commit_the_same",
    ),
    _bug(
        20,
        "Logs are not compared by term first, and then by index",
        "openraft a48a3282",
        "core/test_log.py::test_logs_are_compared_by_term_first_and_then_by_index",
    ),
    _bug(
        21,
        "Off by one where the snapshot ends",
        "WRaft 118",
        "core/test_log.py::test_terms_are_known_from_the_compaction_to_the_end",
        "core/test_log.py::test_truncated_to_the_compaction_it_ends_as_the_compaction_did",
        "core/test_snapshots.py::test_the_boundary_is_one_entry_wide",
    ),
    _bug(
        22,
        "A snapshot drops entries behind it, comes too late, or is not one with its record",
        "openraft eed681d5; scylladb 9603; etcd 8082, 10219, 12691; etcd-io/raft 157",
        "core/test_installing.py::"
        "test_a_snapshot_of_what_is_in_the_log_leaves_the_entries_after_it",
        "core/test_installing.py::test_an_old_snapshot_changes_nothing",
        "storage/test_snapshots.py::test_a_snapshot_survives_a_crash_with_its_record",
        "storage/test_snapshots.py::"
        "test_the_older_one_goes_only_when_the_record_of_the_newer_is_durable",
    ),
    _bug(
        23,
        "The disk is done with entries that others have taken the place of",
        "etcd 1690; cockroach 124440",
        "core/test_journal.py::"
        "test_entries_that_come_in_place_of_others_are_not_durable_with_those",
    ),
    _bug(
        24,
        "Entries are applied before they are durable where they are applied",
        "etcd 10508, 14143, 16675",
        "core/test_following.py::test_committed_entries_are_handed_out_once_they_are_durable_here",
    ),
    _bug(
        25,
        "A configuration is lost in a snapshot",
        "openraft dba24036, 447dc11c",
        "core/test_log.py::test_a_snapshot_keeps_the_configuration_and_the_trailing_entries",
        "core/test_log.py::test_later_configurations_outlive_a_snapshot",
    ),
    _bug(
        26,
        "A quorum is counted wrongly",
        "openraft 1802, d60f1e85",
        "core/test_quorum.py::test_a_quorum_is_a_majority_of_each_side",
        "core/test_quorum.py::test_half_of_an_even_group_is_no_quorum",
    ),
    _bug(
        27,
        "Leadership is handed to one who is not up to date, or with proposals still going in",
        "hashicorp/raft 413, 487, 570, 581; canonical/raft 203",
        "core/test_transfer.py::test_a_target_is_not_told_before_its_log_is_complete",
        "core/test_transfer.py::test_a_target_that_has_fallen_behind_since_is_not_told_again",
        "core/test_proposals.py::test_nothing_is_proposed_while_leadership_is_handed_over",
    ),
    _bug(
        28,
        "Who reads the log for a stream of requests sees the term change in between",
        "openraft, log_stream",
        reason="a request is cut from the log and leaves the core in one step: nothing is between",
    ),
    _bug(
        29,
        "Changes of members at the same time, or a joint configuration that nobody leaves",
        "openraft, joint consensus before April 2025",
        "core/test_membership.py::test_a_change_is_refused_while_another_is_under_way",
        "core/test_membership.py::test_a_new_leader_leaves_the_joint_configuration_that_it_finds",
    ),
    _bug(
        30,
        "A follower that nothing is sent to any more",
        "etcd 10308, 14633; etcd-io/raft 31",
        "core/test_replication.py::test_a_lost_probe_is_sent_again_when_the_member_is_heard",
        "core/test_replication.py::test_a_window_full_of_lost_requests_opens_again",
        "core/test_snapshots.py::test_a_lost_chunk_is_sent_again_after_an_election_timeout",
    ),
    _bug(
        31,
        "An old vote elects, or a leader votes for others",
        "Xraft 33; DaosRaft 70",
        "core/test_election.py::test_a_vote_of_an_earlier_term_elects_nobody",
        "core/test_election.py::test_a_leader_does_not_vote_for_others_in_its_term",
    ),
    _bug(
        32,
        "Bytes that make no sense end the member",
        "raftos 27; PySyncObj 161",
        "wire/test_peer_messages.py::test_junk_is_refused_and_nothing_else_is_raised",
        "wire/test_peer_messages.py::test_a_message_with_one_wrong_field_is_refused_or_read",
        "wire/test_packing.py::test_bytes_are_entries_or_refused",
    ),
)

_HEAD = """\
# The kill matrix of the Raft group

Bugs that Raft implementations are known to have had, and what catches each of them here.
**Planted**: the bug is put into the core, and the simulator of whole groups
(`tests/distributed/consensus/cluster`) has to find it within that many seeds, while the right core
passes them all; *by test*: no seed shows it, and a test runs a directed one of that row to see it
fail with the bug. **Tests** are directed ones. This page is written by
`python -m tests.distributed.consensus.cluster.matrix`, and a test compares it.

| | the bug | seen in | planted: within seeds | tests |
|--:|---|---|---|---|
"""


def page() -> str:
    """The text of the page."""
    return _HEAD + "".join(map(_row, BUGS))


def _row(bug: Bug) -> str:
    planted = "<br>".join(
        f"{mutant.title}: {f'{mutant.seeds:,}' if mutant.seeds else 'by test'}"
        for mutant in MUTANTS.values()
        if mutant.number == bug.number
    )
    tests = "<br>".join(f"`{name}`" for _, name in bug.tests)
    cells = (str(bug.number), bug.title, bug.seen, planted, tests or f"cannot be had: {bug.reason}")
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
