"""On a terminal, in a real process on a pseudo-terminal."""

import os
import pty
import subprocess
import sys

import pytest


@pytest.fixture
def on_terminal(tmp_path, environment):
    """Run a command whose stdout and stderr are one terminal; gives its exit code and the text."""

    def run(*args, **variables):
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "holon_actors.cli", *args],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            cwd=tmp_path,
            env=environment | {"TERM": "xterm", "COLUMNS": "60"} | variables,
        )
        os.close(theirs)
        text = _read_all(ours)
        os.close(ours)
        return process.wait(), text

    return run


def _read_all(descriptor):
    """All that is written to a terminal until the last writer has gone."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # how Linux says that the other end is closed
            part = b""
        if not part:
            return b"".join(parts).decode().replace("\r\n", "\n")
        parts.append(part)


def test_a_list_of_objects_is_a_table_for_a_person(on_terminal, flows_file):
    code, text = on_terminal("run", f"{flows_file}:rows")
    assert code == 0
    assert text.splitlines()[0].split() == ["a", "b"]


def test_json_stays_json_for_a_machine(on_terminal, flows_file):
    code, text = on_terminal("run", f"{flows_file}:rows", "--json")
    assert (code, text) == (0, '[{"a": 1, "b": 2}, {"a": 3}]\n')


def test_a_table_keeps_to_the_width_of_the_terminal(on_terminal, write):
    file = write(
        "wide.py", "from holon_actors.flows import flow\nwide = flow(lambda: [{'a': 'x ' * 200}])"
    )
    code, text = on_terminal("run", file)
    assert code == 0
    assert max(len(line) for line in text.splitlines()) <= 60


def test_a_quick_run_draws_no_bar_and_no_colour(on_terminal, flows_file):
    _code, text = on_terminal("run", f"{flows_file}:greet", NO_COLOR="1")
    assert "\x1b" not in text
