"""Machine facts: what a number was measured on. Read once, at the start of a run."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("holon-actors", "pykka", "thespian", "xoscar", "uvloop")


def machine_facts() -> dict[str, object]:
    """Processor, memory, load, Python, and the version of every system measured."""
    return {
        "processor": _processor(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load_1_min": round(os.getloadavg()[0], 2),
        "platform": platform.platform(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {name: _version(name) for name in PACKAGES},
        "otp": _otp_release(),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _otp_release() -> str | None:
    if shutil.which("erl") is None:
        return None
    program = "io:put_chars(erlang:system_info(otp_release)), halt()."
    answer = subprocess.run(
        ["erl", "-noshell", "-eval", program], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None
