"""Ctrl-C, in real processes."""

import asyncio
import os
import signal

import psutil
import pytest

from holon_actors.cli.errors import Interrupted
from holon_actors.cli.interrupts import run_interruptible

# Each says when it is running, cleans up audibly where it can, and never ends by itself.
STUCK = {
    "loop": """
        @flow
        async def stuck() -> None:
            say("running")
            try:
                await asyncio.Event().wait()
            finally:
                say("cleaned up")
        """,
    "thread": """
        @flow
        def stuck() -> None:
            say("running")
            threading.Event().wait()
        """,
    "process": """
        @flow(isolation="process")
        def stuck() -> None:
            say(f"running {os.getpid()}")
            threading.Event().wait()
        """,
    "stubborn": """
        @flow
        async def stuck() -> None:
            say("running")
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    say("ignored")
        """,
    "blocked": """
        @flow(isolation="inline")
        def stuck() -> None:
            child = subprocess.Popen(["sleep", "1000"])
            say(f"running {child.pid}")
            child.wait()
        """,
}


@pytest.fixture
def run_stuck(start_holon, write):
    """Start a flow that never ends, and wait until it runs; gives what it said too."""

    def start(kind, *options):
        head = """
        import asyncio, os, subprocess, sys, threading
        from holon_actors.flows import flow

        def say(text):
            print(text, file=sys.stderr, flush=True)
        """
        process = start_holon("run", write("stuck.py", head + STUCK[kind]), *options)
        said = process.stderr.readline()
        while said.startswith("warning: "):  # a busy machine: the start has taken long
            said = process.stderr.readline()
        assert said.startswith("running")
        return process, said

    return start


def interrupt(process, number=signal.SIGINT):
    os.killpg(process.pid, number)


@pytest.mark.parametrize("kind", ["loop", "thread", "process"])
def test_ctrl_c_ends_a_run_cleanly_with_130(run_stuck, kind):
    process, said = run_stuck(kind)
    interrupt(process)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == "cancelling; once more to end at once"
    assert lines[-1] == "error: interrupted"
    assert ("cleaned up" in lines) == (kind == "loop")
    assert "Traceback" not in err
    if kind == "process":
        assert not psutil.pid_exists(int(said.split()[1]))


def test_term_ends_a_run_cleanly_with_143(run_stuck):
    process, _said = run_stuck("loop")
    interrupt(process, signal.SIGTERM)
    _out, err = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "cleaned up" in err


def test_a_second_ctrl_c_kills_a_run_that_ignores_the_first(run_stuck):
    process, _said = run_stuck("stubborn")
    interrupt(process)
    assert process.stderr.readline() == "cancelling; once more to end at once\n"
    assert process.stderr.readline() == "ignored\n"
    interrupt(process)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_second_ctrl_c_kills_a_blocked_run_and_its_children(run_stuck):
    process, said = run_stuck("blocked")
    child = psutil.Process(int(said.split()[1]))
    process.send_signal(signal.SIGINT)  # to it alone: the child is ours to kill
    assert process.stderr.readline() == "cancelling; once more to end at once\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()


def test_with_json_an_interrupt_is_json_too(run_stuck):
    process, _said = run_stuck("loop", "--json")
    interrupt(process)
    _out, err = process.communicate(timeout=30)
    assert '"exit_code": 130' in err.splitlines()[-1]


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    async def body():
        return 5

    assert run_interruptible(body()) == 5
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_body_that_ends_in_spite_of_the_signal_keeps_its_result():
    async def body():
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "finished"

    assert run_interruptible(body()) == "finished"


def test_an_error_during_the_clean_up_is_the_cause_of_the_interrupt():
    async def body():
        signal.raise_signal(signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("disk full")

    with pytest.raises(Interrupted) as caught:
        run_interruptible(body())
    assert isinstance(caught.value.__cause__, OSError)


def test_a_cancellation_that_is_nobodys_signal_passes_through():
    async def body():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        run_interruptible(body())
