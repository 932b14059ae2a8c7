"""One direction between two nodes, without a loop."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.testing._choices.tape import SeededStream
from holon_actors.testing._network.links import Link
from holon_actors.testing.delays import Constant, Exponential, Uniform
from holon_actors.testing.profiles import LinkProfile

S = 1_000_000_000


def link(seed: int = 0, **profile: Any) -> Link[str]:
    return Link("a", "b", LinkProfile(**profile), SeededStream(seed, "net"))


def drain(one: Link[str]) -> list[tuple[int, str]]:
    arrived = []
    while (due_ns := one.due_ns) is not None:
        assert one.arriving(due_ns)
        assert not one.arriving(due_ns - 1)
        arrived.append((due_ns, one.take(delivered=True)))
    return arrived


@given(
    st.integers(0, 1000),
    st.lists(st.integers(0, S), min_size=1, max_size=40),
    st.sampled_from([Uniform(0, 1), Exponential(0.5), Constant(0)]),
    st.sampled_from([None, 10.0, 1e6]),
)
def test_nothing_overtakes_and_nothing_is_early(seed, gaps, delay, bandwidth) -> None:
    one = link(seed, delay=delay, bandwidth=bandwidth)
    now_ns, sent = 0, []
    for n, gap in enumerate(gaps):
        now_ns += gap
        assert one.offer(now_ns, 5, str(n))
        sent.append((now_ns, str(n)))
    arrived = drain(one)
    assert [item for _, item in arrived] == [item for _, item in sent]
    assert all(due >= at for (due, _), (at, _) in zip(arrived, sent, strict=True))
    assert arrived == sorted(arrived, key=lambda entry: entry[0])


def test_order_is_kept_when_a_link_gets_faster() -> None:
    one = link(delay=Constant(5.0))
    one.offer(0, 1, "slow")
    one.profile = LinkProfile(delay=Constant(1.0))
    one.offer(0, 1, "quick")
    assert drain(one) == [(5 * S, "slow"), (5 * S, "quick")]


def test_a_full_link_takes_nothing() -> None:
    one = link(capacity=2)
    assert [one.offer(0, 1, "x") for _ in range(3)] == [True, True, False]
    counts = one.statistics()
    assert (counts.sent, counts.refused, counts.waiting) == (2, 1, 2)
    assert not one.roomy
    one.take(delivered=True)
    assert one.roomy


def test_what_is_lost_takes_no_room() -> None:
    one = link(loss=1.0, capacity=1)
    assert all(one.offer(0, 1, "x") for _ in range(10))
    assert one.due_ns is None
    assert one.statistics().dropped == 10


def test_held_items_wait_and_then_come_at_once() -> None:
    one = link(delay=Constant(1.0))
    one.offer(0, 1, "x")
    one.held_until_ns = math.inf
    assert one.due_ns is None
    one.held_until_ns = 9 * S
    assert one.due_ns == 9 * S
    one.held_until_ns = 0
    assert one.due_ns == S


def test_only_the_doomed_are_lost() -> None:
    one = link(delay=Constant(1.0))
    for item in ("a1", "b1", "a2", "b2"):
        one.offer(0, 1, item)
    assert one.lose(lambda item: item.startswith("a")) == 2
    assert [item for _, item in drain(one)] == ["b1", "b2"]
    assert one.statistics().dropped == 2


def test_a_link_that_lost_all_starts_afresh() -> None:
    one = link(delay=Constant(50.0), bandwidth=1.0)
    one.offer(0, 100, "x")
    one.lose(lambda _: True)
    one.profile = LinkProfile(delay=Constant(1.0), bandwidth=1.0)
    one.offer(0, 1, "y")
    assert drain(one) == [(2 * S, "y")]


def test_slowness_multiplies_and_adds() -> None:
    one = link(delay=Constant(1.0))
    one.factor, one.extra_ns = 3.0, S // 2
    one.offer(0, 1, "x")
    assert one.due_ns == 3 * S + S // 2
