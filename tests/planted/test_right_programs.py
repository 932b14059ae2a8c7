"""The programs without their bugs hold under strict priorities, too."""

import importlib
from pathlib import Path

import pytest

from holon_actors.testing import explore

HERE = Path(__file__)
PROGRAMS = sorted(path.stem for path in HERE.parent.glob("test_*.py") if path != HERE)
SEEDS = 40


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_right_program_holds_under_pct(name):
    program = importlib.import_module(f"tests.planted.{name}")
    explore(program.scenario, seeds=SEEDS, strategy="pct")
