"""How many small changes of the core its tests notice: its mutation score.

    python -m tests.distributed.consensus.cluster.mutation                  all of it: hours
    python -m tests.distributed.consensus.cluster.mutation --sample 100     some, drawn at random
    python -m tests.distributed.consensus.cluster.mutation --only _election

Each change runs in a process of its own, which is given the changed module instead of the file:
first short seeds of the simulator, then the unit tests of the core.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from tests.distributed.consensus.cluster.mutator import Mutation, mutations

ROOT = Path(__file__).parents[4]
CORE = ROOT / "holon_actors/distributed/consensus/core"
PACKAGE = "holon_actors.distributed.consensus.core"
UNIT_TESTS = "tests/distributed/consensus/core"
SEEDS = 300
TIMEOUT_S = 120
# What only checks or only holds values has nothing that tests could miss.
LEFT_OUT = {
    *("__init__", "_invariants", "_chance", "_value", "status"),
    *("effects", "entries", "inputs", "messages", "reasons", "roles"),
}


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from a source of its own."""

    def __init__(self, name: str, source: str) -> None:
        self._name = name
        self._source = source

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == self._name:
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, f"<mutated {self._name}>", "exec"), module.__dict__)


def survives(name: str, source: Path) -> bool:
    """In a process of its own: whether no test notices the changed module."""
    sys.meta_path.insert(0, _Loader(f"{PACKAGE}.{name}", source.read_text()))
    from tests.distributed.consensus.cluster.running import sweep

    for start in range(0, SEEDS, 50):
        if sweep(range(start, start + 50))[1]:
            return False
    import pytest

    arguments = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", UNIT_TESTS]
    return pytest.main(arguments) == pytest.ExitCode.OK


def is_noticed(name: str, mutation: Mutation) -> bool:
    """Whether a test fails, or does not come to an end."""
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(mutation.source)
        file.flush()
        command = [sys.executable, "-m", __spec__.name, "--survives", name, file.name]
        try:
            ended = subprocess.run(
                command, cwd=ROOT, capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return True
        return ended.returncode != 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--survives", nargs=2)
    given = parser.parse_args()
    if given.survives:
        name, path = given.survives
        return 0 if survives(name, Path(path)) else 1
    found = [
        (path.stem, mutation)
        for path in sorted(CORE.glob("*.py"))
        if path.stem not in LEFT_OUT and given.only in (None, path.stem)
        for mutation in mutations(path.read_text())
    ]
    total = len(found)
    if given.sample is not None and given.sample < total:
        found = random.Random(given.seed).sample(found, given.sample)
    noticed = 0
    for place, (name, mutation) in enumerate(found, 1):
        if is_noticed(name, mutation):
            noticed += 1
        else:
            print(f"{name}.py:{mutation.line}: {mutation.what}", flush=True)  # noqa: T201
        if place % 10 == 0:
            print(f"... {noticed} of {place}", file=sys.stderr, flush=True)  # noqa: T201
    print(f"{noticed} of {len(found)} noticed, {total} in all")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
