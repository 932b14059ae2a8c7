"""A follower's taking over of a snapshot."""

from __future__ import annotations

from holon_actors.distributed.consensus.core.effects import ChunkToStore, Effects, Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    ChunkStored,
    SnapshotReceived,
    SnapshotRejected,
    Stored,
)
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Message,
    SnapshotChunk,
    SnapshotReply,
)
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import entries, genesis, voters

ABC = voters("a", "b", "c")
AB = voters("a", "b")
META = SnapshotMeta(5, 2, AB, 10, 77)


class Zero:
    def randrange(self, start: int, stop: int) -> int:
        return start


def member(*terms: int, commit: int = 0) -> Raft:
    """`a` with entries of these terms; its shell is the test."""
    disk = genesis(ABC)
    if terms:
        disk = Recovered(max(terms), None, commit, disk.snapshot, 0, 0, entries(*terms))
    return Raft("a", disk, CoreSettings(), Zero())


def chunk(
    offset: int, data: bytes, meta: SnapshotMeta = META, *, term: int = 2, sender: str = "b"
) -> SnapshotChunk:
    return SnapshotChunk(sender, "a", term, meta, offset, data)


def have(offset: int, meta: SnapshotMeta = META, *, term: int = 2) -> tuple[Message, ...]:
    return (SnapshotReply("a", "b", term, meta.index, offset),)


def gap(offset: int, meta: SnapshotMeta = META) -> tuple[Message, ...]:
    return (SnapshotReply("a", "b", 2, meta.index, offset, gap=True),)


def installed(meta: SnapshotMeta = META, *, term: int = 2) -> tuple[Message, ...]:
    return (SnapshotReply("a", "b", term, meta.index, 0, True),)


def receive(core: Raft, meta: SnapshotMeta = META) -> Effects:
    """All of a snapshot, in one chunk; returns what its end comes to."""
    core.step(chunk(0, b"0123456789"[: meta.size], meta))
    effects = core.step(SnapshotReceived(meta))
    core.check_invariants()
    return effects


def stored(core: Raft, effects: Effects) -> tuple[Message, ...]:
    assert effects.record is not None
    return core.step(Stored(effects.record.number)).messages


def test_chunks_are_stored_one_after_the_other_and_answered_when_they_are() -> None:
    core = member()
    effects = core.step(chunk(0, b"01234"))
    assert effects.to_store == ChunkToStore(META, 0, b"01234")
    assert not effects.messages
    assert core.step(ChunkStored(META, 5)).messages == have(5)
    assert core.step(chunk(5, b"56789")).to_store == ChunkToStore(META, 5, b"56789")


def test_a_whole_snapshot_stands_for_the_log_and_all_that_was_in_it() -> None:
    core = member(1, 1, 1)
    effects = receive(core)
    assert effects.restore == META
    assert effects.configuration == AB
    record = effects.record
    assert record is not None
    assert (record.reset, record.snapshot, record.entries) == (True, META, ())
    assert (record.compacted_index, record.compacted_term, record.commit) == (5, 2, 5)
    assert not effects.messages
    assert stored(core, effects) == installed()
    status = core.status()
    assert (status.last_index, status.commit, status.compacted_index) == (5, 5, 5)


def test_the_log_goes_on_behind_a_snapshot_that_is_not_durable_yet() -> None:
    core = member()
    effects = receive(core)
    more = core.step(AppendRequest("b", "a", 2, 5, 2, entries(2, first=6), 6))
    assert not more.committed
    assert more.record is not None
    after = core.step(Stored(more.record.number))
    assert [entry.index for entry in after.committed] == [6]
    assert after.messages == (*installed(), AppendReply("a", "b", 2, 6))
    assert effects.record is not None


def test_a_snapshot_of_what_is_in_the_log_leaves_the_entries_after_it() -> None:
    """Paper, section 7; openraft's snapshot_replication.md."""
    core = member(1, 1, 1, 2, 2, 2, 2)
    effects = core.step(chunk(0, b"01234"))
    assert effects.to_store is None
    status = core.status()
    assert (status.commit, status.last_index, status.snapshot.index) == (5, 7, 0)
    assert [entry.index for entry in effects.committed] == [1, 2, 3, 4, 5]
    assert effects.messages == installed()


def test_a_snapshot_of_what_conflicts_with_the_log_replaces_it() -> None:
    core = member(1, 1, 1, 1, 1, 1, 1)
    effects = receive(core)
    assert effects.restore == META
    assert core.status().last_index == 5


def test_an_old_snapshot_changes_nothing() -> None:
    core = member(1, 1, 2, 2, 2, 2, commit=6)
    core.step(ChunkStored(META, 5))
    effects = core.step(chunk(0, b"01234"))
    assert effects.messages == installed()
    assert core.status().snapshot.index == 0


def test_a_snapshot_that_has_become_old_while_it_came_changes_nothing() -> None:
    """openraft eed681d5: an install that races with what is applied."""
    core = member()
    core.step(chunk(0, b"0123456789"))
    core.step(AppendRequest("b", "a", 2, 0, 0, entries(1, 1, 2, 2, 2, 2), 6))
    effects = core.step(SnapshotReceived(META))
    assert effects.restore is None
    assert core.status().last_index == 6
    assert effects.record is None


def test_a_chunk_that_comes_twice_is_stored_once() -> None:
    core = member()
    core.step(chunk(0, b"01234"))
    effects = core.step(chunk(0, b"01234"))
    assert effects.to_store is None
    assert effects.messages == have(0)  # the leader sees that the member is at it
    core.step(ChunkStored(META, 5))
    effects = core.step(chunk(0, b"01234"))
    assert effects.to_store is None
    assert effects.messages == have(5)


def test_a_chunk_that_leaves_a_gap_is_answered_with_where_to_go_on() -> None:
    core = member()
    assert core.step(chunk(5, b"56789")).messages == gap(0)


def test_chunks_are_taken_while_earlier_ones_are_being_stored() -> None:
    core = member()
    core.step(chunk(0, b"012"))
    effects = core.step(chunk(3, b"345"))
    assert (effects.to_store, effects.messages) == (ChunkToStore(META, 3, b"345"), ())
    assert core.step(chunk(8, b"89")).messages == gap(6)
    assert core.step(chunk(3, b"345")).messages == have(0)
    assert core.step(ChunkStored(META, 6)).messages == have(6)
    assert core.step(ChunkStored(META, 3)).messages == have(6)  # told late
    assert core.step(chunk(6, b"6789")).to_store == ChunkToStore(META, 6, b"6789")


def test_what_is_told_of_an_attempt_before_is_no_more_than_what_has_come() -> None:
    core = member()
    core.step(chunk(0, b"0123456789"))
    core.step(SnapshotRejected(META))
    core.step(chunk(0, b"01"))
    assert core.step(ChunkStored(META, 5)).messages == have(2)


def test_the_end_of_a_snapshot_is_stored_once() -> None:
    core = member()
    empty = SnapshotMeta(5, 2, AB)
    assert core.step(chunk(0, b"", empty)).to_store == ChunkToStore(empty, 0, b"")
    effects = core.step(chunk(0, b"", empty))
    assert (effects.to_store, effects.messages) == (None, have(0))


def test_another_leader_may_go_on_with_the_same_snapshot() -> None:
    core = member()
    core.step(chunk(0, b"01234"))
    core.step(ChunkStored(META, 5))
    effects = core.step(chunk(5, b"56789", term=3, sender="c"))
    assert effects.to_store == ChunkToStore(META, 5, b"56789")
    after = core.step(SnapshotReceived(META))
    assert stored(core, after) == (SnapshotReply("a", "c", 3, 5, 0, True),)


def test_a_newer_snapshot_takes_the_place_of_one_that_was_begun() -> None:
    newer = SnapshotMeta(8, 2, AB, 4)
    core = member()
    core.step(chunk(0, b"01234"))
    effects = core.step(chunk(0, b"0123", newer))
    assert effects.to_store == ChunkToStore(newer, 0, b"0123")
    assert core.step(ChunkStored(META, 5)).messages == ()
    assert core.step(SnapshotReceived(META)).restore is None
    assert core.step(SnapshotReceived(newer)).restore == newer


def test_an_older_snapshot_of_the_same_leader_is_a_message_that_comes_late() -> None:
    newer = SnapshotMeta(8, 2, AB, 4)
    core = member()
    core.step(chunk(0, b"012", newer))
    core.step(ChunkStored(newer, 3))
    effects = core.step(chunk(0, b"01234"))
    assert (effects.to_store, effects.messages) == (None, ())
    assert core.step(chunk(3, b"3", newer)).to_store is not None


def test_an_older_snapshot_of_a_later_leader_is_what_there_is() -> None:
    newer = SnapshotMeta(8, 2, AB, 4)
    core = member()
    core.step(chunk(0, b"012", newer))
    effects = core.step(chunk(0, b"01234", term=3, sender="c"))
    assert effects.to_store == ChunkToStore(META, 0, b"01234")


def test_a_damaged_snapshot_begins_anew() -> None:
    core = member()
    core.step(chunk(0, b"0123456789"))
    assert core.step(SnapshotRejected(META, "checksum")).messages == ()
    assert core.status().commit == 0
    assert core.step(chunk(5, b"56789")).messages == gap(0)
    assert core.step(chunk(0, b"01234")).to_store is not None


def test_what_is_told_of_a_snapshot_that_is_not_expected_is_nothing() -> None:
    core = member()
    for event in (ChunkStored(META, 5), SnapshotReceived(META), SnapshotRejected(META)):
        assert core.step(event) == Effects()
    core.step(chunk(0, b"01234"))
    assert core.step(SnapshotRejected(SnapshotMeta(4, 2, AB, 4))) == Effects()
    assert core.step(ChunkStored(META, 5)).messages == have(5)


def test_a_snapshot_of_an_earlier_term_does_not_take_the_term_back() -> None:
    """WRaft 118.4: the term became that of the snapshot's last entry."""
    core = member()
    core.step(chunk(0, b"0123456789", term=7))
    effects = core.step(SnapshotReceived(META))
    assert effects.record is not None
    assert (effects.record.term, core.status().term, core.status().last_term) == (7, 7, 2)


def test_a_chunk_makes_the_member_wait_anew() -> None:
    core = member()
    core._state.elapsed = 5
    core.step(chunk(0, b"01234"))
    assert core._state.elapsed == 0
    assert core.status().leader == "b"


def test_a_snapshot_installed_over_records_that_are_not_durable_yet_is_durable_after_them() -> None:
    core = member()
    first = core.step(AppendRequest("b", "a", 2, 0, 0, entries(1, 1), 0))
    effects = receive(core)
    assert first.record is not None
    assert effects.record is not None
    assert core.step(Stored(first.record.number)).messages == (AppendReply("a", "b", 2, 2),)
    assert core.status().durable == 2
    assert core.step(Stored(effects.record.number)).messages == installed()
    assert core.status().durable == 5
