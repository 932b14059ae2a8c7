"""The package as a whole: what it exports, what it costs to import, what the contract shows."""

from __future__ import annotations

import subprocess
import sys

import pytest

from holon_actors import flows
from holon_actors.flows import flow

COMBINATORS = [
    "identity",
    "constant",
    "compose",
    "pipe",
    "parallel",
    "race",
    "map",
    "filter",
    "reduce",
    "retry",
    "fallback",
    "result",
    "maybe",
    "memoize",
    "debounce",
    "throttle",
    "batch",
    "timeout",
    "when",
    "repeat",
    "validate",
    "split",
    "merge",
    "tap",
    "loop",
]


def test_every_export_is_there_and_has_one_home() -> None:
    assert len(set(flows.__all__)) == len(flows.__all__)
    for name in flows.__all__:
        assert getattr(flows, name) is not None
    assert set(COMBINATORS) < set(flows.__all__)
    assert set(dir(flows)) == set(flows.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = flows.nonsense


def test_importing_flows_imports_nothing_heavy() -> None:
    code = "import holon_actors.flows, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"pydantic", "asyncio", "cloudpickle", "random", "logging", "pathlib"})


def test_the_example_of_the_contract_works() -> None:
    @flow
    def add(x: int, y: int) -> int:
        return x + y

    @flow(name="slug", tags=("text",), pure=True)
    def slug(title: str) -> str:
        return "-".join(title.lower().split())

    assert add(5, 3) == 8
    inc = flow(lambda x: x + 1)
    pipeline = inc | inc | range | list | flows.map(inc)
    assert pipeline(1) == [1, 2, 3]
    assert slug("A b C") == "a-b-c"
    assert add.retry(3)(5, 3) == 8
