"""What an engine is doing and has done, as a value: `Engine.stats()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Counters", "EngineStats", "LeaseInfo"]


@dataclass(slots=True)
class Counters:
    """Executions that have ended, by how, and what happened to them on the way. Only ever grows."""

    submitted: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    timed_out: int = 0
    rejected: int = 0
    retries: int = 0
    executor_crashes: int = 0
    worker_crashes: int = 0


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """One occupied slot: who has it, where, and for how long."""

    number: int
    execution: str | None  # id of the execution that runs, or None between two
    flow: str | None
    isolation: str
    executor: str
    state: Literal["running", "abandoned", "waiting"]
    age: float  # seconds since that execution started


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStats:
    """A snapshot of one engine. Counts are executions."""

    state: str  # "running", "draining" or "closed"
    max_concurrency: int
    queued: int  # wait for a slot
    running: int  # occupy a slot and somebody waits for the outcome
    # Occupy a slot though nobody waits: a thread that cannot be stopped, or a stop under way.
    abandoned: int
    waiting_for_children: int  # have given up their slot until nested executions end
    waiting_for_admission: int  # found a free slot, but the process tree is over its limits
    waiting_for_rate: int  # found a free slot, but the rate limit says later
    retrying: int  # wait for their next attempt
    submitted: int
    succeeded: int
    failed: int
    cancelled: int
    timed_out: int
    rejected: int  # refused because the queue was full
    retries: int
    executor_crashes: int
    worker_crashes: int
    executors: int
    worker_pids: tuple[int, ...]
    leases: tuple[LeaseInfo, ...]
