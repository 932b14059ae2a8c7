"""Delays as values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError
from holon_actors.testing._choices.tape import SeededStream
from holon_actors.testing.delays import Constant, Exponential, Uniform


class Smallest:
    """A stream that always gives 0."""

    def draw(self, label: str, bound: int) -> int:
        assert bound >= 1
        return 0


class Largest:
    def draw(self, label: str, bound: int) -> int:
        return bound - 1


@pytest.mark.parametrize(
    ("delay", "least_ns", "most_ns"),
    [
        (Constant(0.25), 250_000_000, 250_000_000),
        (Uniform(0.1, 0.3), 100_000_000, 300_000_000),
        (Uniform(0.1, 0.1), 100_000_000, 100_000_000),
        (Exponential(0.1, low_s=1.0), 1_000_000_000, 2_109_035_000),
    ],
)
def test_the_plainest_draw_is_the_shortest_delay(delay, least_ns, most_ns) -> None:
    assert delay.draw_ns(Smallest(), "x") == least_ns
    assert delay.draw_ns(Largest(), "x") == most_ns


def test_an_exponential_delay_has_its_mean_and_a_tail() -> None:
    stream = SeededStream(1, "net")
    drawn = [Exponential(0.1).draw_ns(stream, "x") / 1e9 for _ in range(10_000)]
    assert 0.095 < sum(drawn) / len(drawn) < 0.105
    assert max(drawn) > 0.6


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 1000))
def test_a_uniform_delay_stays_within_its_limits(a: float, b: float, seed: int) -> None:
    low, high = sorted((a, b))
    drawn = Uniform(low, high).draw_ns(SeededStream(seed, "net"), "x")
    assert round(low * 1e9) <= drawn <= round(high * 1e9) + 1


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan])
def test_what_is_no_time_is_refused(value: float) -> None:
    for make in (Constant, lambda s: Uniform(0, s), Exponential, lambda s: Exponential(1, s)):
        with pytest.raises(ConfigError):
            make(value)
    with pytest.raises(ConfigError):
        Uniform(2, 1)


@pytest.mark.parametrize("delay", [Constant(1.0), Uniform(1, 2), Exponential(1.0, low_s=2.0)])
def test_what_it_prints_makes_it_again(delay) -> None:
    assert eval(repr(delay)) == delay
