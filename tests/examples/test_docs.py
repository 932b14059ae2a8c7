"""What the pages in `docs` show is true: code runs, excerpts are from their files, and output is
what the programs print.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import sys

import pytest

from tests.examples.pages import REPOSITORY, blocks, printed_by, shown

BLOCKS = blocks()
SNIPPETS = [block for block in BLOCKS if block.language == "python" and not block.source]
EXCERPTS = [block for block in BLOCKS if block.language == "python" and block.source]
OUTPUTS = [block for block in BLOCKS if block.output_of]
SIMULATIONS = sorted((REPOSITORY / "examples" / "simulation").glob("*.py"))


def named(block):
    return f"{block.page}[{block.number}]"


@pytest.mark.parametrize("block", SNIPPETS, ids=named)
def test_a_snippet_runs(block, monkeypatch):
    # Sync on purpose: a snippet may bring its own event loop.
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code = compile(block.text, named(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(code, {"__name__": "__main__"})
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)


@pytest.mark.parametrize("block", EXCERPTS, ids=named)
def test_an_excerpt_is_part_of_its_file(block):
    assert block.text in (REPOSITORY / block.source).read_text()


@pytest.mark.parametrize("block", OUTPUTS, ids=named)
def test_an_output_is_what_the_program_prints(block):
    up_to_date = block.text == shown(block.source)
    assert up_to_date, f"{named(block)} is out of date: python -m tests.examples.pages"


@pytest.mark.parametrize("path", SIMULATIONS, ids=lambda path: path.name)
def test_an_example_of_a_simulation_prints_what_it_found(path):
    assert printed_by(f"examples/simulation/{path.name}")


@pytest.mark.parametrize("name", ["lost_update", "restart_race", "ask_cycle"])
def test_a_worked_bug_is_found_and_fixed(name):
    lines = printed_by(f"examples/simulation/{name}.py")
    assert lines[0].startswith("seed ")
    assert any(line.startswith("run it again: Simulation(seed=") for line in lines)
    assert lines[-1] == "fixed: 1000 runs without a failure"
