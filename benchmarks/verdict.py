"""Verdicts: whether a target holds, given what was measured. Pure."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.outcome import Outcome
from benchmarks.units import Unit
from benchmarks.work import OURS, Absolute, Relative, Work

Holds = Literal["held", "missed", "not judged"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One target of one work, judged.

    `peer` is the system it was judged against: the best of those the target names, or the first of
    them when none was measured. None for an absolute target.
    """

    target: Relative | Absolute
    peer: str | None
    ratio: float | None  # how many times as good as the peer or the bound
    holds: Holds


def judge(work: Work, outcomes: dict[str, Outcome]) -> tuple[Verdict, ...]:
    """Judge every target of the work; one that lacks a value is not judged."""
    return tuple(_judge_one(target, work.unit, outcomes) for target in work.targets)


def _judge_one(target: Relative | Absolute, unit: Unit, outcomes: dict[str, Outcome]) -> Verdict:
    ours = outcomes[OURS].value
    if isinstance(target, Absolute):
        return _verdict(target, None, ours, target.bound, 1.0, unit)
    peer = best_peer(target, unit, outcomes)
    return _verdict(target, peer, ours, outcomes[peer].value, target.factor, unit)


def best_peer(target: Relative, unit: Unit, outcomes: dict[str, Outcome]) -> str:
    """The best measured of the peers that the target names; the first when none was measured."""
    measured = {peer: outcomes[peer].value for peer in target.peers}
    values = {peer: value for peer, value in measured.items() if value is not None}
    if not values:
        return target.peers[0]
    best = max if unit.better == "more" else min
    return best(values, key=values.__getitem__)


def _verdict(
    target: Relative | Absolute,
    peer: str | None,
    ours: float | None,
    theirs: float | None,
    factor: float,
    unit: Unit,
) -> Verdict:
    if ours is None or theirs is None:
        return Verdict(target=target, peer=peer, ratio=None, holds="not judged")
    ratio = unit.ratio(ours, theirs)
    return Verdict(
        target=target, peer=peer, ratio=ratio, holds="held" if ratio >= factor else "missed"
    )
