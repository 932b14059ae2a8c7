"""Puts `EngineStats` together from where the facts are kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from holon_actors.runtime.execution import Execution
from holon_actors.runtime.leases import Lease
from holon_actors.runtime.shop import Shop
from holon_actors.runtime.stats import EngineStats, LeaseInfo
from holon_actors.runtime.workload import Workload

__all__ = ["snapshot"]


def snapshot(state: str, workload: Workload, shop: Shop, now: float) -> EngineStats:
    """What an engine is doing at `now`."""
    planner = workload.planner
    held = list(planner.leases)
    leases = [*held, *workload.suspended]
    waiting = len(planner.queue)
    # A lease that has been granted and not taken up yet still holds all of its jobs.
    # Copied, as a worker thread may be taking jobs out meanwhile.
    granted = [job for lease in held for job in tuple(lease.jobs)]
    queued = waiting + sum(not job.withdrawn for job in granted)
    running = sum(_runs(lease) for lease in held if lease.state == "running")
    return EngineStats(
        state=state,
        max_concurrency=planner.leases.limit,
        queued=queued,
        running=running,
        abandoned=sum(lease.state == "abandoned" for lease in held),
        waiting_for_children=len(workload.suspended),
        waiting_for_admission=waiting if shop.held_by == "admission" else 0,
        waiting_for_rate=waiting if shop.held_by == "rate" else 0,
        retrying=len(workload.retrying),
        executors=len(shop.roster.members),
        worker_pids=tuple(shop.worker_pids),
        leases=tuple(_describe(lease, now) for lease in leases),
        **asdict(workload.counters),
    )


def _runs(lease: Lease[Execution[Any]]) -> bool:
    owner = lease.owner
    return owner is not None and owner.lease is lease and owner.status == "running"


def _describe(lease: Lease[Execution[Any]], now: float) -> LeaseInfo:
    owner = lease.owner
    return LeaseInfo(
        number=lease.number,
        execution=None if owner is None else owner.id,
        flow=None if owner is None else owner.flow.meta.name,
        isolation=lease.isolation,
        executor=getattr(lease.executor, "path", ""),
        state=lease.state,
        age=now - lease.since,
    )
