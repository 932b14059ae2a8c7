"""Across real processes, keys and machines' rules."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest
from holon_transports import Curve
from holon_transports.keys import write_key_pair

from holon_actors.cli.main import cli


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_a_program_is_found_asked_told_and_looked_at(app, real_holon, runtime_dir, scheme):
    bind = "tcp://127.0.0.1:0" if scheme == "tcp" else f"ipc://{runtime_dir}/bank.sock"
    process = app(bind)
    assert "/user/ada" in real_holon("ps").out
    url = f"tcp://{process.endpoint}" if scheme == "tcp" else bind
    assert real_holon("tell", url, "/user/ada", '{"type": "Deposit", "amount": 5}').code == 0
    assert real_holon("ask", url, "/user/ada", '{"type": "Balance"}').out == "5\n"
    assert real_holon("ask", "bank", "/user/ada", '{"type": "Balance"}', "--json").out == "5\n"


def test_a_program_that_was_killed_is_unreachable_and_leaves_no_entry(app, real_holon, runtime_dir):
    process = app()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert real_holon("ps").code == 4
    assert list((runtime_dir / "holon").iterdir()) == []
    ended = real_holon("ps", f"tcp://{process.endpoint}", "--timeout", "500ms")
    assert ended.code == 4
    assert len(ended.err.splitlines()) == 1


def test_a_program_whose_loop_is_blocked_says_by_what(app, real_holon):
    process = app()
    # Its answer may be caught behind the very block that it leads to.
    assert real_holon("tell", "bank", "/user/ada", '"block"').code in (0, 124)
    ended = real_holon("ps", f"tcp://{process.endpoint}", "--timeout", "500ms")
    assert ended.code == 0
    assert "by /user/ada handling str" in ended.out
    assert "time.sleep(3600)" in ended.out


def test_a_program_that_is_stopped_does_not_answer(app, real_holon):
    process = app()
    process.send_signal(signal.SIGSTOP)
    psutil.Process(process.pid).status()
    ended = real_holon("ps", "bank", "--timeout", "500ms")
    assert ended.code == 124
    assert "did not answer ListActors within 0.5s" in ended.err
    process.send_signal(signal.SIGCONT)


def test_no_command_imports_the_screen_or_the_flows_before_it_needs_them(environment):
    code = (
        "import sys; from holon_actors.cli.commands import ask, attach, dump, ls, ps, stop, tell,"
        " top, trace, tree\n"
        "print([n for n in ('textual', 'pydantic', 'holon_actors.runtime') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.fixture
def keys(tmp_path):
    """Keys for a bank and for somebody who may attach to it, and for a stranger."""
    for name in ("bank", "ops", "stranger"):
        write_key_pair(tmp_path / name, name)
    for owner, peer in (("bank", "ops"), ("ops", "bank"), ("stranger", "bank")):
        folder = tmp_path / f"{owner}-peers"
        folder.mkdir()
        public = (tmp_path / peer / f"{peer}.key").read_text()
        (folder / f"{peer}.key").write_text(public)
    return tmp_path


def access(keys, name):
    secret = keys / name / f"{name}.key_secret"
    return ["--security", str(secret), "--authorized", str(keys / f"{name}-peers")]


def test_with_keys_only_who_is_authorised_gets_in(holon, run_system, keys):
    curve = Curve(key=keys / "bank" / "bank.key_secret", authorized=keys / "bank-peers")
    running = run_system("bank", bind="tcp://127.0.0.1:0", security=curve)
    address = f"holon://bank@{running.system.endpoint}"
    assert holon("ls", address, *access(keys, "ops")).out.splitlines()[0] == "/user/ada"
    peer = f"{running.url}?peer=bank"
    assert holon("ls", peer, *access(keys, "ops")).code == 0
    for strange in ([], access(keys, "stranger")):
        ended = holon("ls", address, "--timeout", "2s", *strange)
        assert (ended.code, ended.out) == (4, "")
    # On the same machine the user's own folder is enough.
    assert holon("ls", "bank").code == 0
    assert json.loads(holon("attach", "bank", "settings", "--json").out)["secured"] is True


def test_all_commands_are_listed():
    context = cli.make_context("holon", ["--version"], resilient_parsing=True)
    names = cli.list_commands(context)
    for name in ("attach", "ls", "tree", "ps", "top", "tell", "ask", "stop", "trace", "dump"):
        assert name in names
    assert os.environ["XDG_RUNTIME_DIR"]
