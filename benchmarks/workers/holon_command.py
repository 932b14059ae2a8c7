"""Holon's command: how long a person waits for `holon --help` and for `holon run` of a no-op."""

import sys
from pathlib import Path

from benchmarks.workers._serve import serve
from benchmarks.workers._wall import median_wall_s

NOOP_FLOW = f"{Path(__file__).with_name('noop_flows.py')}:nothing"


def _holon() -> list[str]:
    """The installed script; without one (a bare checkout), what the script would do."""
    script = Path(sys.executable).with_name("holon")
    if script.exists():
        return [str(script)]
    return [sys.executable, "-c", "from holon_actors.cli.main import main; main()"]


def show_help(count: int) -> float:
    """Median seconds of `holon --help`."""
    return median_wall_s([*_holon(), "--help"], count)


def run(count: int) -> float:
    """Median seconds of `holon run` on a flow that does nothing."""
    return median_wall_s([*_holon(), "run", NOOP_FLOW], count)


if __name__ == "__main__":
    serve({"help": show_help, "run": run})
