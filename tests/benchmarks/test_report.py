"""What a person reads and what the file holds."""

from benchmarks.outcome import Outcome
from benchmarks.report import HEADER, as_json, line, table_lines
from benchmarks.units import KIB, THOUSANDS_PER_S
from benchmarks.verdict import judge
from benchmarks.work import OURS, Absolute, Entrant, Relative, Work

ENTRANTS = tuple(Entrant(system=name, worker="any", size=1) for name in (OURS, "A", "B"))
RATE = Work(
    name="ask",
    title="ask, sequential",
    unit=THOUSANDS_PER_S,
    entrants=ENTRANTS,
    targets=(Relative(factor=2, peers=("A", "B")),),
)
COST = Work(
    name="memory", title="idle", unit=KIB, entrants=ENTRANTS, targets=(Absolute(bound=2048),)
)


def squeeze(text: str) -> str:
    return " ".join(text.split())


def lines_of(work: Work, outcomes: dict[str, Outcome]) -> list[str]:
    return table_lines(work, outcomes, judge(work, outcomes))


def test_the_verdict_stands_beside_the_peer_it_was_judged_against() -> None:
    outcomes = {
        OURS: Outcome(values=[300_000.0]),
        "A": Outcome(values=[100_000.0]),
        "B": Outcome(values=[50_000.0]),
    }
    first, second = lines_of(RATE, outcomes)
    assert squeeze(first) == "ask, sequential 300 k/s A 100 k/s 3.00x >= 2x held"
    assert squeeze(second) == "B 50.0 k/s 6.00x"


def test_a_bound_has_a_line_of_its_own() -> None:
    outcomes = {
        OURS: Outcome(values=[4096.0]),
        "A": Outcome(values=[1024.0]),
        "B": Outcome(absent="b"),
    }
    bound, peer, absent = lines_of(COST, outcomes)
    assert squeeze(bound) == "idle 4.00 KiB (fixed bound) 0.50x <= 2.00 KiB missed"
    assert squeeze(peer) == "A 1.00 KiB 0.25x"
    assert squeeze(absent) == "B not here"


def test_no_peer_here_is_said_in_the_table() -> None:
    outcomes = {OURS: Outcome(values=[1.0]), "A": Outcome(absent="a"), "B": Outcome(absent="b")}
    first, second = lines_of(RATE, outcomes)
    assert squeeze(first) == "ask, sequential 0.00 k/s A not here >= 2x not judged"
    assert squeeze(second) == "B not here"


def test_a_failure_says_why_under_the_work() -> None:
    outcomes = {
        OURS: Outcome(failure="Traceback\nImportError: no Actor"),
        "A": Outcome(values=[1.0]),
        "B": Outcome(values=[2.0]),
    }
    assert lines_of(RATE, outcomes)[-1] == "  holon failed: ImportError: no Actor"


def test_the_header_fits_the_columns() -> None:
    assert squeeze(line(HEADER)) == "work holon peer its value ratio target verdict"


def test_the_file_holds_every_value_and_verdict() -> None:
    outcomes = {
        OURS: Outcome(values=[3.0, 1.0, 2.0]),
        "A": Outcome(values=[1.0]),
        "B": Outcome(absent="b"),
    }
    assert as_json(RATE, outcomes, judge(RATE, outcomes)) == {
        "work": "ask",
        "title": "ask, sequential",
        "better": "more",
        "systems": {
            OURS: {"median": 2.0, "values": [3.0, 1.0, 2.0]},
            "A": {"median": 1.0, "values": [1.0]},
            "B": {"absent": "b"},
        },
        "targets": [
            {"factor": 2, "peers": ["A", "B"], "judged_by": "A", "ratio": 2.0, "verdict": "held"}
        ],
    }
