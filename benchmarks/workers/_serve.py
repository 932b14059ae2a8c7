"""What every worker does around its work: read the arguments, be quiet, print the value."""

import asyncio
import gc
import json
import logging
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import psutil

WorkFunction = Callable[[int], float]


def serve(works: Mapping[str, WorkFunction]) -> None:
    """Do the work named on the command line and print its value as one JSON line.

    Logging is off for every system alike. The option `one-core` pins the process to one core.
    """
    if "one-core" in options():
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    logging.disable(logging.CRITICAL)
    name, size = sys.argv[1], int(sys.argv[2])
    print(json.dumps({"value": works[name](size)}), flush=True)


def options() -> list[str]:
    """What the command line says after the work and its size."""
    return sys.argv[3:]


def on_loop(work: Callable[[int], Coroutine[Any, Any, float]]) -> WorkFunction:
    """A work that runs on asyncio's default loop, or on uvloop when the options say so."""

    def run(size: int) -> float:
        if "uvloop" in options():
            import uvloop

            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(work(size))
        return asyncio.run(work(size))

    return run


def warm_up_size(size: int) -> int:
    """Enough to specialise the bytecode and fill the free lists: a tenth of the work."""
    return max(size // 10, 1)


def resident_bytes() -> int:
    """Resident memory of this process, once the garbage is gone."""
    gc.collect()
    return int(psutil.Process().memory_info().rss)
