"""The core of Raft under faults of all kinds, over many seeds.

`HOLON_SOAK=50` runs fifty times as many. A seed that fails prints the command that shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.distributed.consensus.cluster.parallel import processes, sweep_on
from tests.distributed.consensus.cluster.running import replay, run_seed

SEEDS = 20_000 * max(1, int(os.environ.get("HOLON_SOAK") or 0))
CHUNKS = 20


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with processes() as made:
        yield made


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_raft_promises_holds_at_every_step_of_every_seed(
    pool: ProcessPoolExecutor, chunk: int
) -> None:
    size = SEEDS // CHUNKS
    report, failures = sweep_on(pool, range(chunk * size, (chunk + 1) * size))
    assert not failures, "\n".join(map(str, failures))
    # Runs in which nothing happens would find nothing.
    assert report.committed > 5 * size
    assert report.acknowledged > size
    assert report.elections > size
    assert report.faults > size
    assert report.changes > size // 10


@pytest.mark.parametrize("seed", range(0, 40, 7))
def test_a_seed_is_the_same_run_every_time(seed: int) -> None:
    assert run_seed(seed) == run_seed(seed)
    assert replay(seed)[0].lines == replay(seed)[0].lines
