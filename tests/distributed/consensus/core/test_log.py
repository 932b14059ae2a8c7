"""The log in memory."""

from __future__ import annotations

import pytest
from holon_transports.codec import dumps
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from tests.distributed.consensus.core.kit import entries, genesis, voters

ABC = voters("a", "b", "c")


def log_of(*terms: int, compacted: int = 0, commit: int = 0) -> Log:
    """A log with entries of these terms, the first `compacted` of which are gone."""
    whole = entries(*terms)
    term = whole[compacted - 1].term if compacted else 0
    meta = SnapshotMeta(compacted, term, ABC)
    return Log(Recovered(9, None, commit, meta, compacted, term, whole[compacted:]))


def configuration_entry(index: int, term: int, configuration: Configuration) -> Entry:
    return Entry(index, term, EntryKind.CONFIGURATION, configuration.encode())


def test_an_empty_log_ends_at_index_0_of_term_0() -> None:
    log = Log(genesis(ABC))
    assert (log.last_index, log.last_term, log.commit) == (0, 0, 0)
    assert log.matches(0, 0)
    assert not log.matches(1, 0)
    assert list(log) == []


def test_terms_are_known_from_the_compaction_to_the_end() -> None:
    log = log_of(1, 1, 2, 4, compacted=2)
    assert [log.term_at(index) for index in (2, 3, 4)] == [1, 2, 4]
    assert not log.matches(1, 1)
    with pytest.raises(AssertionError):
        log.term_at(1)
    with pytest.raises(AssertionError):
        log.term_at(5)


def test_a_commit_ahead_of_the_log_is_not_believed() -> None:
    """PySyncObj 197: metadata that says more than the journal has kept a node from starting."""
    assert log_of(1, 1, commit=7).commit == 2


def test_a_snapshot_is_committed_whatever_the_hint_says() -> None:
    log = log_of(1, 1, 1, compacted=2, commit=0)
    assert (log.commit, log.emitted, log.applied) == (2, 2, 2)


@pytest.mark.parametrize(
    ("last_index", "last_term", "fit"),
    [(3, 2, True), (4, 2, True), (1, 3, True), (2, 2, False), (9, 1, False), (0, 0, False)],
)
def test_logs_are_compared_by_term_first_and_then_by_index(
    last_index: int, last_term: int, fit: bool
) -> None:
    """Paper 5.4.1; as a pair in order, not each for itself (openraft a48a3282)."""
    assert log_of(1, 2, 2).is_behind(last_index, last_term) == fit


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=8).map(sorted),
    st.integers(0, 7),
    st.integers(0, 9),
    st.integers(0, 5),
)
def test_the_last_not_above_a_term_is_found_as_by_looking_at_each(
    terms: list[int], compacted: int, index: int, term: int
) -> None:
    log = log_of(*terms, compacted=min(compacted, len(terms)))
    wanted = [entry.index for entry in log if entry.index <= index and entry.term <= term]
    assert log.last_not_above(index, term) == max(wanted, default=log.compacted_index)


def test_the_same_entries_are_the_same_object_when_asked_for_again() -> None:
    log = log_of(1, 1, 2)
    assert log.between(1, 2) is log.between(1, 2)
    assert log.between(2, 3) == entries(1, 2, first=2)
    assert log.between(4, 3) == ()


def test_entries_that_have_been_replaced_are_not_served_from_memory() -> None:
    log = log_of(1, 1, 1)
    log.between(2, 3)
    log.truncate(2)
    log.append(entries(2, 2, first=2))
    assert [entry.term for entry in log.between(2, 3)] == [2, 2]


def test_a_message_takes_as_many_entries_as_fit_and_one_at_least() -> None:
    def fit(first: int, entries_max: int, bytes_max: int) -> tuple[int, int]:
        return log_of(1, 1, 1, 1).fit(first, entries_max, bytes_max)  # 3 bytes each

    assert fit(1, 100, 100) == (4, 12)
    assert fit(1, 2, 100) == (2, 6)
    assert fit(1, 100, 9) == (3, 9)
    assert fit(2, 100, 8) == (3, 6)
    assert fit(1, 100, 1) == (1, 3)
    assert fit(4, 1, 1) == (4, 3)


def test_what_fits_is_looked_at_anew_when_the_log_has_changed() -> None:
    log = log_of(1, 1)
    assert log.fit(1, 9, 99) == log.fit(1, 9, 99) == (2, 6)
    log.append([Entry(3, 1, EntryKind.COMMAND, b"long enough")])
    assert log.fit(1, 9, 99) == (3, 17)
    assert log.fit(3, 9, 99) == (3, 11)
    log.truncate(3)
    log.append(entries(2, first=3))
    assert log.fit(3, 9, 99) == (3, 3)


def test_the_first_conflict_is_where_an_entry_is_missing_or_of_another_term() -> None:
    log = log_of(1, 1, 2)
    assert log.conflict(entries(1, 1)) == 3
    assert log.conflict(entries(1, 1, 2)) == 4
    assert log.conflict(entries(1, 1, 2, 2)) == 4
    assert log.conflict(entries(1, 2)) == 2


def test_entries_have_to_follow_on_the_last() -> None:
    log = log_of(1)
    log.append(())
    with pytest.raises(AssertionError):
        log.append(entries(1, first=3))


def test_an_entry_that_cannot_be_read_adds_nothing() -> None:
    log = log_of(1)
    wrong = Entry(3, 1, EntryKind.CONFIGURATION, dumps([1, 2]))
    with pytest.raises(ValueError, match="unpack"):
        log.append([*entries(1, first=2), wrong])
    assert (log.last_index, list(log)) == (1, [*entries(1)])


def test_what_is_committed_is_not_truncated() -> None:
    log = log_of(1, 1, commit=1)
    with pytest.raises(AssertionError):
        log.truncate(1)
    with pytest.raises(AssertionError):
        log.truncate(3)


def test_truncated_to_the_compaction_it_ends_as_the_compaction_did() -> None:
    log = log_of(1, 3, 3, compacted=1)
    log.truncate(2)
    assert (log.last_index, log.last_term) == (1, 1)


def test_the_commit_only_grows_and_not_past_the_end() -> None:
    """etcd 1717, PySyncObj 166: a commit index that goes back."""
    log = log_of(1, 1, 1)
    assert log.commit_to(2)
    assert not log.commit_to(1)
    assert not log.commit_to(2)
    assert log.commit == 2
    with pytest.raises(AssertionError):
        log.commit_to(4)


def test_entries_are_handed_out_once_and_when_they_are_both_committed_and_durable() -> None:
    log = log_of(1, 1, 1)
    assert log.emit(3) == ()
    log.commit_to(2)
    assert log.emit(0) == ()
    assert log.emit(1) == entries(1)
    assert log.emit(3) == entries(1, first=2)
    assert log.emit(3) == ()


def test_a_configuration_counts_from_its_entry_on_until_it_is_truncated() -> None:
    log = log_of(1)
    log.append([configuration_entry(2, 1, voters("a", "b")), *entries(1, first=3)])
    log.append([configuration_entry(4, 1, voters("a"))])
    assert log.configuration == voters("a")
    assert log.configuration_index == 4
    assert [log.configuration_at(index) for index in (1, 2, 3, 4)] == [
        ABC,
        voters("a", "b"),
        voters("a", "b"),
        voters("a"),
    ]
    log.truncate(4)
    assert (log.configuration, log.configuration_index) == (voters("a", "b"), 2)
    log.truncate(2)
    assert (log.configuration, log.configuration_index) == (ABC, 0)


def test_configurations_that_may_be_the_last_committed_end_with_one_that_is() -> None:
    log = log_of(1)
    log.append([configuration_entry(2, 1, voters("a", "b")), configuration_entry(3, 1, ABC)])
    assert log.possible_configurations() == [ABC, voters("a", "b"), ABC]
    log.commit_to(2)
    assert log.possible_configurations() == [voters("a", "b"), ABC]
    log.commit_to(3)
    assert log.possible_configurations() == [ABC]


def test_the_configuration_is_found_in_the_log_again() -> None:
    """The commit is not durable, so it must not be what a configuration depends on."""
    log = log_of(1)
    log.append([configuration_entry(2, 1, voters("a"))])
    again = Log(Recovered(1, None, 0, SnapshotMeta(0, 0, ABC), 0, 0, tuple(log)))
    assert again.configuration == voters("a")


def test_a_snapshot_keeps_the_configuration_and_the_trailing_entries() -> None:
    """openraft 447dc11c: the configuration went with the entries that were compacted."""
    log = log_of(1)
    log.append([configuration_entry(2, 1, voters("a")), *entries(1, 2, first=3)])
    log.commit_to(4)
    log.emit(4)
    log.take(SnapshotMeta(3, 1, log.configuration_at(3)), trailing=1)
    assert (log.compacted_index, log.compacted_term) == (2, 1)
    assert [entry.index for entry in log] == [3, 4]
    assert (log.configuration, log.configuration_index) == (voters("a"), 3)
    with pytest.raises(IndexError, match="before the snapshot at 3"):
        log.configuration_at(2)
    log.take(SnapshotMeta(4, 2, voters("a")), trailing=0)
    assert (log.compacted_index, log.compacted_term, list(log)) == (4, 2, [])


def test_later_configurations_outlive_a_snapshot() -> None:
    log = log_of(1, 1)
    log.append([configuration_entry(3, 1, voters("a"))])
    log.commit_to(2)
    log.emit(2)
    log.take(SnapshotMeta(2, 1, ABC), trailing=0)
    assert (log.configuration, log.configuration_index) == (voters("a"), 3)
    log.truncate(3)
    assert log.configuration == ABC


def test_trailing_entries_that_are_gone_already_do_not_come_back() -> None:
    log = log_of(1, 1, 1, 1, compacted=2)
    log.commit_to(4)
    log.emit(4)
    log.take(SnapshotMeta(4, 1, ABC), trailing=100)
    assert log.compacted_index == 2


def test_only_what_was_handed_out_can_be_in_a_snapshot() -> None:
    log = log_of(1, 1)
    log.commit_to(2)
    log.emit(1)
    with pytest.raises(AssertionError):
        log.take(SnapshotMeta(2, 1, ABC), trailing=0)


def test_another_members_snapshot_replaces_everything() -> None:
    log = log_of(1, 1, 1)
    log.between(1, 3)
    log.reset(SnapshotMeta(7, 3, voters("a")))
    assert (log.last_index, log.last_term, log.commit, log.emitted) == (7, 3, 7, 7)
    assert (log.configuration, log.configuration_index) == (voters("a"), 7)
    assert list(log) == []
    log.append(entries(3, first=8))
    assert log.between(8, 8) == entries(3, first=8)
    with pytest.raises(AssertionError):
        log.reset(SnapshotMeta(7, 3, voters("a")))


def test_entries_from_before_the_snapshot_do_not_bring_their_configurations_back() -> None:
    old = configuration_entry(1, 1, voters("x"))
    log = Log(Recovered(1, None, 2, SnapshotMeta(2, 1, ABC), 0, 0, (old, *entries(1, first=2))))
    assert (log.configuration, log.configuration_index) == (ABC, 2)
