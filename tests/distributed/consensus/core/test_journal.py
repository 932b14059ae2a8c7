"""Records, and what they make durable."""

from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.core._journal import Journal
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from tests.distributed.consensus.core.kit import entries, genesis, voters

ABC = voters("a", "b", "c")


def test_there_is_no_record_when_nothing_has_changed() -> None:
    log = Log(genesis(ABC))
    assert Journal(0).cut(0, None, log) is None


def test_a_record_has_term_vote_and_the_entries_since_the_last_one() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1))
    journal.changed = True
    first = journal.cut(1, "a", log)
    log.append(entries(1, 1, first=2))
    second = journal.cut(1, "a", log)
    assert first is not None
    assert second is not None
    assert (first.number, first.term, first.vote, first.entries) == (1, 1, "a", entries(1))
    assert (second.number, second.entries) == (2, entries(1, 1, first=2))
    assert (second.truncate_from, second.snapshot, second.reset) == (None, None, False)
    assert journal.cut(1, "a", log) is None


def test_records_become_durable_in_order() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    for index in (1, 2, 3):
        log.append(entries(1, first=index))
        journal.cut(1, None, log)
    assert journal.durable == 0
    journal.on_stored(2)
    assert (journal.durable, journal.stored) == (2, 2)
    journal.on_stored(1)
    assert (journal.durable, journal.stored) == (2, 2)
    journal.on_stored(3)
    assert journal.durable == 3


def test_a_record_that_was_never_cut_cannot_be_durable() -> None:
    with pytest.raises(AssertionError, match="stored 1 of 0"):
        Journal(0).on_stored(1)


def test_entries_that_come_in_place_of_others_are_not_durable_with_those() -> None:
    """etcd 1690: the write of an entry ends when another has taken its place (ABA)."""
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1, 1))
    journal.cut(1, None, log)
    log.truncate(2)
    journal.truncated(2)
    log.append(entries(2, first=2))
    record = journal.cut(2, None, log)
    assert record is not None
    assert (record.truncate_from, record.entries) == (2, entries(2, first=2))
    journal.on_stored(1)
    assert journal.durable == 1
    journal.on_stored(2)
    assert journal.durable == 2


def test_what_was_durable_and_is_truncated_is_not_durable_any_more() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1, 1))
    journal.cut(1, None, log)
    journal.on_stored(1)
    log.truncate(1)
    journal.truncated(1)
    assert journal.durable == 0
    record = journal.cut(1, None, log)
    assert record is not None
    assert (record.truncate_from, record.entries) == (1, ())


def test_a_truncation_of_what_is_in_no_record_is_in_none_either() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1, 1))
    log.truncate(2)
    journal.truncated(2)
    record = journal.cut(1, None, log)
    assert record is not None
    assert (record.truncate_from, record.entries) == (None, entries(1))


def test_a_snapshot_of_another_member_takes_the_place_of_all_records_before() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1, 1, 1))
    journal.cut(1, None, log)
    journal.on_stored(1)
    log.append(entries(1, first=4))
    journal.cut(1, None, log)
    meta = SnapshotMeta(9, 2, ABC)
    log.reset(meta)
    journal.reset(9)
    assert journal.durable == 3
    record = journal.cut(2, None, log)
    assert record is not None
    assert (record.snapshot, record.reset, record.entries) == (meta, True, ())
    assert (record.compacted_index, record.compacted_term, record.commit) == (9, 2, 9)
    journal.on_stored(2)
    assert journal.durable == 4
    journal.on_stored(3)
    assert journal.durable == 9


def test_a_snapshot_of_its_own_says_what_is_no_longer_needed() -> None:
    log, journal = Log(genesis(ABC)), Journal(0)
    log.append(entries(1, 1, 1))
    journal.cut(1, None, log)
    log.commit_to(3)
    log.emit(3)
    meta = SnapshotMeta(3, 1, ABC)
    log.take(meta, trailing=1)
    journal.compacted()
    record = journal.cut(1, None, log)
    assert record is not None
    assert (record.snapshot, record.reset) == (meta, False)
    assert (record.compacted_index, record.compacted_term) == (2, 1)
    log.append(entries(1, first=4))
    after = journal.cut(1, None, log)
    assert after is not None
    assert (after.snapshot, after.compacted_index, after.compacted_term) == (None, 0, 0)
