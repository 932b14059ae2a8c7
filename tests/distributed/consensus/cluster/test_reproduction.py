"""A seed is the same run on every Python, whatever the order of sets of names is there."""

from __future__ import annotations

import sys

import pytest

from tests.distributed.consensus.cluster.running import replay
from tests.testing.kit import interpreter, output

SEEDS = range(0, 60, 3)
PRINT = """
from tests.distributed.consensus.cluster.running import replay
for seed in map(int, sys.argv[1:]):
    trace, error = replay(seed)
    print(trace.fingerprint(), error)
"""


def fingerprints(python: str, hash_seed: int) -> list[str]:
    return output(python, PRINT, *SEEDS, hash_seed=hash_seed).splitlines()


@pytest.fixture(scope="module")
def expected() -> list[str]:
    found = fingerprints(sys.executable, hash_seed=1)
    assert len({*found}) == len(SEEDS)
    return found


@pytest.mark.parametrize("hash_seed", [2, 3])
def test_a_seed_is_the_same_run_whatever_the_hashes_are(
    expected: list[str], hash_seed: int
) -> None:
    assert fingerprints(sys.executable, hash_seed) == expected


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_a_seed_is_the_same_run_on_every_python(expected: list[str], version: str) -> None:
    needs = "tests.distributed.consensus.cluster.running"
    assert fingerprints(interpreter(version, needs), hash_seed=4) == expected


def test_another_run_has_another_fingerprint() -> None:
    assert replay(1)[0].fingerprint() != replay(1, events=100)[0].fingerprint()
