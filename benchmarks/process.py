"""One measurement in one fresh process.

Nothing an earlier measurement did to heap, caches or threads reaches the next. A worker that
outlives its time is killed with its whole process group, so nothing is left running.
"""

import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.work import Entrant

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 180.0


class MeasurementFailed(Exception):
    """A worker ended without a value. The message is the end of what it said."""


def measure(work: str, entrant: Entrant, size: int, timeout_s: float = TIMEOUT_S) -> float:
    """Run one worker once.

    Returns:
        Its value in the base unit of the work.

    Raises:
        MeasurementFailed: it crashed, printed no value, or ran out of time.
    """
    module = f"benchmarks.workers.{entrant.worker}"
    command = [sys.executable, "-m", module, work, str(size), *entrant.options]
    output, errors, code = _run(command, timeout_s)
    if code != 0:
        raise MeasurementFailed(_tail(errors) or f"exit code {code}")
    return value_of(output)


def value_of(output: str) -> float:
    """The value in the last line a worker printed.

    Raises:
        MeasurementFailed: there is none, or it is none that a ratio could be made of.
    """
    try:
        value = float(json.loads(output.splitlines()[-1])["value"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise MeasurementFailed(f"no value in its output: {_tail(output)!r}") from error
    if not (math.isfinite(value) and value > 0):
        raise MeasurementFailed(f"{value} is nothing to compare with")
    return value


def _run(command: list[str], timeout_s: float) -> tuple[str, str, int]:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": _python_path()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            _kill_group(process)
            raise MeasurementFailed(f"no result within {timeout_s:g} s") from error
        except BaseException:
            _kill_group(process)
            raise
        return output, errors, process.returncode


def _python_path() -> str:
    """This checkout first, for what a worker starts elsewhere; then what the caller had."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def _kill_group(process: subprocess.Popen[str]) -> None:
    """The worker leads its own session; its children die with it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended between the timeout and here


def _tail(text: str, lines: int = 3) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
