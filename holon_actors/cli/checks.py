"""What `holon doctor` looks at: each check is a function that returns a `Check`.

A check never raises: whatever goes wrong inside it is its finding. Only what Holon cannot work
without is `required`.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from typing import Literal

__all__ = ["EXTRAS", "REQUIREMENTS", "Check", "run_checks"]

Status = Literal["ok", "absent", "broken"]

PYTHON_MINIMUM = (3, 11)
PROCESS_TIMEOUT_S = 30.0
DOT_TIMEOUT_S = 10.0

# Distribution -> the module that shows it works.
REQUIREMENTS = {
    "click": "click",
    "cloudpickle": "cloudpickle",
    "msgpack": "msgpack",
    "psutil": "psutil",
    "pydantic": "pydantic",
    "pykka": "pykka",
    "pyzmq": "zmq",
    "rich": "rich",
}

# Extra -> the same for each distribution in it.
EXTRAS = {
    "mesh": {"zeroconf": "zeroconf", "dnspython": "dns.resolver"},
    "http": {"aiohttp": "aiohttp"},
    "grpc": {
        "grpcio": "grpc",
        "grpcio-health-checking": "grpc_health.v1.health",
        "grpcio-reflection": "grpc_reflection.v1alpha.reflection",
        "grpcio-status": "grpc_status.rpc_status",
    },
    "kafka": {"aiokafka": "aiokafka"},
    "redis": {"redis": "redis"},
    "viz": {
        "graphviz": "graphviz",
        "prometheus-client": "prometheus_client",
        "opentelemetry-api": "opentelemetry.trace",
        "opentelemetry-sdk": "opentelemetry.sdk.trace",
        "textual": "textual.app",
    },
    "testing": {"hypothesis": "hypothesis"},
    "fast": {"uvloop": "uvloop"},
    "ray": {"ray": "ray"},
    "dask": {"distributed": "distributed"},
}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding. `status` is `absent` when an optional thing is simply not there."""

    name: str
    status: Status
    detail: str
    required: bool = False

    @property
    def fatal(self) -> bool:
        """Whether Holon cannot work because of this."""
        return self.required and self.status != "ok"


def run_checks() -> Iterator[Check]:
    """Every check, one after the other."""
    yield _python()
    yield _platform()
    yield _holon()
    for distribution, module in REQUIREMENTS.items():
        yield _requirement(distribution, module)
    for extra, modules in EXTRAS.items():
        yield _extra(extra, modules)
    yield _dot()
    yield _guarded("process isolation", _process_isolation, required=True)
    yield _guarded("memory limits", _memory_limits, required=False)
    yield _guarded("cores", _cores, required=False)
    yield _guarded("memory", _memory, required=False)
    yield _guarded("open files", _open_files, required=False)


def _python() -> Check:
    fits = sys.version_info >= PYTHON_MINIMUM
    detail = f"{platform.python_implementation()} {platform.python_version()} at {sys.executable}"
    return Check(name="python", status="ok" if fits else "broken", detail=detail, required=True)


def _platform() -> Check:
    return Check(name="platform", status="ok", detail=platform.platform())


def _holon() -> Check:
    try:
        detail = metadata.version("holon-actors")
    except metadata.PackageNotFoundError:
        return Check(name="holon-actors", status="absent", detail="not installed, run from source")
    return Check(name="holon-actors", status="ok", detail=detail)


def _requirement(distribution: str, module: str) -> Check:
    problem = _import_problem(module)
    status: Status = "broken" if problem else "ok"
    detail = problem or _version(distribution)
    return Check(name=distribution, status=status, detail=detail, required=True)


def _extra(extra: str, modules: dict[str, str]) -> Check:
    name = f"extra {extra}"
    missing = [dist for dist in modules if not _installed(dist)]
    if missing:
        detail = f"{', '.join(missing)} not installed: pip install 'holon-actors[{extra}]'"
        return Check(name=name, status="absent", detail=detail)

    problems = [problem for module in modules.values() if (problem := _import_problem(module))]
    if problems:
        return Check(name=name, status="broken", detail="; ".join(problems))
    detail = ", ".join(f"{dist} {_version(dist)}" for dist in modules)
    return Check(name=name, status="ok", detail=detail)


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _version(distribution: str) -> str:
    return metadata.version(distribution) if _installed(distribution) else "version unknown"


def _import_problem(module: str) -> str:
    try:
        import_module(module)
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything on import
        return f"import {module}: {type(error).__name__}: {error}"
    return ""


def _dot() -> Check:
    path = shutil.which("dot")
    if path is None:
        detail = "not on PATH; install Graphviz for `holon visualize --format svg`"
        return Check(name="dot", status="absent", detail=detail)
    return _guarded("dot", lambda: f"{_dot_version(path)} at {path}", required=False)


def _dot_version(path: str) -> str:
    ran = subprocess.run(  # noqa: S603 - the program the user's own PATH names
        [path, "-V"], capture_output=True, text=True, timeout=DOT_TIMEOUT_S, check=True
    )
    return (ran.stderr or ran.stdout).strip()


def _guarded(name: str, look: Callable[[], str], *, required: bool) -> Check:
    try:
        return Check(name=name, status="ok", detail=look(), required=required)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        detail = f"{type(error).__name__}: {error}"
        return Check(name=name, status="broken", detail=detail, required=required)


def _process_isolation() -> str:
    """Runs one flow in a worker process, for real."""
    # Imported here: a broken dependency of theirs is a finding too.
    from holon_actors.flows import flow  # noqa: PLC0415
    from holon_actors.runtime import Engine  # noqa: PLC0415

    async def ask_for_pid() -> int:
        async with Engine(max_concurrency=1) as engine:
            pid: int = await engine.execute(
                flow(os.getpid), None, isolation="process", timeout=PROCESS_TIMEOUT_S
            )
            return pid

    pid = asyncio.run(ask_for_pid())
    if pid == os.getpid():
        raise RuntimeError("the flow ran in this process")
    return "a worker process started, ran a flow and ended"


def _memory_limits() -> str:
    import resource  # noqa: PLC0415 - not on every platform

    soft, _hard = resource.getrlimit(resource.RLIMIT_DATA)
    found = "none set here" if soft == resource.RLIM_INFINITY else f"{soft:,} bytes here"
    return f"RLIMIT_DATA is available ({found})"


def _cores() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{usable} usable of {os.cpu_count()}"


def _memory() -> str:
    import psutil  # noqa: PLC0415 - a broken one is a finding

    memory = psutil.virtual_memory()
    return f"{memory.available / 2**30:.1f} GiB free of {memory.total / 2**30:.1f} GiB"


def _open_files() -> str:
    import resource  # noqa: PLC0415 - not on every platform

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"{soft:,} allowed, {hard:,} at most"
