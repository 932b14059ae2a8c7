"""What the tests of the command line share: flow files, and two ways to run a command."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil
import pytest
from click.testing import CliRunner

from holon_actors.cli.main import cli

REPOSITORY = Path(__file__).parents[2]
START = "import sys; from holon_actors.cli.main import main; sys.argv[0] = 'holon'; main()"


@dataclass(frozen=True)
class Ended:
    """How a command ended, however it was run."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path_factory, monkeypatch):
    """After every test: no child process, no thread and no temporary file that was not there."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    threads = set(threading.enumerate())
    yield
    assert psutil.Process().children(recursive=True) == []
    left = set(threading.enumerate()) - threads
    for thread in left:
        thread.join(timeout=5)  # one that is told to end, as rich's are, may still be doing so
    assert not [thread for thread in left if thread.is_alive()]
    assert list(folder.iterdir()) == []


@pytest.fixture
def holon(tmp_path, monkeypatch):
    """Run a command line in this process, from a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*args, stdin=None):
        result = CliRunner().invoke(cli, [str(arg) for arg in args], input=stdin)
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def environment():
    """The environment of a real `holon`: this repository's code, and no colours of the tester's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HOLON"))}
    return kept | {"PYTHONPATH": str(REPOSITORY)}


@pytest.fixture
def real_holon(tmp_path, environment):
    """Run a command line as a process of its own, from a folder of its own."""

    def run(*args, stdin=None, python_options=()):
        ended = subprocess.run(
            [sys.executable, *python_options, "-c", START, *map(str, args)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=50,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def start_holon(tmp_path, environment):
    """Start a command in a process group of its own, as a shell does; what is left is killed."""
    started = []

    def start(*args, executable_and_args=None, **options):
        process = subprocess.Popen(
            executable_and_args or [sys.executable, "-c", START, *map(str, args)],
            cwd=tmp_path,
            env=environment,
            start_new_session=True,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def write(tmp_path):
    """Write a file into the command's folder; returns its name."""

    def write_file(name, text):
        (tmp_path / name).write_text(dedent(text))
        return name

    return write_file


@pytest.fixture
def flows_file(write):
    """A file with several flows."""
    return write(
        "several.py",
        """
        from holon_actors.flows import flow

        @flow(tags=("math",), pure=True)
        def add(x: int, y: int) -> int:
            '''Add two numbers.'''
            return x + y

        @flow
        def shout(text: str) -> str:
            return text.upper()

        @flow
        def fail(text: str) -> str:
            raise KeyError(text)

        @flow
        def rows() -> list[dict[str, int]]:
            return [{"a": 1, "b": 2}, {"a": 3}]

        @flow
        def greet(name: str = "you") -> str:
            return f"hello {name}"

        @flow
        async def wait_for_ever(value: int) -> int:
            import asyncio
            await asyncio.Event().wait()
            return value

        chain = shout | flow(lambda text: text + "!")
        """,
    )
