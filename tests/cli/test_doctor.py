"""`holon doctor`."""

import json
import tomllib
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from holon_actors.cli import checks
from holon_actors.cli.checks import EXTRAS, REQUIREMENTS

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def names(requirements):
    return {requirement.split(">=")[0] for requirement in requirements}


def test_every_requirement_and_extra_of_the_package_is_checked():
    assert set(REQUIREMENTS) == names(PYPROJECT["dependencies"])
    extras = PYPROJECT["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - {"all", "dev", "bench"}
    for extra, modules in EXTRAS.items():
        assert set(modules) == names(extras[extra]), extra


def test_a_healthy_machine_is_exit_0(holon):
    ended = holon("doctor")
    assert ended.code == 0, ended.out
    assert "process isolation" in ended.out
    assert "BROKEN" not in [line.split()[0] for line in ended.out.splitlines()]
    assert not psutil.Process().children()


def test_the_findings_as_json(holon):
    report = json.loads(holon("doctor", "--json").out)
    assert report["ok"] is True
    found = {check["name"]: check for check in report["checks"]}
    assert found["pydantic"]["detail"] == metadata.version("pydantic")
    assert found["process isolation"]["status"] == "ok"
    assert found["python"]["required"] is True


def test_a_broken_requirement_is_exit_1_and_named(holon, monkeypatch):
    monkeypatch.setitem(checks.REQUIREMENTS, "pykka", "no_such_module")
    ended = holon("doctor")
    assert ended.code == 1
    assert "BROKEN pykka" in ended.out
    assert "no_such_module" in ended.out
    assert ended.err == "error: Holon does not work here: pykka broken\n"


def test_an_extra_that_is_not_there_is_no_fault_and_says_how_to_get_it(holon, monkeypatch):
    monkeypatch.setattr(checks, "EXTRAS", {"mesh": {"no-such-distribution": "nothing"}})
    ended = holon("doctor")
    assert ended.code == 0
    assert "pip install 'holon-actors[mesh]'" in ended.out


def test_an_installed_extra_that_does_not_import_is_broken_but_not_fatal(holon, monkeypatch):
    monkeypatch.setattr(checks, "EXTRAS", {"fast": {"click": "click.no_such_part"}})
    ended = holon("doctor")
    assert ended.code == 0
    assert "BROKEN extra fast" in ended.out


@pytest.mark.parametrize("name", ["_process_isolation", "_memory_limits"])
def test_a_check_that_raises_is_a_finding(monkeypatch, name):
    def broken():
        raise OSError("no such thing here")

    monkeypatch.setattr(checks, name, broken)
    found = [check for check in checks.run_checks() if check.status == "broken"]
    assert [check.detail for check in found] == ["OSError: no such thing here"]
    assert found[0].fatal == (name == "_process_isolation")
