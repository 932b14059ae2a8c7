"""Presence: whether what a worker measures is on this machine.

Asked before a worker starts, so that a peer that is not installed reads "not here" and never looks
like a failure.
"""

import os
import shutil
from importlib.util import find_spec

PACKAGES = {
    "holon_kernel": "holon_actors",
    "holon_engine": "holon_actors",
    "holon_simulation": "holon_actors",
    "holon_command": "holon_actors",
    "pykka_threads": "pykka",
    "thespian_simple": "thespian",
    "xoscar_local": "xoscar",
    "xoscar_remote": "xoscar",
    "ray_actors": "ray",
    "holon_remote": "holon_actors",
    "holon_process": "holon_actors",
    "raw_zmq": "zmq",
    "holon_raft": "holon_actors",
    "holon_raft_catch_up": "holon_actors",
    "holon_raft_groups": "holon_actors",
    "holon_raft_restart": "holon_actors",
    "pysyncobj_raft": "pysyncobj",
}
PROGRAMS = {"beam": ("erl", "erlc")}


def absent(worker: str, options: tuple[str, ...] = ()) -> str | None:
    """What the worker needs and this machine lacks; None when it can run."""
    package = PACKAGES.get(worker)
    if package is not None and find_spec(package) is None:
        return package
    if "uvloop" in options and find_spec("uvloop") is None:
        return "uvloop"
    if "one-core" in options and not hasattr(os, "sched_setaffinity"):
        return "a way to pin to one core"
    for program in PROGRAMS.get(worker, ()):
        if shutil.which(program) is None:
            return program
    return None
