"""Wall time of a command, from start to exit, as a person waits for it."""

import shlex
import subprocess
from collections.abc import Sequence
from statistics import median
from time import perf_counter


class CommandFailed(Exception):
    """A timed command failed. The message names it, its exit code and what it said."""


def median_wall_s(command: Sequence[str], count: int) -> float:
    """Median seconds over `count` runs, after one that fills the file cache and writes the .pyc.

    Raises:
        CommandFailed: it ended with another code than 0; a fast failure is not a fast start.
    """
    _wall_s(command)
    return median(_wall_s(command) for _ in range(count))


def _wall_s(command: Sequence[str]) -> float:
    started = perf_counter()
    ended = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    elapsed = perf_counter() - started
    if ended.returncode != 0:
        raise CommandFailed(f"{shlex.join(command)}: exit code {ended.returncode}: {ended.stderr}")
    return elapsed
