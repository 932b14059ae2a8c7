"""The command line, end to end, on works that need no actor system."""

import json
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks.units import MILLIONS_PER_S
from benchmarks.work import OURS, Absolute, Entrant, Relative, Work


def tiny(target: Relative | Absolute) -> Work:
    return Work(
        name="tell",
        title="tell",
        unit=MILLIONS_PER_S,
        entrants=(
            Entrant(system=OURS, worker="plain", size=1_000),
            Entrant(system="again", worker="plain", size=1_000),
        ),
        targets=(target,),
    )


def only_work(monkeypatch: pytest.MonkeyPatch, work: Work) -> None:
    monkeypatch.setattr(cli, "WORKS", (work,))


def test_a_run_prints_the_table_and_writes_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only_work(monkeypatch, tiny(Relative(factor=1e-6, peers=("again",))))
    path = tmp_path / "report.json"
    assert cli.main(["--only", "tell", "--repeat", "2", "--json", str(path), "--check"]) == 0
    assert "held" in capsys.readouterr().out
    report = json.loads(path.read_text())
    assert report["repeat"] == 2
    assert report["machine"]["python"].startswith("CPython 3.")
    assert len(report["works"][0]["systems"]["holon"]["values"]) == 2


def test_a_missed_target_fails_only_under_check(monkeypatch: pytest.MonkeyPatch) -> None:
    only_work(monkeypatch, tiny(Absolute(bound=1e15)))
    assert cli.main(["--repeat", "1", "--quick"]) == 0
    assert cli.main(["--repeat", "1", "--quick", "--check"]) == 1
