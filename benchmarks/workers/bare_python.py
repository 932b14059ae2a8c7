"""The floor of every command: an interpreter that starts and does nothing."""

import sys

from benchmarks.workers._serve import serve
from benchmarks.workers._wall import median_wall_s


def start(count: int) -> float:
    """Median seconds of `python -c pass`."""
    return median_wall_s([sys.executable, "-c", "pass"], count)


if __name__ == "__main__":
    serve({"help": start, "run": start})
