"""Time limits around a command's work."""

import asyncio
import signal
import threading

import pytest

from holon_actors.cli.deadline import load_limit, time_limit
from holon_actors.cli.errors import FlowTimedOut


async def test_work_that_takes_too_long_is_cancelled_and_named():
    with pytest.raises(FlowTimedOut, match=r"the work did not finish within 0\.01s"):
        async with time_limit("the work", 0.01):
            await asyncio.Event().wait()


async def test_a_timeout_of_the_work_itself_is_its_own():
    with pytest.raises(TimeoutError, match="mine") as caught:
        async with time_limit("the work", 30.0):
            raise TimeoutError("mine")
    assert not isinstance(caught.value, FlowTimedOut)


def wait_for_ever():
    try:
        threading.Event().wait()
    except Exception:  # noqa: BLE001  as a module that tries things may do
        raise AssertionError("stopped by something it can catch") from None


def test_loading_that_takes_too_long_is_interrupted_and_named():
    handler = signal.getsignal(signal.SIGALRM)
    late = r"loading 'x\.py' did not finish within 0\.01s"
    with pytest.raises(FlowTimedOut, match=late), load_limit("loading 'x.py'", 0.01):
        wait_for_ever()
    assert signal.getsignal(signal.SIGALRM) is handler


def test_the_alarm_is_off_after_loading_in_time():
    before, _ = signal.getitimer(signal.ITIMER_REAL)  # of whoever limits this test
    with load_limit("loading", 1000.0):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= before
    with load_limit("loading", None):
        assert signal.getitimer(signal.ITIMER_REAL)[0] <= before


def test_another_thread_loads_without_a_limit():
    passed = []

    def load():
        with load_limit("loading", 0.01):
            passed.append(signal.getitimer(signal.ITIMER_REAL)[0] != 0.01)

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
    assert passed == [True]


@pytest.mark.parametrize("command", [("run",), ("test", "--test-cases", "cases.json")])
def test_a_file_that_does_not_finish_loading_is_given_up_with_124(holon, write, command):
    write("cases.json", '[{"name": "a", "input": 1, "expected": 1}]')
    write("stuck.py", "import threading\nthreading.Event().wait()\n")
    name, *options = command
    ended = holon(name, "stuck.py", *options, "--timeout", "20ms")
    assert (ended.code, ended.out) == (124, "")
    assert ended.err == "error: loading 'stuck.py' did not finish within 0.02s\n"
