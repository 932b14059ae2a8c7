from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.commands.group_clock import GroupClock

TIMES = st.floats(0, 1e6)


def test_time_goes_on_from_the_last_stamp() -> None:
    clock = GroupClock(100.0, local=5.0)
    assert clock.now(5.0) == 100.0
    assert clock.now(7.5) == 102.5


def test_time_does_not_go_back_with_the_clock_of_the_machine() -> None:
    clock = GroupClock(100.0, local=5.0)
    assert clock.now(4.0) == 100.0


def test_a_leader_is_not_held_up_by_its_own_stamps() -> None:
    clock = GroupClock(100.0, local=0.0)
    clock.observe(101.0, local=50.0, leads=True)
    assert clock.now(50.0) == 150.0
    clock.observe(151.0, local=50.0, leads=True)
    assert clock.now(50.0) == 151.0, "one of an earlier leader"


def test_a_follower_counts_on_from_each_stamp_of_its_leader() -> None:
    clock = GroupClock(100.0, local=0.0)
    clock.observe(101.0, local=50.0, leads=False)
    assert clock.now(51.0) == 102.0


@given(st.lists(st.tuples(TIMES, TIMES)))
def test_the_time_of_a_leader_never_goes_back_and_is_never_behind_a_stamp(observed) -> None:
    clock = GroupClock(0.0, 0.0)
    local = last = 0.0
    for step, stamp in observed:
        local += step
        assert clock.now(local) >= last
        clock.observe(stamp, local, leads=True)
        last = clock.now(local)
        assert last >= stamp


@given(st.lists(st.tuples(TIMES, TIMES), min_size=1))
def test_a_follower_is_never_ahead_of_a_leader_whose_clock_runs_alike(steps) -> None:
    leader, follower = GroupClock(0.0, 0.0), GroupClock(0.0, 0.0)
    local = 0.0
    for pause, delay in steps:
        local += pause
        stamp = leader.now(local)
        local += delay
        leader.observe(stamp, local, leads=True)
        follower.observe(stamp, local, leads=False)
        assert follower.now(local) <= leader.now(local)
