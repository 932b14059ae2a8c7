"""Every planted bug is found: by the simulator of the core within its number of seeds, and then the
right core passes the very seed that found it; or by a directed test, which fails with it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.distributed.consensus.cluster import directed, matrix
from tests.distributed.consensus.cluster.mutants import MUTANTS, planted
from tests.distributed.consensus.cluster.parallel import hunt_on, processes
from tests.distributed.consensus.cluster.running import sweep


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with processes() as made:
        yield made


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", [name for name, each in MUTANTS.items() if each.seeds])
def test_the_planted_bug_is_found(pool: ProcessPoolExecutor, name: str) -> None:
    assert hunt_on(pool, name) is not None, f"not in {MUTANTS[name].seeds} seeds"


@pytest.mark.parametrize("name", [name for name, each in MUTANTS.items() if each.test])
def test_the_directed_test_fails_with_the_planted_bug(name: str) -> None:
    command = [sys.executable, "-m", directed.__name__, name]
    ended = subprocess.run(command, cwd=matrix.ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout + ended.stderr


def test_a_planted_bug_is_gone_afterwards() -> None:
    with planted("votes_twice"):
        assert sweep(range(20))[1]
    assert not sweep(range(20))[1]


def test_the_page_is_up_to_date() -> None:
    assert matrix.PAGE.read_text() == matrix.page(), f"python -m {matrix.__name__}"


def test_every_known_bug_has_a_row() -> None:
    assert [bug.number for bug in matrix.BUGS] == list(range(1, 33))


@pytest.mark.parametrize("bug", matrix.BUGS, ids=lambda bug: str(bug.number))
def test_what_catches_a_bug_exists(bug: matrix.Bug) -> None:
    planted_here = [mutant for mutant in MUTANTS.values() if mutant.number == bug.number]
    assert planted_here or bug.tests or bug.reason
    for path, name in bug.tests:
        assert f"def {name}(" in (matrix.ROOT / path).read_text(), f"{path}: {name}"
