"""The whole: from events to effects."""

from __future__ import annotations

import random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core import Raft
from holon_actors.distributed.consensus.core.effects import (
    Effects,
    Leadership,
    Placed,
    Recovered,
)
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.inputs import (
    Applied,
    Change,
    Event,
    SnapshotTaken,
    Stored,
    Tick,
    Transfer,
    Unreachable,
)
from holon_actors.distributed.consensus.core.messages import AppendReply, Heartbeat, Message
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, entries, genesis, voters

ABC = voters("a", "b", "c")


def led(settings: CoreSettings | None = None, names: str = "abc") -> Cluster:
    cluster = Cluster(*names, settings=settings)
    cluster.elect("a")
    cluster.settle()
    return cluster


def test_every_event_and_message_has_its_handler() -> None:
    core = Raft("a", genesis(ABC), CoreSettings(), random.Random(1))
    assert set(core._message_handlers) == set(get_args(Message))
    assert set(core._handlers) | set(core._message_handlers) == set(get_args(Event))


def test_a_step_that_comes_to_nothing_makes_no_effects() -> None:
    core = Raft("a", genesis(ABC), CoreSettings(), random.Random(1))
    assert core.step(Tick()) is core.step(Tick())
    assert core.step(Tick()) == Effects()


def test_leadership_is_told_when_it_changes_and_only_then() -> None:
    core = Raft("a", genesis(ABC), CoreSettings(), random.Random(1))
    beat = Heartbeat("b", "a", 3, 0, 1)
    assert core.step(beat).leadership == Leadership(Role.FOLLOWER, 3, "b")
    assert core.step(beat).leadership is None
    assert core.role is Role.FOLLOWER


def test_the_configuration_is_told_when_it_changes_and_only_then() -> None:
    cluster = led()
    assert all(each.configuration is None for each in cluster["b"].seen)
    cluster.join("d")
    cluster.ask("a", Change, learn=(("d", "at-d"),))
    for name in "abcd":
        told = [each.configuration for each in cluster[name].seen if each.configuration]
        assert told == [voters("a", "b", "c", learners="d")]


def test_records_are_numbered_from_1_without_gaps() -> None:
    cluster = led()
    cluster.propose("a", b"x")
    cluster.propose("a", b"y")
    for name in "abc":
        numbers = [record.number for record in cluster[name].records]
        assert numbers == list(range(1, len(numbers) + 1))


def test_what_is_committed_is_handed_out_again_after_a_restart_from_the_snapshot_on() -> None:
    cluster = led(CoreSettings(trailing_entries=0))
    cluster.propose("a", b"x")
    cluster.snapshot("b")
    cluster.propose("a", b"y")
    again = cluster.restart("b")
    cluster.tick("a")
    assert [entry.data for entry in again.applied] == [b"y"]
    assert again.state == cluster["a"].state


def test_what_the_disk_knows_to_be_committed_is_handed_out_with_the_first_step() -> None:
    disk = Recovered(1, None, 2, SnapshotMeta(0, 0, ABC), 0, 0, entries(1, 1, 1))
    core = Raft("a", disk, CoreSettings(), random.Random(1))
    assert core.step(Tick()).committed == entries(1, 1)
    assert core.step(Tick()).committed == ()


def test_the_last_entries_can_be_looked_at() -> None:
    cluster = led(CoreSettings(trailing_entries=1))
    cluster.propose("a", b"x", b"y")
    core = cluster["a"].core
    assert [entry.data for entry in core.tail(2)] == [b"x", b"y"]
    cluster.snapshot("a")
    assert [entry.data for entry in core.tail(2)] == [b"y"]
    assert core.tail(0) == ()


def test_a_snapshot_has_the_term_and_the_configuration_of_its_index() -> None:
    cluster = led()
    cluster.ask("a", Change, remove=("c",))
    core = cluster["a"].core
    assert core.snapshot_meta(1, 5, 7) == SnapshotMeta(1, 1, ABC, 5, 7)
    last = core.status().last_index
    assert core.snapshot_meta(last).configuration == voters("a", "b")
    with pytest.raises(AssertionError):
        core.snapshot_meta(last + 1)


def test_a_snapshot_with_another_configuration_is_not_taken() -> None:
    """openraft dba24036 and 39690593: a learner that came back as a voter."""
    cluster = led()
    with pytest.raises(AssertionError):
        cluster.do("a", SnapshotTaken(SnapshotMeta(1, 1, voters("a"))))


def test_a_snapshot_that_is_older_than_the_one_there_is_changes_nothing() -> None:
    cluster = led()
    old = cluster["a"].core.snapshot_meta(1)
    cluster.propose("a", b"x")
    new = cluster.snapshot("a")
    assert cluster.do("a", SnapshotTaken(old)) == Effects()
    assert cluster.do("a", SnapshotTaken(new)) == Effects()
    assert cluster["a"].core.status().snapshot == new


def test_only_what_was_handed_out_can_have_been_applied() -> None:
    cluster = led()
    with pytest.raises(AssertionError):
        cluster.do("a", Applied(2))
    cluster.do("a", Applied(0))
    assert cluster["a"].core.status().applied == 1


def test_an_entry_is_committed_by_a_majority_of_disks_and_outlives_any_minority() -> None:
    cluster = led(names="abcde")
    cluster.slow = set("de")
    (request,) = cluster.propose("a", b"x")
    placed = cluster.answer("a", request)
    assert isinstance(placed, Placed)
    assert cluster["a"].core.status().commit == placed.index
    for name in "ab":
        cluster.crash(name)
    cluster.restart("d")
    cluster.restart("e")
    cluster.slow.clear()
    cluster.tick(times=60)
    assert cluster.leaders == ["c"]
    assert cluster["e"].state[placed.index] == b"x"


def test_a_crash_loses_what_was_not_durable_and_nothing_that_was_promised() -> None:
    cluster = led()
    cluster.slow.add("b")
    cluster.propose("a", b"x")
    assert not [
        m
        for each in cluster["b"].seen[-3:]
        for m in each.messages
        if isinstance(m, AppendReply) and m.index == 2
    ]
    again = cluster.restart("b")
    assert again.core.status().last_index == 1
    cluster.slow.clear()
    cluster.tick("a", times=2)
    assert again.applied[-1].data == b"x"


# --- any order of anything ---


class Chaos:
    """Whatever may happen to a group, drawn one thing after the other."""

    def __init__(self, rng: random.Random, settings: CoreSettings) -> None:
        self.rng = rng
        size = rng.choice([1, 2, 3, 3, 5])
        self.cluster = Cluster(*"abcde"[:size], settings=settings, seed=rng.randrange(999))
        self.names = [*"abcde"]
        for name in self.names[size:]:
            self.cluster.join(name)
        self.cluster.slow = {name for name in self.names if rng.random() < 0.4}
        self.leaders: dict[int, str] = {}

    def act(self) -> None:
        kinds = (self.tick, self.mail, self.store, self.propose, self.read, self.rare)
        self.rng.choices(kinds, (8, 20, 3, 3, 2, 3))[0]()
        for name in self.cluster.leaders:
            term = self.cluster[name].core.status().term
            assert self.leaders.setdefault(term, name) == name
        assert not any(each.refused for each in self.cluster.members.values())

    def up(self) -> list[str]:
        return [name for name in self.names if name not in self.cluster.down] or self.start()

    def start(self) -> list[str]:
        name = min(self.cluster.down)
        self.cluster.start(name, self.cluster[name].disk)
        return [name]

    def tick(self) -> None:
        self.cluster.tick(self.rng.choice(self.up()), settle=False)

    def mail(self) -> None:
        wire, rng = self.cluster.wire, self.rng
        for _ in range(rng.randrange(1, 6)):
            if not wire:
                return
            place = rng.randrange(len(wire))
            message = wire[place]
            if rng.random() < 0.9:
                del wire[place]
            if rng.random() < 0.9 and self.cluster.reaches(message):
                self.cluster.do(message.to, message)

    def store(self) -> None:
        name = self.rng.choice(self.up())
        self.cluster.store(name, self.rng.randrange(1, 4))

    def propose(self) -> None:
        data = [b"%d" % self.rng.randrange(99) for _ in range(self.rng.randrange(1, 4))]
        self.cluster.propose(self.rng.choice(self.up()), *data, settle=False)

    def read(self) -> None:
        self.cluster.read(self.rng.choice(self.up()), self.rng.random() < 0.5, settle=False)

    def rare(self) -> None:
        kinds = (self.crash, self.snapshot, self.change, self.transfer, self.cut, self.heal)
        self.rng.choice(kinds)()

    def crash(self) -> None:
        if self.cluster.down and self.rng.random() < 0.7:
            self.start()
        else:
            self.cluster.crash(self.rng.choice(self.up()))

    def snapshot(self) -> None:
        name = self.rng.choice(self.up())
        status = self.cluster[name].core.status()
        if status.applied > status.snapshot.index:
            self.cluster.snapshot(name)

    def change(self) -> None:
        name = self.rng.choice(self.up())
        one = self.rng.choice(self.names)
        fields = self.rng.choice(
            [
                {"add": ((one, f"at-{one}"),)},
                {"learn": ((one, f"at-{one}"),)},
                {"promote": (one,)},
                {"demote": (one,)},
                {"remove": (one,)},
            ]
        )
        self.cluster.ask(name, Change, settle=False, **fields)

    def transfer(self) -> None:
        target = self.rng.choice([None, *self.names])
        self.cluster.ask(self.rng.choice(self.up()), Transfer, settle=False, target=target)

    def cut(self) -> None:
        one, other = self.rng.sample(self.names, 2)
        self.cluster.cut.add((one, other))
        self.cluster.do(self.rng.choice(self.up()), Unreachable(other))

    def heal(self) -> None:
        self.cluster.heal()

    def end(self) -> None:
        """All faults end: then a leader is found, and what is proposed is committed by all."""
        cluster = self.cluster
        cluster.heal()
        while cluster.down:
            self.start()
        cluster.slow.clear()
        for name in self.names:
            cluster.store(name)
        for _ in range(300):
            cluster.tick()
            if cluster.leaders and cluster[cluster.leaders[0]].core.status().ready:
                break
        cluster.tick(times=30)
        (leader,) = cluster.leaders
        (request,) = cluster.propose(leader, b"end")
        cluster.tick(times=3)
        placed = cluster.answer(leader, request)
        assert isinstance(placed, Placed)
        for name in cluster[leader].core.status().configuration.members:
            assert cluster[name].state == cluster[leader].state


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    st.randoms(use_true_random=True),
    st.sampled_from([3, 5]),
    st.sampled_from([1, 2, 1_000]),
    st.sampled_from([1, 256]),
    st.sampled_from([0, 2, 100]),
    st.sampled_from([3, 1_000]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_happens_no_two_members_disagree_and_afterwards_they_go_on(
    rng: random.Random,
    election: int,
    batch: int,
    window: int,
    trailing: int,
    chunk: int,
    pre_vote: bool,
    lease: bool,
) -> None:
    chaos = Chaos(
        rng,
        CoreSettings(
            election_ticks=election,
            append_entries_max=batch,
            inflight_max=window,
            trailing_entries=trailing,
            chunk_bytes=chunk,
            pre_vote=pre_vote,
            lease_reads=lease,
        ),
    )
    for _ in range(200):
        chaos.act()
    chaos.end()


def test_stored_is_told_once_for_many_records() -> None:
    cluster = led()
    cluster.slow.add("a")
    cluster.propose("a", b"x", settle=False)
    cluster.propose("a", b"y", settle=False)
    cluster.do("a", AppendReply("b", "a", 1, 3))
    number = cluster["a"].records[-1].number
    cluster["a"].pending.clear()
    effects = cluster.do("a", Stored(number))
    assert [entry.data for entry in effects.committed] == [b"x", b"y"]
