"""How a work is run: interleaved, absent peers skipped, failures kept to their own row."""

from benchmarks.process import MeasurementFailed
from benchmarks.running import run_work, size_of
from benchmarks.units import THOUSANDS_PER_S
from benchmarks.work import OURS, Entrant, Work

OURS_ENTRANT = Entrant(system=OURS, worker="ours", size=1_000)
PEER = Entrant(system="Peer", worker="peer", size=500)
WORK = Work(
    name="tell", title="tell", unit=THOUSANDS_PER_S, entrants=(OURS_ENTRANT, PEER), targets=()
)


class FakeMeasure:
    """Answers 1, 2, 3, ... and remembers who asked; fails for the systems it is told to."""

    def __init__(self, failing: str = "") -> None:
        self.calls: list[tuple[str, int]] = []
        self.failing = failing

    def __call__(self, work: str, entrant: Entrant, size: int) -> float:
        self.calls.append((entrant.system, size))
        if entrant.system == self.failing:
            raise MeasurementFailed("it broke")
        return float(len(self.calls))


def everything_is_here(worker: str, options: tuple[str, ...]) -> None:
    return None


def test_repeats_are_interleaved() -> None:
    measure = FakeMeasure()
    run_work(WORK, repeat=2, quick=False, measure=measure, absent=everything_is_here)
    assert [system for system, _ in measure.calls] == [OURS, "Peer", OURS, "Peer"]


def test_the_value_is_the_median_of_all_repeats() -> None:
    outcomes = run_work(
        WORK, repeat=3, quick=False, measure=FakeMeasure(), absent=everything_is_here
    )
    assert outcomes[OURS].values == [1.0, 3.0, 5.0]
    assert outcomes[OURS].value == 3.0


def test_an_absent_peer_is_never_started() -> None:
    measure = FakeMeasure()
    outcomes = run_work(
        WORK,
        repeat=2,
        quick=False,
        measure=measure,
        absent=lambda worker, options: "peerlib" if worker == "peer" else None,
    )
    assert [system for system, _ in measure.calls] == [OURS, OURS]
    assert outcomes["Peer"].as_json() == {"absent": "peerlib"}


def test_a_failing_peer_is_not_repeated_and_spoils_no_other() -> None:
    measure = FakeMeasure(failing="Peer")
    outcomes = run_work(WORK, repeat=2, quick=False, measure=measure, absent=everything_is_here)
    assert [system for system, _ in measure.calls] == [OURS, "Peer", OURS]
    assert outcomes["Peer"].failure == "it broke"
    assert outcomes["Peer"].value is None
    assert outcomes[OURS].value == 2.0


def test_a_value_measured_before_a_failure_does_not_count() -> None:
    measure = FakeMeasure()
    outcomes = run_work(WORK, repeat=1, quick=False, measure=measure, absent=everything_is_here)
    outcomes["Peer"].failure = "later"
    assert outcomes["Peer"].value is None


def test_quick_does_a_tenth_of_the_work() -> None:
    assert size_of(PEER, quick=True) == 50
    assert size_of(PEER, quick=False) == 500


def test_quick_still_takes_a_median_of_three_starts() -> None:
    assert size_of(Entrant(system=OURS, worker="ours", size=10), quick=True) == 3
