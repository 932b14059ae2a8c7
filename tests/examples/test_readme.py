"""What the README shows is true: its Python runs, and the commands it names exist."""

import ast
import asyncio
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from holon_actors.cli.main import COMMANDS

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text()

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = [text for language, text in BLOCK.findall(README) if language == "python"]
COMMANDS_SHOWN = re.findall(r"^\$ (.+)$", README, re.MULTILINE)


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_the_readme_shows_a_flow_an_actor_and_an_engine():
    for shown in ("@flow", "(Actor)", "Engine("):
        assert any(shown in snippet for snippet in SNIPPETS), shown


@pytest.mark.parametrize("number", range(len(SNIPPETS)))
def test_a_python_snippet_runs(number):
    # Sync on purpose: a snippet may bring its own event loop.
    snippet = SNIPPETS[number]
    code = compile(snippet, f"README.md[{number}]", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    outcome = eval(code, {"__name__": "__main__"})
    if inspect.iscoroutine(outcome):
        asyncio.run(outcome)


def test_the_python_snippets_pass_a_strict_type_check(tmp_path):
    for number, snippet in enumerate(SNIPPETS):
        (tmp_path / f"snippet_{number}.py").write_text(snippet)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", tmp_path],
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("command", COMMANDS_SHOWN)
def test_a_command_it_shows_exists(command):
    program, *arguments = command.split()
    if program == "make":
        makefile = (REPOSITORY / "Makefile").read_text()
        assert re.search(rf"^{arguments[0]}:", makefile, re.MULTILINE)
    elif program == "holon":
        assert arguments[0] in COMMANDS
