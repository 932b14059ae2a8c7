from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.commands import sessions as module
from holon_actors.distributed.consensus.commands.sessions import Session, Sessions


def test_the_longest_unheard_session_is_forgotten_first() -> None:
    sessions = Sessions()
    for number in (1, 2, 3):
        sessions.open(number, sessions_max=3)
    assert sessions.heard(1) is not None
    sessions.open(4, sessions_max=3)
    assert sessions.heard(2) is None
    assert [n for n in (1, 3, 4) if sessions.heard(n)] == [1, 3, 4]


def test_a_smaller_limit_forgets_as_many_as_it_takes() -> None:
    sessions = Sessions()
    for number in range(10):
        sessions.open(number, sessions_max=10)
    sessions.open(10, sessions_max=2)
    assert len(sessions) == 2
    assert sessions.heard(9) is not None


def test_a_closed_session_is_gone() -> None:
    sessions = Sessions()
    sessions.open(1, 10)
    sessions.close(1)
    sessions.close(1)
    assert sessions.heard(1) is None
    assert len(sessions) == 0


@given(st.dictionaries(st.integers(1, 40), st.integers()), st.lists(st.integers(1, 60)))
def test_results_are_kept_exactly_from_the_lowest_awaited_on(
    results: dict[int, int], steps: list[int]
) -> None:
    session = Session()
    session.results = dict(results)
    lowest = 1
    for below in steps:
        session.forget_below(below)
        lowest = max(lowest, below)
        assert session.below == lowest
        assert session.results == {n: r for n, r in results.items() if n >= lowest}


def test_a_session_is_full_when_too_much_is_kept(monkeypatch) -> None:
    monkeypatch.setattr(module, "RESULTS_MAX", 2)
    session = Session()
    session.results[1] = 1
    assert not session.full
    session.results[2] = 1
    assert session.full


@given(
    st.lists(
        st.tuples(
            st.integers(1, 1000),
            st.integers(1, 5),
            st.dictionaries(st.integers(5, 9), st.none() | st.integers() | st.text(), max_size=3),
        ),
        unique_by=lambda item: item[0],
    )
)
def test_a_table_is_the_same_out_of_its_state(made) -> None:
    sessions = Sessions()
    for number, below, results in made:
        sessions.open(number, 100)
        session = sessions.heard(number)
        assert session is not None
        session.below = below
        session.results = dict(results)
    state = sessions.state()
    again = Sessions.from_state(state)
    assert again.state() == state
    if made:
        sessions.open(2000, len(made))
        again.open(2000, len(made))
        assert again.state() == sessions.state(), "the order, which says who goes first, is kept"
