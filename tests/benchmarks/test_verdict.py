"""When a target holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.outcome import Outcome
from benchmarks.units import KIB, SECONDS, THOUSANDS_PER_S, Unit
from benchmarks.verdict import Verdict, judge
from benchmarks.work import OURS, Absolute, Entrant, Relative, Work

SYSTEMS = (OURS, "A", "B")


def judged(unit: Unit, target: Relative | Absolute, **values: float | None) -> Verdict:
    entrants = tuple(Entrant(system=name, worker="any", size=1) for name in SYSTEMS)
    work = Work(name="w", title="w", unit=unit, entrants=entrants, targets=(target,))
    outcomes = {name: Outcome(absent="it") for name in SYSTEMS}
    for name, value in values.items():
        outcomes[name] = Outcome(failure="broke") if value is None else Outcome(values=[value])
    (verdict,) = judge(work, outcomes)
    return verdict


def test_a_rate_is_judged_against_the_best_peer() -> None:
    verdict = judged(THOUSANDS_PER_S, Relative(factor=6, peers=("A", "B")), holon=60, A=5, B=10)
    assert (verdict.peer, verdict.ratio, verdict.holds) == ("B", 6.0, "held")


def test_a_duration_is_judged_against_the_shortest_peer() -> None:
    verdict = judged(SECONDS, Relative(factor=1, peers=("A", "B")), holon=3, A=2, B=4)
    assert (verdict.peer, verdict.holds) == ("A", "missed")
    assert verdict.ratio == pytest.approx(2 / 3)


def test_a_peer_that_is_not_here_is_passed_over() -> None:
    verdict = judged(THOUSANDS_PER_S, Relative(factor=1, peers=("A", "B")), holon=2, A=1)
    assert (verdict.peer, verdict.holds) == ("A", "held")


def test_nothing_is_judged_without_any_peer() -> None:
    verdict = judged(THOUSANDS_PER_S, Relative(factor=1, peers=("A",)), holon=2)
    assert (verdict.peer, verdict.ratio, verdict.holds) == ("A", None, "not judged")


def test_nothing_is_judged_when_ours_failed() -> None:
    verdict = judged(THOUSANDS_PER_S, Relative(factor=1, peers=("A",)), holon=None, A=1)
    assert verdict.holds == "not judged"


@pytest.mark.parametrize(
    ("unit", "ours", "holds"),
    [
        (THOUSANDS_PER_S, 100.0, "held"),
        (THOUSANDS_PER_S, 99.0, "missed"),
        (KIB, 100.0, "held"),
        (KIB, 101.0, "missed"),
    ],
)
def test_a_bound_is_a_floor_for_rates_and_a_ceiling_for_costs(
    unit: Unit, ours: float, holds: str
) -> None:
    assert judged(unit, Absolute(bound=100.0), holon=ours).holds == holds


positive = st.floats(min_value=1e-3, max_value=1e9)


@given(ours=positive, peers=st.lists(positive, min_size=2, max_size=2))
def test_beating_the_best_peer_is_beating_each(ours: float, peers: list[float]) -> None:
    target = Relative(factor=1, peers=("A", "B"))
    for unit in (THOUSANDS_PER_S, SECONDS):
        verdict = judged(unit, target, holon=ours, A=peers[0], B=peers[1])
        beats_each = all(unit.ratio(ours, peer) >= 1 for peer in peers)
        assert (verdict.holds == "held") == beats_each
