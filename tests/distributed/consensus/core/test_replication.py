"""A leader's sending, counting and committing."""

from __future__ import annotations

from holon_actors.distributed.consensus.core.effects import Placed, Recovered
from holon_actors.distributed.consensus.core.entries import EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import Change, Unreachable
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
    SnapshotReply,
)
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, entries, voters

ABC = voters("a", "b", "c")


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    """A group with `a` as its leader, and nothing on the wire."""
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def commit(cluster: Cluster, name: str = "a") -> int:
    return cluster[name].core.status().commit


def sent(cluster: Cluster, to: str = "b") -> list[AppendRequest]:
    return [m for m in cluster.wire if isinstance(m, AppendRequest) and m.to == to]


def sending(cluster: Cluster, to: str) -> str:
    found = {each.name: each.sending for each in cluster["a"].core.status().members}
    return found[to]


def ack(index: int, *, sender: str = "b", term: int = 1) -> AppendReply:
    return AppendReply(sender, "a", term, index)


# --- the own log ---


def test_a_leader_begins_with_an_entry_of_its_own() -> None:
    """Thesis 6.4: with it all that earlier terms have left is committed."""
    cluster = Cluster("a", "b", "c")
    cluster.elect("a")
    (entry,) = cluster["a"].applied
    assert (entry.index, entry.term, entry.kind, entry.data) == (1, 1, EntryKind.NOOP, b"")


def test_what_is_proposed_is_committed_and_handed_out_everywhere() -> None:
    cluster = led()
    (request,) = cluster.propose("a", b"x")
    assert cluster.answer("a", request) == Placed(request, 2, 1)
    for name in "abc":
        assert [entry.data for entry in cluster[name].applied] == [b"", b"x"]


def test_entries_go_to_the_others_before_they_are_durable_here() -> None:
    """Thesis 10.2.1."""
    cluster = led()
    cluster.slow.add("a")
    cluster.propose("a", b"x", settle=False)
    assert len(sent(cluster)) == 1


def test_its_own_entries_count_once_they_are_durable() -> None:
    cluster = led()
    cluster.slow.add("a")
    cluster.propose("a", b"x", settle=False)
    cluster.do("a", ack(2))
    assert commit(cluster) == 1
    cluster.store("a")
    assert commit(cluster) == 2


def test_the_others_are_enough_but_the_leader_hands_out_only_what_is_durable_here() -> None:
    cluster = led()
    cluster.slow.add("a")
    cluster.propose("a", b"x", settle=False)
    cluster.do("a", ack(2))
    cluster.do("a", ack(2, sender="c"))
    assert commit(cluster) == 2
    assert len(cluster["a"].applied) == 1
    cluster.store("a")
    assert len(cluster["a"].applied) == 2


def test_one_record_and_both_messages_share_one_batch_of_entries() -> None:
    cluster = led()
    cluster.propose("a", b"x", b"y", settle=False)
    (to_b,), (to_c,) = sent(cluster, "b"), sent(cluster, "c")
    assert to_b.entries is to_c.entries
    assert cluster["a"].records[-1].entries is to_b.entries


# --- committing ---


def test_an_entry_of_an_earlier_term_is_not_committed_by_counting() -> None:
    """Paper 5.4.2 and figure 8; PySyncObj 169."""
    cluster = Cluster("a", "b", "c", settings=CoreSettings(append_entries_max=1))
    cluster.start("a", Recovered(2, None, 0, SnapshotMeta(0, 0, ABC), 0, 0, entries(1, 2)))
    while not cluster["a"].leads:
        cluster.tick("a", settle=False)
        cluster.settle(lambda m: not isinstance(m, AppendRequest))
    term = cluster["a"].core.status().term
    cluster.do("a", ack(2, term=term))
    cluster.do("a", ack(2, sender="c", term=term))
    assert commit(cluster) == 0
    cluster.do("a", ack(3, term=term))
    assert commit(cluster) == 3


def test_an_acknowledgement_of_an_earlier_term_is_not_counted() -> None:
    """SandTable's trace of PySyncObj 169: an answer of term 1, counted by the leader of term 3."""
    cluster = led()
    cluster.restart("a")
    cluster.elect("a")
    term = cluster["a"].core.status().term
    cluster.isolate("a")
    cluster.propose("a", b"x")
    cluster.do("a", ack(cluster["a"].core.status().last_index, term=term - 1))
    assert commit(cluster) == cluster["a"].core.status().last_index - 1


def test_answers_in_any_order_commit_the_same() -> None:
    cluster = led(names="abcde")
    cluster.propose("a", b"x", settle=False)
    cluster.propose("a", b"y", settle=False)
    cluster.do("a", ack(3))
    cluster.do("a", ack(2))
    cluster.do("a", ack(2, sender="c"))
    assert commit(cluster) == 2
    cluster.do("a", ack(3, sender="d"))
    assert commit(cluster) == 3


def test_learners_do_not_count() -> None:
    cluster = Cluster("a", "b", "c", "d", configuration=voters("a", "b", "c", learners="d"))
    cluster.elect("a")
    cluster.settle()
    cluster.propose("a", b"x", settle=False)
    cluster.do("a", ack(2, sender="d"))
    assert commit(cluster) == 1


def test_an_answer_of_someone_who_is_no_member_is_nothing() -> None:
    cluster = led()
    cluster.do("a", ack(1, sender="x"))
    cluster.do("a", HeartbeatReply("x", "a", 1, 0))
    cluster.do("a", Unreachable("x"))
    assert not cluster["a"].refused
    assert not cluster.wire


def test_a_follower_takes_answers_for_what_it_does_not_do_any_more() -> None:
    cluster = led()
    effects = cluster.do("b", AppendReply("c", "b", 1, 1))
    assert effects == cluster.do("b", HeartbeatReply("c", "b", 1, 1))
    assert effects == cluster.do("b", Unreachable("c"))
    assert not effects.messages


def test_the_others_learn_of_the_commit_at_once_and_need_not_answer() -> None:
    cluster = led()
    cluster.propose("a", b"x", settle=False)
    cluster.wire.clear()
    cluster.do("a", ack(2))
    assert [*cluster.wire] == [Heartbeat("a", "b", 1, 2, 0)]
    cluster.do("a", ack(2, sender="c"))
    assert [*cluster.wire][1:] == [Heartbeat("a", "c", 1, 2, 0)]
    cluster.do("a", ack(2, sender="c"))
    assert len(cluster.wire) == 2


def test_a_commit_goes_along_with_entries_if_there_are_any() -> None:
    cluster = led(CoreSettings(inflight_max=1))
    cluster.propose("a", b"x", settle=False)
    cluster.propose("a", b"y", settle=False)
    cluster.wire.clear()
    cluster.do("a", ack(2))
    (request,) = sent(cluster)
    assert (request.entries[0].data, request.commit) == (b"y", 2)
    assert not [m for m in cluster.wire if isinstance(m, Heartbeat) and m.to == "b"]


# --- sending ---


def test_requests_have_as_many_entries_and_bytes_as_they_may() -> None:
    cluster = led(CoreSettings(append_entries_max=2))
    cluster.propose("a", *[b"x"] * 5, settle=False)
    assert [len(m.entries) for m in sent(cluster)] == [2, 2, 1]
    cluster = led(CoreSettings(append_bytes_max=10, inflight_bytes_max=100))
    cluster.propose("a", *[b"four"] * 5, settle=False)
    assert [len(m.entries) for m in sent(cluster)] == [2, 2, 1]


def test_no_more_requests_are_on_the_way_than_may_be() -> None:
    cluster = led(CoreSettings(append_entries_max=1, inflight_max=2))
    cluster.propose("a", *[b"x"] * 5, settle=False)
    assert len(sent(cluster)) == 2
    cluster.deliver(lambda message: message.to == "b")
    cluster.deliver(lambda message: message.sender == "b" and message == ack(2))
    assert len(sent(cluster)) == 1
    cluster.settle()
    assert len(cluster["b"].applied) == 6


def test_no_more_bytes_are_on_the_way_than_may_be() -> None:
    cluster = led(CoreSettings(append_entries_max=1, inflight_bytes_max=8))
    cluster.propose("a", *[b"four"] * 5, settle=False)
    assert len(sent(cluster)) == 2
    cluster.settle()
    assert len(cluster["b"].applied) == 6


def test_a_leader_goes_back_to_where_the_logs_part() -> None:
    """Paper, figure 7."""
    logs = {
        "a": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6),
        "b": (1, 1, 1, 4, 4, 5, 5, 6, 6),
        "c": (1, 1, 1, 4),
        "d": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
        "e": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
        "f": (1, 1, 1, 4, 4, 4, 4),
        "g": (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
    }
    configuration = voters(*logs)
    cluster = Cluster(*logs)
    for name, terms in logs.items():
        meta = SnapshotMeta(0, 0, configuration)
        cluster.start(name, Recovered(7, None, 0, meta, 0, 0, entries(*terms)))
    cluster.elect("a")
    cluster.tick(times=3)
    for name in logs:
        found = [entry.term for entry in cluster[name].core._state.log]
        assert found == [*logs["a"], cluster["a"].core.status().term]


def test_a_probe_is_followed_by_an_answer_before_the_next() -> None:
    cluster = led()
    cluster.do("a", Unreachable("b"))
    assert sending(cluster, "b") == "probe"
    cluster.propose("a", b"x", settle=False)
    cluster.propose("a", b"y", settle=False)
    assert len(sent(cluster)) == 1
    cluster.settle()
    assert sending(cluster, "b") == "replicate"
    assert len(cluster["b"].applied) == 3


def test_a_lost_probe_is_sent_again_when_the_member_is_heard() -> None:
    """etcd 10308: a follower that stayed in probe for ever."""
    cluster = led()
    cluster.do("a", Unreachable("b"))
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    cluster.heal()
    cluster.tick("a")
    assert sending(cluster, "b") == "replicate"
    assert len(cluster["b"].applied) == 2


def test_a_probe_without_entries_finds_out_as_well() -> None:
    cluster = led()
    cluster.do("a", Unreachable("b"))
    cluster.tick("a")
    assert sending(cluster, "b") == "replicate"


def test_an_empty_probe_is_not_sent_twice() -> None:
    cluster = led()
    cluster.do("a", Unreachable("b"))
    cluster.do("a", ack(1, sender="c"))
    cluster.do("a", HeartbeatReply("b", "a", 1, 0))
    assert len(sent(cluster)) == 1
    cluster.propose("a", b"x", settle=False)
    assert len(sent(cluster)) == 1


def test_the_last_request_that_is_lost_is_missed_at_the_next_heartbeat() -> None:
    cluster = led()
    cluster.cut.add(("a", "b"))
    cluster.propose("a", b"x")
    cluster.heal()
    assert len(cluster["b"].applied) == 1
    cluster.tick("a")
    assert len(cluster["b"].applied) == 2


def test_a_window_full_of_lost_requests_opens_again() -> None:
    """etcd 14633: a follower that was throttled and never resumed."""
    cluster = led(CoreSettings(append_entries_max=1, inflight_max=2))
    cluster.cut.add(("a", "b"))
    cluster.propose("a", *[b"x"] * 6)
    cluster.heal()
    cluster.tick("a")
    assert len(cluster["b"].applied) == 7


def test_lost_answers_are_made_up_for() -> None:
    cluster = led(CoreSettings(append_entries_max=1, inflight_max=2))
    cluster.cut.add(("b", "a"))
    cluster.propose("a", *[b"x"] * 6)
    cluster.heal()
    cluster.tick("a")
    assert {each.match for each in cluster["a"].core.status().members} == {7}


def test_an_old_rejection_does_not_stop_the_flow() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    cluster.do("a", AppendReply("b", "a", 1, 1, True, 0, 0))
    assert sending(cluster, "b") == "replicate"
    assert not cluster.wire


def test_a_member_that_is_not_reached_is_begun_with_where_it_is_known_to_match() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    cluster.do("a", Unreachable("b"))
    cluster.propose("a", b"y", settle=False)
    (request,) = sent(cluster)
    assert (request.previous_index, len(request.entries)) == (2, 1)
    cluster.do("a", Unreachable("b"))
    assert sending(cluster, "b") == "probe"


def test_a_slow_disk_holds_up_its_member_and_nobody_else() -> None:
    cluster = led()
    cluster.slow.add("b")
    cluster.propose("a", b"x")
    assert commit(cluster) == 2
    assert len(cluster["b"].applied) == 1
    cluster.store("b")
    cluster.settle()
    assert len(cluster["b"].applied) == 2


# --- who is sent to ---


def test_a_member_that_was_removed_learns_that_it_was() -> None:
    cluster = led()
    cluster.ask("a", Change, remove=("c",))
    assert cluster["c"].core.status().configuration == voters("a", "b")
    assert commit(cluster, "c") == commit(cluster)
    cluster.tick("a")
    assert [each.name for each in cluster["a"].core.status().members] == ["b"]
    cluster.tick(times=100)
    assert cluster["a"].core.status().term == 1


def test_a_member_that_was_removed_and_is_gone_is_not_waited_for_long() -> None:
    cluster = led()
    cluster.crash("c")
    cluster.ask("a", Change, remove=("c",))
    cluster.tick("a", "b", times=19)
    assert [each.name for each in cluster["a"].core.status().members] == ["b", "c"]
    cluster.tick("a", "b")
    assert [each.name for each in cluster["a"].core.status().members] == ["b"]


def test_a_member_that_comes_back_under_its_name_is_a_new_one() -> None:
    cluster = led()
    cluster.crash("c")
    cluster.ask("a", Change, remove=("c",))
    cluster.join("c")
    cluster.ask("a", Change, learn=(("c", "at-c"),))
    cluster.tick(times=3)
    assert cluster["c"].core.status().commit == commit(cluster)
    assert cluster["c"].applied[0].index == 1


def test_a_change_of_members_keeps_what_is_known_of_those_who_stay() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    cluster.ask("a", Change, learn=(("d", "at-d"),), settle=False)
    known = {each.name: each.match for each in cluster["a"].core.status().members}
    assert known == {"b": 2, "c": 2, "d": 0}


def test_a_new_member_is_begun_with_where_the_term_began() -> None:
    """Or behind the compaction, if that is further: there is nothing else to send."""
    for compacted, begun in ((0, 0), (4, 4)):
        cluster = led(CoreSettings(trailing_entries=0))
        cluster.propose("a", b"x", b"y", b"z")
        if compacted:
            cluster.snapshot("a")
        cluster.ask("a", Change, learn=(("d", "at-d"),), settle=False)
        (first,) = sent(cluster, "d")
        assert first.previous_index == begun
        assert first.entries[0].index == begun + 1


def test_an_answer_after_which_there_is_nothing_to_say_is_followed_by_nothing() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    assert cluster.do("a", ack(2)).messages == ()
    cluster.propose("a", b"y", settle=False)
    cluster.wire.clear()
    assert cluster.do("a", ack(2)).messages == ()


def test_a_member_that_gets_a_snapshot_is_not_told_of_the_commit_beside_it() -> None:
    cluster = led(CoreSettings(trailing_entries=0))
    cluster.isolate("c")
    cluster.propose("a", b"x", b"y", b"z")
    cluster.do("a", Unreachable("c"))
    cluster.snapshot("a")
    effects = cluster.do("a", ack(2, sender="c"))
    assert [chunk.to for chunk in effects.chunks] == ["c"]
    assert effects.messages == ()


def test_an_answer_about_a_snapshot_that_is_not_sent_does_not_start_a_probe() -> None:
    cluster = led()
    cluster.do("a", Unreachable("c"))
    effects = cluster.do("a", SnapshotReply("c", "a", 1, 1, 0, True))
    assert effects.messages == ()


def test_a_member_that_is_heard_often_is_not_probed_more_than_once_in_a_tick() -> None:
    """Every round of reads is answered, and there may be hundreds in a tick."""
    cluster = led()
    cluster.propose("a", b"x", settle=False)
    cluster.wire.clear()
    cluster.tick("a", settle=False)
    probes = [len(cluster.do("a", HeartbeatReply("b", "a", 1, 1)).messages) for _ in range(3)]
    cluster.tick("a", settle=False)
    probes += [len(cluster.do("a", HeartbeatReply("b", "a", 1, 2)).messages) for _ in range(3)]
    assert probes == [1, 0, 0, 1, 0, 0]
