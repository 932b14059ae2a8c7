from __future__ import annotations

from typing import Any

import pytest

from holon_actors.errors import ConfigError
from holon_actors.runtime.resources import ResourceGate, ResourceLimits, Usage


class FakeTree:
    """A process tree that says what it is told to."""

    cpu_count = 2

    def __init__(self) -> None:
        self.usage = Usage(0.0, 0)
        self.looks = 0

    def sample(self) -> Usage:
        self.looks += 1
        return self.usage


def test_without_limits_nobody_looks() -> None:
    tree = FakeTree()
    for limits in (None, ResourceLimits(), ResourceLimits(cpu_time="5s")):
        assert not ResourceGate(limits, tree).is_over(0.0)
    assert tree.looks == 0


def test_memory_over_the_limit_closes_the_gate() -> None:
    tree = FakeTree()
    gate = ResourceGate(ResourceLimits(memory="1KB"), tree)
    tree.usage = Usage(0.0, 1000)
    assert not gate.is_over(0.0)
    tree.usage = Usage(0.0, 1001)
    assert gate.is_over(1.0)


def test_processor_share_is_of_all_processors_since_the_last_look() -> None:
    tree = FakeTree()
    gate = ResourceGate(ResourceLimits(cpu=0.8), tree)
    tree.usage = Usage(100.0, 0)
    assert not gate.is_over(0.0)  # nothing to compare with yet
    tree.usage = Usage(101.5, 0)
    assert not gate.is_over(1.0)  # 1.5 of 2 processors
    tree.usage = Usage(103.2, 0)
    assert gate.is_over(2.0)  # 1.7 of 2


def test_looks_are_an_interval_apart() -> None:
    tree = FakeTree()
    gate = ResourceGate(ResourceLimits(memory=1, sample_interval=0.5), tree)
    for now in (0.0, 0.1, 0.4, 0.6, 0.7, 1.2):
        gate.is_over(now)
    assert tree.looks == 3


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"cpu": 0}, "cpu"),
        ({"cpu": 1.5}, "cpu"),
        ({"cpu": "half"}, "cpu"),
        ({"cpu": True}, "cpu"),
        ({"memory": "12XB"}, "memory"),
        ({"memory": 0}, "memory"),
        ({"cpu_time": 0}, "cpu_time"),
        ({"cpu_time": "soon"}, "cpu_time"),
        ({"sample_interval": -1}, "sample_interval"),
    ],
)
def test_limits_out_of_range_are_refused_by_name(values: Any, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        ResourceLimits(**values)


def test_limits_are_read_in_units() -> None:
    limits = ResourceLimits(memory="1MiB", cpu_time="250ms")
    assert (limits.memory_bytes, limits.cpu_time_s) == (2**20, 0.25)
