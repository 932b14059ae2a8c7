"""The table of an actor's states."""

from __future__ import annotations

from holon_actors.actors._state import TRANSITIONS, State


def test_every_state_has_its_row_and_only_the_last_has_no_way_out() -> None:
    assert set(TRANSITIONS) == set(State)
    assert [state for state in State if not TRANSITIONS[state]] == [State.STOPPED]


def test_an_actor_can_be_stopped_from_every_state_and_only_by_way_of_stopping() -> None:
    for state in State:
        if state not in (State.STOPPING, State.STOPPED):
            assert State.STOPPING in TRANSITIONS[state]
        assert (State.STOPPED in TRANSITIONS[state]) == (state is State.STOPPING)


def test_only_a_failed_or_restarting_actor_comes_back_to_run() -> None:
    assert State.RUNNING in TRANSITIONS[State.FAILED]
    assert State.RUNNING in TRANSITIONS[State.RESTARTING]
    assert State.RUNNING not in TRANSITIONS[State.STOPPING]


def test_states_are_shown_in_words() -> None:
    assert [state.value for state in State] == [
        *("starting", "running", "failed", "restarting", "stopping", "stopped")
    ]
