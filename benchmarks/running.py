"""Running one work: every entrant, over and over, in turn.

Repeats are interleaved (ours, a peer, the next peer, ours again), so a machine that is busy for a
while slows all of them alike and the ratio of medians stays honest.
"""

from collections.abc import Callable

from benchmarks.outcome import Outcome
from benchmarks.process import MeasurementFailed
from benchmarks.work import Entrant, Work

QUICK_DIVISOR = 10
QUICK_SIZE_MIN = 3

Measure = Callable[[str, Entrant, int], float]
Absent = Callable[[str, tuple[str, ...]], str | None]


def run_work(
    work: Work, *, repeat: int, quick: bool, measure: Measure, absent: Absent
) -> dict[str, Outcome]:
    """Measure every entrant `repeat` times; outcomes by system, in the order of the table."""
    outcomes = {
        entrant.system: Outcome(absent=absent(entrant.worker, entrant.options))
        for entrant in work.entrants
    }
    for _ in range(repeat):
        for entrant in work.entrants:
            outcome = outcomes[entrant.system]
            if outcome.runnable:
                _measure_into(outcome, work.name, entrant, quick=quick, measure=measure)
    return outcomes


def _measure_into(
    outcome: Outcome, work: str, entrant: Entrant, *, quick: bool, measure: Measure
) -> None:
    try:
        outcome.values.append(measure(work, entrant, size_of(entrant, quick=quick)))
    except MeasurementFailed as failure:
        outcome.failure = str(failure)


def size_of(entrant: Entrant, *, quick: bool) -> int:
    """How much of the work this entrant does in one measurement."""
    return max(entrant.size // QUICK_DIVISOR, QUICK_SIZE_MIN) if quick else entrant.size
