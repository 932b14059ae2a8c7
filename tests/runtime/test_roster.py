from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime.roster import Roster


def test_work_goes_to_the_executor_that_did_its_kind_last() -> None:
    roster: Roster[str, str] = Roster()
    for name in ("a", "b"):
        roster.join(name)
    assert roster.assign("process", "1") == "b"
    assert roster.assign("thread", "2") == "a"
    assert roster.assign("loop", "3") is None
    roster.finished("b", "1")
    roster.finished("a", "2")
    assert roster.assign("process", "4") == "b"
    assert roster.assign("process", "5") == "a"


def test_a_fresh_executor_is_preferred_to_one_warm_for_something_else() -> None:
    roster: Roster[str, str] = Roster()
    roster.join("warm")
    roster.assign("process", "1")
    roster.finished("warm", "1")
    roster.join("fresh")
    assert roster.assign("thread", "2") == "fresh"


def test_only_idle_executors_are_surplus() -> None:
    roster: Roster[str, str] = Roster()
    for name in ("a", "b", "c"):
        roster.join(name)
    assert roster.surplus(3) is None
    roster.assign("loop", "1")
    busy = next(iter(roster.assigned))
    assert roster.surplus(1) != busy
    assert roster.surplus(1) != busy
    assert roster.surplus(1) is None
    assert list(roster.members) == [busy]


def test_leaving_gives_up_the_lease_once() -> None:
    roster: Roster[str, str] = Roster()
    roster.join("a")
    roster.assign("loop", "1")
    assert roster.leave("a") == "1"
    assert roster.leave("a") is None
    assert not roster.finished("a", "1")


@given(st.data())
def test_an_executor_has_one_lease_at_a_time(data: st.DataObject) -> None:
    roster: Roster[int, int] = Roster()
    assigned: dict[int, int] = {}
    for step in range(data.draw(st.integers(0, 60))):
        executor = data.draw(st.integers(0, 3))
        match data.draw(st.sampled_from(["join", "leave", "assign", "finish"])):
            case "join":
                roster.join(executor)
                assigned.pop(executor, None)
            case "leave":
                assert roster.leave(executor) == assigned.pop(executor, None)
            case "assign":
                kind = data.draw(st.sampled_from(["loop", "thread"]))
                chosen = roster.assign(kind, step)
                idle = set(roster.members) - set(assigned)
                assert (chosen is None) == (not idle)
                if chosen is not None:
                    assert chosen in idle
                    assigned[chosen] = step
            case "finish" if executor in assigned:
                assert roster.finished(executor, assigned.pop(executor))
        assert roster.assigned == assigned
        assert roster.idle_count == len(roster.members) - len(assigned)
