"""Runs the directed test that finds a bug, with that bug planted.

python -m tests.distributed.consensus.cluster.directed hands_over_to_anybody
"""

from __future__ import annotations

import sys

import pytest

from tests.distributed.consensus.cluster.mutants import MUTANTS, planted

__all__ = ["TESTS", "main"]

TESTS = "tests/distributed/consensus"


def main(name: str) -> int:
    """The exit code of pytest."""
    with planted(name):
        return pytest.main(["-q", "-p", "no:cacheprovider", f"{TESTS}/{MUTANTS[name].test}"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
