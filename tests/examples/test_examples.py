"""The examples do what they say."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from holon_actors.cli.main import cli
from holon_actors.flows import load_flow

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"

PRINTED = {
    "hello_flow.py": "hello-holon-world\n",
    "bank_actor.py": "15\n",
    "engine_hello.py": "8\n8 succeeded\n",
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr(sys, "path", list(sys.path))


def holon(*args):
    return CliRunner().invoke(cli, args)


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_its_comments_say(name):
    ended = subprocess.run(
        [sys.executable, "-W", "error", f"examples/{name}"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, PRINTED[name], "")


def test_the_bank_loses_nothing_when_its_processes_are_killed():
    ended = subprocess.run(
        [sys.executable, "-W", "error", "examples/bank_raft.py"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    first, *killed, together, last = ended.stdout.splitlines()
    assert first.endswith("transfers are confirmed")
    assert [line.split(":")[0] for line in killed] == [f"{name} was killed" for name in "abc"]
    assert together.startswith("all three were killed")
    assert re.fullmatch(r"400 in the bank, (\d+) transfers confirmed, \1 made", last)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_every_example_is_tested(path):
    assert path.name in {*PRINTED, "weather.py", "bank_raft.py"}


def test_the_first_flow_runs_from_the_command_line():
    ended = holon("run", "examples/hello_flow.py", "--input", '"Hello, Holon World"')
    assert (ended.exit_code, ended.stdout) == (0, '"hello-holon-world"\n')


def test_make_demo_prints_the_table_and_where_the_time_went():
    recipe = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "demo"],
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    ).stdout.splitlines()[-1]
    program, *arguments = shlex.split(recipe)
    assert Path(program).name == "holon"

    ended = holon(*arguments)
    assert ended.exit_code == 0, ended.stderr
    header, _rule, *rows = [line.split() for line in ended.stdout.splitlines()]
    assert header == ["year", "days", "mean_high", "rain_mm", "wettest", "sunny_days"]
    assert rows[0] == ["2012", "366", "15.3", "1226.0", "2012/11/19", "118"]
    assert [row[0] for row in rows] == ["2012", "2013", "2014", "2015"]
    assert "where the time went" in ended.stderr


def test_the_weather_sums_agree_with_the_data():
    ended = holon("run", "examples/weather.py", "--input", "[2013]", "--json")
    (summary,) = json.loads(ended.stdout)
    with (EXAMPLES / "data" / "seattle-weather.csv").open() as file:
        days = [row for row in csv.DictReader(file) if row["date"].startswith("2013/")]
    assert summary["days"] == len(days) == 365
    assert summary["rain_mm"] == round(sum(float(day["precipitation"]) for day in days), 1)
    assert summary["sunny_days"] == [day["weather"] for day in days].count("sun")


def test_every_year_is_fetched_twice_because_the_first_line_is_lost():
    weather = load_flow("examples/weather.py")
    ended = holon("run", "examples/weather.py", "--input", "[2015, 2014]", "--trace", "--json")
    (fetch,) = [
        node for node in json.loads(ended.stderr)["trace"] if node["path"].endswith("/fetch")
    ]
    assert weather.meta.name == "weather"
    assert fetch["calls"] in {2, 4}  # the archive remembers years asked for earlier in this process


def test_the_weather_passes_its_own_test_cases():
    ended = holon("test", "examples/weather.py", "--test-cases", "examples/weather.tests.json")
    assert ended.exit_code == 0, ended.stdout


def test_the_data_has_a_source_and_a_licence():
    text = (EXAMPLES / "data" / "README.md").read_text()
    for path in (EXAMPLES / "data").iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in text
    assert "**Source**" in text
    assert "**Licence**" in text
