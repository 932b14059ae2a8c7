"""Sweeps on all cores: seeds are shared out in slices to processes that are kept."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

from tests.distributed.consensus.cluster.mutants import MUTANTS, planted
from tests.distributed.consensus.cluster.running import Failure, Report, run_seed, sweep

__all__ = ["hunt_on", "processes", "sweep_on"]

_SLICE = 125
_HUNT = 25


def processes() -> ProcessPoolExecutor:
    """As many as there are cores to run on. Spawned: a fork of a process with threads may hang."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ProcessPoolExecutor(cores or 1, mp_context=get_context("spawn"))


def sweep_on(pool: Executor, seeds: Sequence[int]) -> tuple[Report, list[Failure]]:
    """The same as `sweep`, shared out."""
    total = Report()
    failures: list[Failure] = []
    slices = [seeds[n : n + _SLICE] for n in range(0, len(seeds), _SLICE)]
    for report, failed in pool.map(sweep, slices):
        total.add(report)
        failures += failed
    return total, failures


def hunt_on(pool: Executor, mutant: str) -> Failure | None:
    """The first of its seeds that find a planted bug; None: none of them does."""
    seeds = MUTANTS[mutant].seeds
    starts = range(0, seeds, _HUNT)
    step = os.cpu_count() or 1
    for n in range(0, len(starts), step):
        batch = [
            pool.submit(_hunt, mutant, range(start, min(start + _HUNT, seeds)))
            for start in starts[n : n + step]
        ]
        found = [failure for future in batch if (failure := future.result()) is not None]
        if found:
            return found[0]
    return None


def _hunt(mutant: str, seeds: Sequence[int]) -> Failure | None:
    focus = MUTANTS[mutant].focus
    with planted(mutant):
        failures = sweep(seeds, focus=focus)[1]
    if not failures:
        return None
    # These mean that the core has changed under the bug, not that somebody has noticed it.
    assert failures[0].rule not in {"AttributeError", "NameError", "TypeError"}, failures[0]
    run_seed(failures[0].seed, focus=focus)  # the right core passes the same seed
    return failures[0]
