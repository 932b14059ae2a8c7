"""The command line of the harness: run the chosen works, print the table, write the file."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.machine import machine_facts
from benchmarks.options import options_parser
from benchmarks.outcome import Outcome
from benchmarks.presence import absent
from benchmarks.process import measure
from benchmarks.report import HEADER, as_json, line, table_lines
from benchmarks.running import run_work
from benchmarks.table import WORKS
from benchmarks.verdict import Verdict, judge
from benchmarks.work import OURS, Work

REPEAT_DEFAULT = 5
REPEAT_QUICK = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen works.

    Returns:
        0; 1 when `--check` is given and Holon missed a target or did not run.

    Raises:
        SystemExit: with 2, for options that do not fit.
    """
    options = options_parser().parse_args(arguments)
    repeat = options.repeat or (REPEAT_QUICK if options.quick else REPEAT_DEFAULT)
    facts = machine_facts()
    print(f"{facts['processor']}, {facts['cpus']} cpus, {facts['python']}")
    print(f"medians of {repeat}, interleaved, each in its own process\n")
    print(line(HEADER), flush=True)
    sound, reports = True, []
    for work in _chosen(options.only, uvloop=options.uvloop):
        outcomes = run_work(
            work, repeat=repeat, quick=options.quick, measure=measure, absent=absent
        )
        verdicts = judge(work, outcomes)
        print("\n".join(table_lines(work, outcomes, verdicts)), flush=True)
        reports.append(as_json(work, outcomes, verdicts))
        sound = sound and _sound(outcomes, verdicts)
    if options.json is not None:
        report = {"machine": facts, "repeat": repeat, "quick": options.quick, "works": reports}
        _write(options.json, report)
    return 1 if options.check and not sound else 0


def _sound(outcomes: dict[str, Outcome], verdicts: tuple[Verdict, ...]) -> bool:
    """Whether Holon ran and missed no target. A peer that is not here is no fault."""
    missed = any(verdict.holds == "missed" for verdict in verdicts)
    return outcomes[OURS].value is not None and not missed


def _chosen(only: list[str] | None, *, uvloop: bool) -> list[Work]:
    works = [work for work in WORKS if only is None or work.name in only]
    return [_with_uvloop(work) for work in works] if uvloop else works


def _with_uvloop(work: Work) -> Work:
    """Add Holon on uvloop as one more entrant, where its worker runs on a loop."""
    ours = work.entrants[0]
    if ours.worker in ("holon_command", "holon_simulation"):
        return work
    other = replace(ours, system="holon on uvloop", options=("uvloop",))
    return replace(work, entrants=(ours, other, *work.entrants[1:]))


def _write(path: Path, report: dict[str, object]) -> None:
    path.write_text(json.dumps(report, indent=2) + "\n")
    print(f"\nwritten: {path}", file=sys.stderr)
