"""`docs/raft.md` says what there is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import holon_actors.distributed.consensus as consensus
from holon_actors.cli.commands.raft import command
from holon_actors.distributed.consensus import CoreSettings, RaftSettings

PAGE = (Path(__file__).parents[2] / "docs" / "raft.md").read_text()
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)
_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20}


def rows_of(settings):
    section = PAGE.split(f"| `{settings.__name__}` | default |")[1].split("\n\n")[0]
    return dict(_ROW.findall(section))


def number(text):
    value, _, unit = text.replace(",", "").partition(" ")
    return float(value) * _UNITS.get(unit, 1)


@pytest.mark.parametrize("settings", [RaftSettings, CoreSettings])
def test_every_setting_is_in_the_page_with_its_default(settings):
    rows = rows_of(settings)
    assert list(rows) == [field.name for field in fields(settings)]
    for name, value in vars(settings()).items():
        shown = rows[name].strip()
        if isinstance(value, bool):
            assert shown == str(value), name
        elif isinstance(value, (int, float)):
            assert number(shown) == value, name


def test_every_command_is_in_the_page_and_has_the_options_that_it_shows():
    for name, each in command.commands.items():
        (shown,) = re.findall(rf"^\| `holon raft {name} ([^`]+)`", PAGE, re.MULTILINE)
        options = {option for parameter in each.params for option in parameter.opts}
        for option in re.findall(r"--[a-z]+", shown):
            assert option in options, name
        for option in ("--json", "--timeout", "--security", "--authorized", "--insecure"):
            assert option in options, name


def test_every_error_that_it_names_exists():
    section = PAGE.split("| error | what it means |")[1].split("\n\n")[0]
    named = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert len(named) > 4
    for name in named:
        assert issubclass(getattr(consensus, name), consensus.RaftError)


def test_its_links_lead_somewhere():
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / link).exists(), link
