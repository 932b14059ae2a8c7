"""`holon attach`: the prompt, as a script and at a terminal."""

import json
import os
import pty
import select
import subprocess
import sys

import pytest

from holon_actors.cli.attach.prompt import _paths, _verbs, split_line


def test_a_script_runs_line_by_line(holon, bank):
    script = """
        # a comment
        ls
        tell /user/ada {"type": "Deposit", "amount": 5}
        ask /user/ada '{"type": "Balance"}'
        statistics --json
        quit
        ask /user/nobody 1
    """
    ended = holon("attach", "bank", stdin=script)
    assert ended.code == 0
    assert "attached to bank" in ended.err
    lines = ended.out.splitlines()
    assert lines[:5] == ["/user/ada", "/user/stuck", "/user/hog", "/user/thread", "5"]
    assert json.loads(lines[5])["actors"] >= 4


def test_the_first_error_of_a_script_ends_it_with_its_code(holon, bank):
    for line, code in (
        ("ask /user/nobody 1", 3),
        ("nonsense", 2),
        ("tell /user/ada {", 2),
        ("ps '", 2),
        ("ask /user/stuck 1 --timeout 50ms", 124),
    ):
        ended = holon("attach", stdin=f"{line}\nls\n")
        assert (ended.code, ended.out) == (code, ""), line


def test_one_command_may_follow_on_the_line(holon, bank):
    assert holon("attach", "bank", "ls", "/system").out.splitlines()[0] == "/system/admin"
    assert holon("attach", "ask", "/user/ada", "7").out == "7\n"
    assert holon("attach", "bank", "ask", "/user/nobody", "7").code == 3
    rows = json.loads(holon("attach", "bank", "ps", "--sort", "depth", "--json").out)
    assert rows[0]["path"].startswith("/")


@pytest.mark.parametrize("verb", ["events", "links", "members", "settings", "statistics"])
def test_it_has_more_to_show_than_the_one_shot_commands(holon, bank, verb):
    bank.on_loop(lambda: bank.ada.tell("fail"))
    assert holon("attach", "bank", verb).code == 0
    json.loads(holon("attach", "bank", verb, "--json").out)


def test_events_are_told_with_their_tracebacks(holon, bank):
    bank.on_loop(lambda: bank.ada.tell("fail"))
    out = holon("attach", "bank", "events").out
    assert "ActorFailed /user/ada restart handling str" in out
    assert "  ValueError: no money" in out.splitlines()


def test_help_lists_what_there_is(holon, bank):
    out = holon("attach", stdin="help\n").out
    for verb in ("ls", "trace", "dump", "events", "members"):
        assert f"  {verb} " in out


def test_nobody_there_is_unreachable(holon):
    assert holon("attach", stdin="ls\n").code == 4


def test_the_lines_go_to_the_system_that_was_meant_also_when_another_one_starts(holon, run_system):
    run_system("bank")
    script = "ls\n"
    assert holon("attach", "bank", stdin=script).code == 0
    run_system("bank")
    assert holon("attach", "bank", stdin=script).code == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ls /user", ["ls", "/user"]),
        ("", []),
        ("# nothing", []),
        ('tell /user/ada {"a": "b c"}', ["tell", "/user/ada", '{"a": "b c"}']),
        (
            'ask /user/ada {"a": {"b": 1}} --timeout 1s',
            ["ask", "/user/ada", '{"a": {"b": 1}}', "--timeout", "1s"],
        ),
        ("ask /user/ada '{\"a\": 1}'", ["ask", "/user/ada", '{"a": 1}']),
        ("tell /user/ada 5", ["tell", "/user/ada", "5"]),
    ],
)
def test_json_needs_no_quotes_at_the_prompt(line, words):
    assert split_line(line) == words


def test_verbs_and_paths_are_completed():
    assert _verbs("t") == ["tree ", "top ", "tell ", "trace "]
    asked = []

    def below(path):
        asked.append(path)
        return ["/user/ada", "/user/bob/"]

    assert _paths("/user/a", below) == ["/user/ada"]
    assert asked == ["/user"]
    assert _paths("ada", below) == []


def test_at_a_terminal_an_error_ends_one_line_only(environment, runtime_dir, bank, tmp_path):
    environment["XDG_RUNTIME_DIR"] = str(runtime_dir)
    environment["TERM"] = "dumb"
    controller, terminal = pty.openpty()
    code = "import sys; from holon_actors.cli.main import main; sys.argv[0] = 'holon'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "attach", "bank"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        cwd=tmp_path,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        read_until(controller, "bank> ")
        os.write(controller, b"ask /user/nobody 1\n")
        assert "no actor at /user/nobody" in read_until(controller, "bank> ")
        os.write(controller, b"ask /user/a\t 5\n")
        assert "5" in read_until(controller, "bank> ")
        os.write(controller, b"exit\n")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def read_until(descriptor, end):
    text = ""
    while end not in text:
        assert select.select([descriptor], [], [], 20)[0], text
        text += os.read(descriptor, 4096).decode()
    return text


def test_the_name_that_a_node_gives_itself_cannot_drive_the_terminal(monkeypatch, bank):
    from click.testing import CliRunner

    from holon_actors.actors.admin import Identity
    from holon_actors.cli.commands import attach

    labels = []

    class Silent:
        def __init__(self, label, *rest):
            labels.append(label)

        def run(self):
            return 0

    hostile = Identity("x\x1b]0;owned\x07", None, 1, "1", "3", 1.0, 1)
    monkeypatch.setattr(attach, "run_attached", lambda *rest: hostile)
    monkeypatch.setattr(attach, "Prompt", Silent)
    assert CliRunner().invoke(attach.command, ["bank"]).exit_code == 0
    assert labels == ["x\\x1b]0;owned\\x07"]
