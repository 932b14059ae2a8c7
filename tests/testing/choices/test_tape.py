from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors.testing._choices.tape import STREAMS, ReplayedChoices, SeededChoices, Tape
from holon_actors.testing.errors import TapeMalformed, TapeMismatch

DRAWS = st.lists(st.tuples(st.sampled_from(STREAMS), st.text(max_size=3), st.integers(1, 2**70)))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(), draws=DRAWS)
def test_a_tape_replays_what_a_seed_drew(seed: int, draws: list[tuple[str, str, int]]) -> None:
    choices = SeededChoices(seed)
    made = [choices.stream(name).draw(label, bound) for name, label, bound in draws]
    assert all(0 <= value < draw[2] for value, draw in zip(made, draws, strict=True))
    tape = Tape.from_json(choices.tape().to_json())
    assert tape == choices.tape()
    replay = ReplayedChoices(tape)
    assert [replay.stream(name).draw(label, bound) for name, label, bound in draws] == made
    replay.finish()
    assert replay.tape() == tape


def test_the_draws_of_a_seed_are_fixed_for_ever() -> None:
    # Recorded once: every Python and every process must give these.
    choices = SeededChoices(7)
    drawn = {n: [choices.stream(n).draw("x", 1_000) for _ in range(4)] for n in STREAMS}
    assert drawn == {
        "sched": [972, 778, 266, 166],
        "net": [25, 398, 931, 874],
        "disk": [481, 671, 672, 471],
        "clock": [676, 117, 728, 573],
        "work": [171, 620, 358, 465],
        "plan": [219, 752, 987, 44],
    }


def test_one_more_draw_in_a_stream_shifts_no_other() -> None:
    one, other = SeededChoices(1), SeededChoices(1)
    other.stream("net").draw("delay", 100)
    first = [one.stream("sched").draw("run", 100) for _ in range(20)]
    assert first == [other.stream("sched").draw("run", 100) for _ in range(20)]


def test_seeds_and_streams_differ() -> None:
    drawn = {
        tuple(SeededChoices(seed).stream(name).draw("x", 1 << 60) for _ in range(2))
        for seed in range(-20, 20)
        for name in STREAMS
    }
    assert len(drawn) == 40 * len(STREAMS)


def test_all_values_below_the_bound_come_up() -> None:
    stream = SeededChoices(3).stream("work")
    assert {stream.draw("x", 5) for _ in range(200)} == set(range(5))


def recorded() -> Tape:
    choices = SeededChoices(1)
    choices.stream("sched").draw("run", 3)
    choices.stream("sched").draw("run", 4)
    return choices.tape()


@pytest.mark.parametrize(("label", "bound"), [("change", 4), ("run", 5)])
def test_replay_fails_at_the_first_draw_that_does_not_fit(label: str, bound: int) -> None:
    stream = ReplayedChoices(recorded()).stream("sched")
    stream.draw("run", 3)
    with pytest.raises(TapeMismatch) as caught:
        stream.draw(label, bound)
    error = caught.value
    assert (error.stream, error.position) == ("sched", 1)
    assert (error.expected, error.found) == ("'run' below 4", f"{label!r} below {bound}")


def test_replay_fails_when_the_run_draws_more() -> None:
    stream = ReplayedChoices(recorded()).stream("sched")
    stream.draw("run", 3)
    stream.draw("run", 4)
    with pytest.raises(TapeMismatch, match="nothing more") as caught:
        stream.draw("run", 4)
    assert caught.value.expected is None


def test_replay_fails_when_the_run_draws_less() -> None:
    replay = ReplayedChoices(recorded())
    replay.stream("sched").draw("run", 3)
    with pytest.raises(TapeMismatch) as caught:
        replay.finish()
    assert caught.value.found is None


def test_nothing_can_be_drawn_below_zero() -> None:
    with pytest.raises(ValueError, match="delay"):
        SeededChoices(1).stream("net").draw("delay", 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version":2,"streams":{}}',
        '{"version":1}',
        '{"version":1,"streams":{"dice":[]}}',
        '{"version":1,"streams":{"net":{}}}',
        '{"version":1,"streams":{"net":[["x",3,3]]}}',
        '{"version":1,"streams":{"net":[["x",3]]}}',
    ],
)
def test_text_that_is_no_tape_is_refused(text: str) -> None:
    with pytest.raises(TapeMalformed):
        Tape.from_json(text)
