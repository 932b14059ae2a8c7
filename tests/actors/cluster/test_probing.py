"""The order of probes: random rounds in which everybody has a turn."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.cluster.probing import Probes, RoundRobin


@given(st.integers(1, 9), st.integers())
def test_everybody_is_probed_once_per_round(count: int, seed: int) -> None:
    order, rng = RoundRobin(), Random(seed)
    members = [str(i) for i in range(count)]
    for _ in range(3):
        assert sorted(order.next(members, rng) or "" for _ in members) == members


def test_who_has_gone_is_not_probed() -> None:
    order, rng = RoundRobin(), Random(1)
    order.next(["a", "b", "c"], rng)
    assert {order.next(["a"], rng) for _ in range(5)} == {"a"}


def test_with_nobody_there_nobody_is_probed() -> None:
    assert RoundRobin().next([], Random(1)) is None


def test_numbers_are_not_used_twice() -> None:
    probes = Probes()
    assert probes.next_number() != probes.next_number()
    assert probes.next_due() == float("inf")
