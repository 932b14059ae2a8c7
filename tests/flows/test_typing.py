"""mypy --strict infers through compositions, and rejects those that do not fit."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).with_name("typing_samples.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mypy_says(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """What mypy reports, by line of the samples."""
    pytest.importorskip("mypy")
    command = [
        *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"),
        *("--cache-dir", str(tmp_path_factory.mktemp("mypy"))),
        *("--config-file", "", "--follow-imports", "silent", str(SAMPLES)),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found: dict[int, list[str]] = {}
    for line in done.stdout.splitlines():
        if match := re.match(r".*typing_samples\.py:(\d+): (?:error|note): (.*)", line):
            found.setdefault(int(match[1]), []).append(match[2])
    assert found, done.stdout + done.stderr
    return found


def wanted(mark: str) -> dict[int, str]:
    lines = SAMPLES.read_text().splitlines()
    pattern = re.compile(rf".*# {mark}: (.*)$")
    return {at: m[1] for at, line in enumerate(lines, 1) if (m := pattern.match(line))}


@pytest.mark.timeout(180)
def test_mypy_infers_the_types_of_compositions(mypy_says: dict[int, list[str]]) -> None:
    wrong = {}
    for at, expected in wanted("T").items():
        revealed = [m for m in mypy_says.get(at, ()) if m.startswith("Revealed type")]
        seen = re.sub(r"\b(?:\w+\.)+(?=\w)", "", " ".join(revealed))
        if seen != f'Revealed type is "{expected}"':
            wrong[at] = (expected, mypy_says.get(at))
    assert wrong == {}


@pytest.mark.timeout(180)
def test_mypy_rejects_what_does_not_fit(mypy_says: dict[int, list[str]]) -> None:
    accepted = {
        at: (code, mypy_says.get(at))
        for at, code in wanted("E").items()
        if not any(m.endswith(f"[{code}]") for m in mypy_says.get(at, ()))
    }
    assert accepted == {}


@pytest.mark.timeout(180)
def test_mypy_objects_to_nothing_else(mypy_says: dict[int, list[str]]) -> None:
    expected = wanted("E")
    surprises = {
        at: messages
        for at, messages in mypy_says.items()
        if at not in expected and any(re.search(r"\[[a-z-]+\]$", m) for m in messages)
    }
    assert surprises == {}
