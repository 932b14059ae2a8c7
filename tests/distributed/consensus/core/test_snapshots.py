"""A leader's sending of snapshots."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core.effects import ChunkToSend
from holon_actors.distributed.consensus.core.inputs import Change, Unreachable
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    HeartbeatReply,
    SnapshotChunk,
    SnapshotReply,
)
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster

SMALL = CoreSettings(trailing_entries=0, chunk_bytes=4, chunks_inflight_max=3)


def behind(settings: CoreSettings = SMALL, names: str = "abc") -> Cluster:
    """A group led by `a`, whose `c` has missed what `a` has compacted."""
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    cluster.isolate("c")
    cluster.propose("a", b"x", b"y", b"z")
    cluster.snapshot("a")
    cluster.heal()
    return cluster


def sending(cluster: Cluster, to: str = "c") -> tuple[str, int]:
    (found,) = [each for each in cluster["a"].core.status().members if each.name == to]
    return found.sending, found.snapshot_offset


def chunks(cluster: Cluster) -> list[int]:
    return [m.offset for m in cluster.wire if isinstance(m, SnapshotChunk)]


def begin(cluster: Cluster) -> None:
    """Up to the first chunk on the wire."""
    cluster.tick("a", settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))


def test_a_member_that_needs_what_is_compacted_gets_the_snapshot() -> None:
    cluster = behind()
    cluster.tick("a")
    assert cluster["c"].state == cluster["a"].state
    assert cluster["c"].core.status().commit == 4
    assert sending(cluster) == ("replicate", 0)
    cluster.propose("a", b"more")
    assert cluster["c"].applied[-1].data == b"more"


def test_a_member_a_little_behind_gets_the_entries_that_were_kept() -> None:
    cluster = behind(CoreSettings(trailing_entries=3))
    cluster.tick("a")
    assert cluster["c"].core.status().snapshot.index == 0
    assert len(cluster["c"].applied) == 4


def test_the_boundary_is_one_entry_wide() -> None:
    """WRaft 118.2: at the snapshot's own index there is nothing to send but the snapshot."""
    for trailing, snapshot in ((3, 0), (2, 4)):
        cluster = behind(CoreSettings(trailing_entries=trailing))
        cluster.tick("a")
        assert cluster["c"].core.status().snapshot.index == snapshot


def test_a_new_member_of_a_group_with_a_past_begins_with_the_snapshot() -> None:
    cluster = behind()
    cluster.join("d")
    cluster.ask("a", Change, add=(("d", "at-d"),))
    cluster.tick()
    assert cluster["d"].state == cluster["a"].state
    assert cluster["d"].core.status().configuration == cluster["a"].core.status().configuration
    assert "d" in cluster["a"].core.status().configuration.voters


def test_the_first_chunk_goes_alone_and_no_entries_beside_it() -> None:
    cluster = behind()
    begin(cluster)
    assert chunks(cluster) == [0]
    cluster.propose("a", b"more", settle=False)
    cluster.settle(lambda m: not isinstance(m, SnapshotChunk))
    assert chunks(cluster) == [0]
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [4, 8, 12]
    assert sending(cluster) == ("snapshot", 4)


def flowing() -> Cluster:
    """The first chunk has been answered, and the next three are on the wire."""
    cluster = behind(CoreSettings(trailing_entries=0, chunk_bytes=2, chunks_inflight_max=3))
    begin(cluster)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [2, 4, 6]
    return cluster


def lose(cluster: Cluster, offset: int) -> None:
    cluster.wire = deque(
        m for m in cluster.wire if not (isinstance(m, SnapshotChunk) and m.offset == offset)
    )


def test_each_answer_makes_room_for_as_much_as_it_tells_of() -> None:
    cluster = flowing()
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk) and m.offset == 2)
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert sorted(chunks(cluster)) == [4, 6, 8]
    for offset in (4, 6):
        cluster.deliver(lambda m, at=offset: isinstance(m, SnapshotChunk) and m.offset == at)
    replies = [m for m in cluster.wire if isinstance(m, SnapshotReply)]
    cluster.do("a", replies[-1])
    assert chunks(cluster) == [8, 10, 12]
    cluster.do("a", replies[0])  # it comes late
    assert chunks(cluster) == [8, 10, 12]


def test_a_chunk_that_was_lost_is_sent_again_alone_when_the_next_ones_come() -> None:
    cluster = flowing()
    lose(cluster, 2)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    assert len(cluster.wire) == 2
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [2]  # once, though both of the others have told of the gap
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [4, 6, 8]
    cluster.settle()
    assert cluster["c"].state == cluster["a"].state


def test_a_chunk_that_was_lost_behind_others_is_sent_again() -> None:
    cluster = flowing()
    lose(cluster, 4)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    replies = [m for m in cluster.wire if isinstance(m, SnapshotReply)]
    cluster.wire.clear()
    cluster.do("a", replies[-1])  # the other one is lost as well
    assert chunks(cluster) == [4]


def test_after_a_pause_it_goes_on_behind_the_last_answer_with_one_chunk() -> None:
    cluster = flowing()
    cluster.wire.clear()
    cluster.tick("a", times=10, settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == [2]


def test_a_member_that_was_restarted_meanwhile_begins_again() -> None:
    cluster = flowing()
    cluster.restart("c")
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [0]
    cluster.wire.clear()
    cluster.restart("c")
    cluster.tick("a", times=10)
    assert cluster["c"].state == cluster["a"].state


def test_a_member_that_was_restarted_while_one_chunk_was_on_its_way_begins_again() -> None:
    cluster = flowing()
    cluster.wire.clear()
    cluster.restart("c")
    cluster.tick("a", times=10, settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == [2]
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [0]


@given(st.integers(1, 5), st.integers(1, 4), st.lists(st.integers(0, 99), max_size=60))
def test_whatever_is_lost_doubled_or_overtaken_the_snapshot_arrives(
    size: int, ahead: int, choices: list[int]
) -> None:
    settings = CoreSettings(trailing_entries=0, chunk_bytes=size, chunks_inflight_max=ahead)
    cluster = behind(settings)
    begin(cluster)
    for choice in choices:
        if not cluster.wire:
            cluster.tick("a", settle=False)
            continue
        cluster.wire.rotate(choice // 4)
        message = cluster.wire[0]
        if choice % 4 != 1:  # else it comes again
            cluster.wire.popleft()
        if choice % 4:
            cluster.do(message.to, message)
    cluster.tick("a", times=40)
    assert cluster["c"].state == cluster["a"].state


def test_the_last_chunk_is_as_long_as_what_is_left() -> None:
    cluster = behind()
    cluster.tick("a")
    sizes = [
        (chunk.offset, chunk.size) for effects in cluster["a"].seen for chunk in effects.chunks
    ]
    meta = cluster["a"].core.status().snapshot
    assert sizes[-1] == (meta.size - meta.size % 4, meta.size % 4)


def test_an_answer_that_comes_twice_sends_nothing_twice() -> None:
    cluster = behind()
    begin(cluster)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    (reply,) = [m for m in cluster.wire if isinstance(m, SnapshotReply)]
    cluster.do("a", reply)
    assert chunks(cluster) == [4, 8, 12]
    cluster.do("a", reply)
    assert chunks(cluster) == [4, 8, 12]


def test_a_lost_chunk_is_sent_again_after_an_election_timeout() -> None:
    cluster = behind()
    begin(cluster)
    cluster.wire.clear()
    cluster.tick("a", times=9, settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == []
    cluster.tick("a", settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == [0]
    cluster.settle()
    assert cluster["c"].state == cluster["a"].state


def test_after_the_link_was_broken_it_goes_on_as_soon_as_the_member_is_heard() -> None:
    cluster = behind()
    begin(cluster)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    cluster.wire.clear()
    cluster.do("a", Unreachable("c"))
    assert sending(cluster) == ("snapshot", 4)
    cluster.tick("a", settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == [4]


def test_a_snapshot_goes_on_where_the_member_has_it_and_not_from_the_beginning() -> None:
    cluster = behind()
    begin(cluster)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk) and m.offset == 4)
    cluster.wire.clear()
    leading = cluster["a"].core._state.leading
    assert leading is not None
    meta = cluster["a"].core.status().snapshot
    leading.progress["c"].become_snapshot(meta)  # as a leader that knows nothing of it
    cluster.do("a", Unreachable("c"))
    cluster.tick("a", settle=False)
    cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
    assert chunks(cluster) == [0]
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    assert chunks(cluster) == [8, 12]


def test_a_member_that_has_lost_what_it_had_begins_again() -> None:
    cluster = behind()
    begin(cluster)
    cluster.deliver(lambda m: isinstance(m, SnapshotChunk))
    cluster.deliver(lambda m: isinstance(m, SnapshotReply))
    cluster.restart("c")
    cluster.settle()
    assert cluster["c"].state == cluster["a"].state


def test_a_snapshot_that_was_begun_is_sent_to_its_end() -> None:
    """etcd-io/raft 157: newer ones come while it is on its way, and it is of use all the same."""
    cluster = behind()
    begin(cluster)
    old = cluster["a"].core.status().snapshot
    cluster.propose("a", b"more", settle=False)
    cluster.settle(lambda m: "c" not in (m.to, m.sender))
    new = cluster.snapshot("a")
    cluster.settle(lambda m: not (isinstance(m, SnapshotChunk) and m.meta == new))
    assert cluster["c"].core.status().snapshot == old
    cluster.settle()
    assert cluster["c"].applied[-1].data == b"more"
    assert cluster["c"].core.status().snapshot == old
    assert cluster["a"].core.status().compacted_index == old.index
    assert new.index == old.index + 1


def test_what_a_member_needs_after_its_snapshot_is_kept_for_some_snapshots_more() -> None:
    """Or a busy group would send one snapshot after the other for ever."""
    cluster = behind()
    begin(cluster)
    old = cluster["a"].core.status().snapshot.index
    kept = []
    for _ in range(6):
        cluster.propose("a", b"more", settle=False)
        cluster.settle(lambda m: "c" not in (m.to, m.sender))
        cluster.snapshot("a")
        kept.append(cluster["a"].core.status().compacted_index - old)
    assert kept == [0, 0, 0, 0, 0, 1]


def test_nothing_is_kept_for_a_member_that_is_not_heard() -> None:
    cluster = behind()
    begin(cluster)
    cluster.isolate("c")
    cluster.tick("a", "b", times=21)
    cluster.propose("a", b"more")
    new = cluster.snapshot("a")
    assert cluster["a"].core.status().compacted_index == new.index


def test_a_snapshot_that_gets_stuck_is_given_up_for_a_newer_one() -> None:
    cluster = behind()
    begin(cluster)
    old = cluster["a"].core.status().snapshot
    cluster.wire.clear()
    cluster.isolate("c")
    cluster.propose("a", b"more")
    new = cluster.snapshot("a")
    cluster.heal()
    sent = []
    for _ in range(2):
        cluster.tick("a", times=10, settle=False)
        cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
        sent += [m.meta for m in cluster.wire if isinstance(m, SnapshotChunk)]
        cluster.wire.clear()
    assert sent == [old, new]


def test_a_member_that_takes_long_over_a_chunk_is_not_begun_with_anew() -> None:
    """To check and sync a large file takes longer than an election timeout."""
    cluster = behind()
    begin(cluster)
    old = cluster["a"].core.status().snapshot
    chunk = cluster.wire.pop()
    cluster["c"].core.step(chunk)  # and nothing is stored
    cluster.propose("a", b"more", settle=False)
    cluster.settle(lambda m: "c" not in (m.to, m.sender))
    cluster.snapshot("a")
    for _ in range(5):
        cluster.tick("a", times=10, settle=False)
        cluster.settle(lambda message: not isinstance(message, SnapshotChunk))
        (again,) = [m for m in cluster.wire if isinstance(m, SnapshotChunk)]
        assert (again.meta, again.offset) == (old, 0)
        cluster.settle()
        assert not chunks(cluster)


def test_answers_about_another_snapshot_or_past_its_end_mean_nothing() -> None:
    cluster = behind()
    begin(cluster)
    meta = cluster["a"].core.status().snapshot
    cluster.do("a", SnapshotReply("c", "a", 1, meta.index - 1, 4))
    cluster.do("a", SnapshotReply("c", "a", 1, meta.index, meta.size + 1))
    cluster.do("a", SnapshotReply("c", "a", 1, meta.index, -1))
    cluster.do("a", SnapshotReply("b", "a", 1, meta.index, 4))
    cluster.do("a", SnapshotReply("x", "a", 1, meta.index, 4))
    cluster.do("b", SnapshotReply("c", "b", 1, meta.index, 4))
    assert sending(cluster) == ("snapshot", 0)
    assert chunks(cluster) == [0]


def test_a_member_that_has_caught_up_otherwise_needs_no_snapshot() -> None:
    cluster = behind()
    begin(cluster)
    cluster.wire.clear()
    cluster.do("a", AppendReply("c", "a", 1, 3))
    assert sending(cluster) == ("snapshot", 0)
    cluster.do("a", AppendReply("c", "a", 1, 4))
    assert sending(cluster) == ("replicate", 0)


def test_an_installed_snapshot_counts_as_an_acknowledgement() -> None:
    cluster = behind()
    begin(cluster)
    meta = cluster["a"].core.status().snapshot
    cluster.cut.add(("a", "b"))
    cluster.do("a", SnapshotReply("c", "a", 1, meta.index, 0, True))
    (found,) = [each for each in cluster["a"].core.status().members if each.name == "c"]
    assert (found.match, found.sending) == (meta.index, "probe")


def test_the_file_that_is_being_sent_can_be_seen_from_outside() -> None:
    cluster = behind()
    begin(cluster)
    (found,) = [each for each in cluster["a"].core.status().members if each.name == "c"]
    assert found.snapshot == cluster["a"].core.status().snapshot


def test_heartbeats_do_not_send_a_chunk_again_that_is_on_its_way() -> None:
    cluster = behind()
    begin(cluster)
    for _ in range(5):
        cluster.do("a", HeartbeatReply("c", "a", 1, 1))
    assert chunks(cluster) == [0]


def test_a_snapshot_of_nothing_has_one_empty_chunk() -> None:
    cluster = behind()
    meta = cluster["a"].core.snapshot_meta(4)
    assert meta.size == 0
    assert ChunkToSend("c", 1, meta, 0, 0).size == 0
