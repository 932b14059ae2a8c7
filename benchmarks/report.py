"""The report: one work as lines for a person, all of them as data for a file. Pure."""

from benchmarks.outcome import Outcome
from benchmarks.units import Unit
from benchmarks.verdict import Verdict
from benchmarks.work import OURS, Absolute, Work

HEADER = ("work", "holon", "peer", "its value", "ratio", "target", "verdict")
WIDTHS = (38, 12, 20, 12, 8, 10, 10)

Cells = tuple[str, str, str, str, str, str, str]


def line(cells: Cells) -> str:
    """One line of the table; a cell that is too long pushes, it is never cut."""
    padded = (cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True))
    return " ".join(padded).rstrip()


def table_lines(
    work: Work, outcomes: dict[str, Outcome], verdicts: tuple[Verdict, ...]
) -> list[str]:
    """The work as table lines: one per absolute target, then one per peer."""
    rows = [
        _absolute_row(work.unit, verdict.target, verdict)
        for verdict in verdicts
        if isinstance(verdict.target, Absolute)
    ]
    rows += [
        _peer_row(work.unit, system, outcomes, verdicts) for system in outcomes if system != OURS
    ]
    ours = outcomes[OURS]
    heads = [(work.title, _shown(work.unit, ours))] + [("", "")] * (len(rows) - 1)
    lines = [line((*head, *row)) for head, row in zip(heads, rows, strict=True)]
    failures = [(system, o.failure) for system, o in outcomes.items() if o.failure is not None]
    return lines + [f"  {system} failed: {why.splitlines()[-1]}" for system, why in failures]


def _absolute_row(unit: Unit, target: Absolute, verdict: Verdict) -> tuple[str, str, str, str, str]:
    side = ">=" if unit.better == "more" else "<="
    bound = f"{side} {unit.show(target.bound)}"
    return ("(fixed bound)", "", _ratio(verdict.ratio), bound, verdict.holds)


def _peer_row(
    unit: Unit, system: str, outcomes: dict[str, Outcome], verdicts: tuple[Verdict, ...]
) -> tuple[str, str, str, str, str]:
    ours, theirs = outcomes[OURS].value, outcomes[system].value
    ratio = None if ours is None or theirs is None else unit.ratio(ours, theirs)
    judged = [verdict for verdict in verdicts if verdict.peer == system]
    return (
        system,
        _shown(unit, outcomes[system]),
        _ratio(ratio),
        ", ".join(str(verdict.target) for verdict in judged),
        ", ".join(verdict.holds for verdict in judged),
    )


def _shown(unit: Unit, outcome: Outcome) -> str:
    if outcome.absent is not None:
        return "not here"
    return "failed" if outcome.value is None else unit.show(outcome.value)


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}x"


def as_json(
    work: Work, outcomes: dict[str, Outcome], verdicts: tuple[Verdict, ...]
) -> dict[str, object]:
    """The work for the report file; values in base units (per second, bytes, seconds)."""
    return {
        "work": work.name,
        "title": work.title,
        "better": work.unit.better,
        "systems": {system: outcome.as_json() for system, outcome in outcomes.items()},
        "targets": [_verdict_json(verdict) for verdict in verdicts],
    }


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    target = verdict.target
    if isinstance(target, Absolute):
        wanted: dict[str, object] = {"bound": target.bound}
    else:
        wanted = {"factor": target.factor, "peers": list(target.peers), "judged_by": verdict.peer}
    return {**wanted, "ratio": verdict.ratio, "verdict": verdict.holds}
