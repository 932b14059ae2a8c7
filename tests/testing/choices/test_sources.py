from __future__ import annotations

import random
from typing import Any

import pytest

from holon_actors.testing import Tape
from holon_actors.testing._choices.sources import LenientChoices, ScheduledChoices
from holon_actors.testing._choices.stepped import SteppedChoices
from holon_actors.testing._choices.stream_random import StreamRandom
from holon_actors.testing._choices.tape import Draw, SeededChoices, Stream


def draws(choices: Any, stream: str, count: int) -> list[int]:
    source: Stream = choices.stream(stream)
    return [source.draw("x", 1000) for _ in range(count)]


def test_a_schedule_is_followed_and_then_all_is_plain() -> None:
    choices = ScheduledChoices(3, (1, 2, 5))
    stream = choices.stream("sched")
    assert [stream.draw("run", 4) for _ in range(5)] == [1, 2, 0, 0, 0]
    assert draws(choices, "work", 3) == draws(SeededChoices(3), "work", 3)


def test_a_tape_that_does_not_fit_is_plain_where_it_does_not() -> None:
    recorded = (Draw("a", 10, 7), Draw("b", 10, 8), Draw("a", 10, 9), Draw("a", 10, 3))
    stream = LenientChoices(Tape({"net": recorded})).stream("net")
    assert stream.draw("a", 20) == 7  # the bound may grow
    assert stream.draw("a", 10) == 0  # another label
    assert stream.draw("a", 9) == 0  # no longer possible
    assert stream.draw("a", 10) == 3
    assert stream.draw("a", 10) == 0  # behind the end


def test_what_was_drawn_becomes_a_tape_of_its_own() -> None:
    choices = LenientChoices(Tape({"net": (Draw("a", 10, 7),)}))
    choices.stream("net").draw("a", 10)
    choices.stream("work").draw("b", 5)
    expected = {"net": (("a", 10, 7),), "work": (("b", 5, 0),)}
    assert choices.tape().streams == expected


def test_each_step_is_as_odd_as_it_is_told_to_be() -> None:
    choices = SteppedChoices()
    assert draws(choices, "sched", 5) == [0] * 5
    choices.turn(7)
    odd = draws(choices, "sched", 5)
    assert any(odd)
    choices.turn(0)
    assert draws(choices, "sched", 5) == [0] * 5
    choices.turn(7)
    assert draws(choices, "sched", 5) == odd


def test_a_random_made_of_draws_has_all_that_a_random_has() -> None:
    rng = StreamRandom(SeededChoices(1).stream("work"))
    items = list(range(10))
    assert rng.choice(items) in items
    assert sorted(rng.sample(items, 10)) == items
    assert 0 <= rng.random() < 1
    assert 3 <= rng.uniform(3, 4) <= 4
    assert rng.randrange(5, 50, 5) % 5 == 0
    assert rng.getrandbits(0) == 0
    assert 0 <= rng.getrandbits(70) < 2**70
    rng.shuffle(items)
    assert isinstance(rng.gauss(0, 1), float)
    with pytest.raises(NotImplementedError):
        rng.getstate()


def test_one_choice_is_one_draw_and_0_the_first() -> None:
    choices = LenientChoices(Tape({}))
    rng: random.Random = StreamRandom(choices.stream("work"))
    assert rng.choice("abc") == "a"
    assert rng.randrange(5, 10) == 5
    assert rng.random() == 0
    assert [draw[1] for draw in choices.tape().streams["work"]] == [3, 5, 1 << 53]
