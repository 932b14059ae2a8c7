"""The entry point: help, unknown commands, what is imported, and how any end is told."""

import json
import re
import subprocess
import sys

import click
import pytest

from holon_actors.cli.main import COMMANDS, cli

HEAVY = {"asyncio", "pydantic", "rich", "zmq", "psutil", "msgpack", "pykka", "inspect_flow"}


def imported(stderr):
    """Top-level packages and Holon's own modules in an -X importtime report."""
    names = re.findall(r"\|\s+(\S+)$", stderr, re.MULTILINE)
    return set(names)


def test_help_lists_every_command(holon):
    ended = holon("--help")
    assert ended.code == 0
    for name in COMMANDS:
        assert f"  {name} " in ended.out


def test_help_imports_no_command_and_nothing_heavy(real_holon):
    ended = real_holon("--help", python_options=["-X", "importtime"])
    assert ended.code == 0
    names = imported(ended.err)
    assert "click" in names
    assert not names & HEAVY
    own = {name for name in names if name.startswith("holon_actors.")}
    assert not [
        name for name in own if not name.startswith(("holon_actors.cli", "holon_actors.err"))
    ]
    assert not [name for name in own if "commands." in name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_the_common_options(holon, name):
    ended = holon(name, "--help")
    assert ended.code == 0
    assert "--json" in ended.out
    assert "--debug" in ended.out


def test_the_short_help_of_a_command_is_the_first_line_of_its_long_help():
    context = click.Context(cli)
    for name, line in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command.name == name
        first = command.help.split("\n\n")[0].replace("\n", " ")
        assert line.startswith(first.rstrip(".")), name


def test_without_a_command_the_help_goes_to_stderr(holon):
    ended = holon()
    assert ended.code == 2
    assert ended.out == ""
    assert "Commands:" in ended.err


def test_an_unknown_command_is_a_usage_error_with_a_suggestion(holon):
    ended = holon("rnu")
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "error: no command 'rnu'; did you mean 'run'?",
        "try 'cli --help'",
    ]


def test_an_unknown_option_is_a_usage_error(holon):
    for args in (["--frob"], ["run", "--frob"]):
        ended = holon(*args)
        assert ended.code == 2
        assert "--frob" in ended.err


def test_the_version_is_that_of_the_distribution(holon, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: {"holon-actors": "1.2.3"}[name])
    assert holon("--version").out == "holon 1.2.3\n"


def test_debug_shows_the_traceback_and_nothing_else_does(holon):
    plain = holon("inspect", "nowhere.py")
    assert "Traceback" not in plain.err
    debug = holon("inspect", "nowhere.py", "--debug")
    assert "Traceback" in debug.err
    assert debug.err.splitlines()[-1] == plain.err.splitlines()[-1]


def test_debug_holds_for_errors_of_the_command_line_itself(holon):
    assert "Traceback" in holon("inspect", "--debug").err


def test_with_json_an_error_is_one_json_object_on_stderr(holon):
    ended = holon("inspect", "nowhere.py", "--json")
    assert ended.out == ""
    error = json.loads(ended.err)["error"]
    assert error == {
        "type": "FlowFileNotFound",
        "message": "nowhere.py: no such file",
        "exit_code": 3,
    }


@pytest.mark.parametrize(
    ("flow", "data", "kind"), [("fail", '"x"', "KeyError"), ("add", "[1, 2, 3]", "FlowInputError")]
)
def test_with_json_the_error_of_a_flow_has_its_own_type(holon, flows_file, flow, data, kind):
    ended = holon("run", f"{flows_file}:{flow}", "--input", data, "--json")
    assert json.loads(ended.err)["error"]["type"] == kind


def test_a_bug_of_ours_ends_in_one_line_too(holon, monkeypatch):
    def broken(*_args):
        raise ZeroDivisionError("oh\nno\x1b[31m")

    monkeypatch.setattr("holon_actors.cli.commands.inspect.load_all", broken)
    ended = holon("inspect", "x.py")
    assert ended.code == 1
    assert ended.err == "error: ZeroDivisionError: oh no\\x1b[31m\n"


def test_ctrl_c_while_a_file_is_imported_is_an_interrupt(holon, write):
    file = write("stops.py", "raise KeyboardInterrupt")
    ended = holon("inspect", file)
    assert (ended.code, ended.err) == (130, "error: interrupted\n")


def test_a_reader_that_leaves_early_is_no_error(start_holon, flows_file):
    process = start_holon("visualize", f"{flows_file}:chain", stdout=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_a_full_disk_is_an_error_once(start_holon, flows_file):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device, not a path
        process = start_holon("visualize", f"{flows_file}:chain", stdout=full)
        _out, err = process.communicate(timeout=50)
    assert process.returncode == 1
    assert err == "error: OSError: [Errno 28] No space left on device\n"


def test_closed_streams_are_no_error(start_holon, flows_file):
    for redirection in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
        command = f'exec "$0" -m holon_actors.cli inspect {flows_file} {redirection}'
        process = start_holon(executable_and_args=["/bin/sh", "-c", command, sys.executable])
        process.communicate(timeout=50)
        assert process.returncode == 0, redirection


def test_closed_stdin_is_input_that_is_not_there(start_holon, flows_file):
    command = f'exec "$0" -m holon_actors.cli run {flows_file}:shout --input - <&-'
    process = start_holon(executable_and_args=["/bin/sh", "-c", command, sys.executable])
    _out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (3, "error: input '-': stdin is closed\n")


def test_bash_completion_knows_the_commands(environment):
    ended = subprocess.run(
        [sys.executable, "-c", "from holon_actors.cli.main import main; main()"],
        env=environment
        | {"_HOLON_COMPLETE": "bash_complete", "COMP_WORDS": "holon vis", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    assert ended.stdout == "plain,visualize\n"
