"""What draws are turned into."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.testing._choices.chance import chance, pick, shuffled
from holon_actors.testing._choices.tape import SeededStream


class Smallest:
    def draw(self, label: str, bound: int) -> int:
        return 0


@pytest.mark.parametrize("rate", [0.000_001, 0.1, 0.5, 0.999_999])
def test_a_chance_has_its_rate_and_its_plainest_draw_is_no(rate: float) -> None:
    assert not chance(Smallest(), "x", rate)
    stream = SeededStream(1, "net")
    hits = sum(chance(stream, "x", rate) for _ in range(2_000))
    assert abs(hits / 2_000 - rate) < 0.05


@pytest.mark.parametrize(("rate", "outcome"), [(0.0, False), (1.0, True)])
def test_what_is_certain_draws_nothing(rate: float, outcome: bool) -> None:
    stream = SeededStream(1, "net")
    assert chance(stream, "x", rate) is outcome
    assert stream.draws == []


@given(st.lists(st.integers()), st.integers(0, 1000))
def test_a_shuffle_keeps_all(items: list[int], seed: int) -> None:
    assert sorted(shuffled(SeededStream(seed, "net"), "x", items)) == sorted(items)
    assert shuffled(Smallest(), "x", items) == items


def test_every_order_and_every_item_comes_up() -> None:
    stream = SeededStream(1, "net")
    assert len({tuple(shuffled(stream, "x", "abc")) for _ in range(200)}) == 6
    assert {pick(stream, "x", "abc") for _ in range(50)} == set("abc")
