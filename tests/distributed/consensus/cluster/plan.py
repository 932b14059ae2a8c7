"""What a run is like: every parameter drawn from its seed, so that runs differ in kind and not only
in detail (swarm testing: Groce and others, 2012).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from holon_actors.distributed.consensus.core.settings import CoreSettings

__all__ = ["FAULTS", "TICK", "Plan", "draw_plan"]

TICK = 1_000  # units of virtual time, by a clock that is right

FAULTS = (
    "partition",
    "isolate",
    "isolate-leader",
    "asymmetric",
    "cut-link",
    "heal",
    "crash",
    "crash-leader",
    "crash-all",
    "pause",
    "pause-leader",
    "slow-disk",
    "unreachable",
    "change",
    "transfer",
    "transfer-deaf",
)
_NODES_MAX = 10


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Times are in units of `TICK`s."""

    members: int
    spares: int
    settings: CoreSettings
    equal_timeouts: bool
    periods: tuple[int, ...]  # of a tick of each member
    snapshot_every: int  # entries; 0: never
    snapshot_filler: int  # bytes
    delay_min: int
    delay_mean: int
    ordered: bool  # links keep the order
    loss: float
    duplication: float
    tail: float  # share of messages with a long delay
    tail_mean: int
    corruption: float  # of snapshot chunks
    sync_mean: int
    apply_mean: int
    faults: tuple[str, ...]  # as often as they are drawn
    fault_every: int  # mean time between faults
    heal_mean: int  # after a link was cut
    restart_mean: int
    clients: int
    keys: int
    think_mean: int
    noise: float  # share of turns that propose without caring for the answer
    attempt_timeout: int
    events: int  # before the end
    audit_every: int  # steps between two calls of check_invariants
    liveness: bool


def draw_plan(rng: random.Random, focus: str | None = None) -> Plan:
    """A plan for one run: most often a mixture, sometimes one that looks for a kind of trouble,
    which `focus` can choose.
    """
    plan = _draw_any(rng)
    drawn = rng.choices(("any", "divergence", "leases", "members", "late"), (68, 12, 9, 9, 2))[0]
    match focus or drawn:
        case "divergence":
            return _divergence(plan, rng)
        case "leases":
            return _leases(plan, rng)
        case "members":
            return _members(plan, rng)
        case "late":
            return _late(plan, rng)
    return plan


def _divergence(plan: Plan, rng: random.Random) -> Plan:
    """Leaders that are cut off while they are given much to do, and entries go one by one."""
    return replace(
        plan,
        members=rng.choice((3, 3, 5)),
        spares=0,
        settings=replace(plan.settings, append_entries_max=rng.choice((1, 1, 2, 3))),
        faults=("isolate-leader", "isolate-leader", "crash-leader", "crash-all", "partition"),
        fault_every=rng.choice((10, 20)) * plan.settings.election_ticks * TICK // 10,
        heal_mean=rng.choice((10, 20)) * plan.settings.election_ticks * TICK // 10,
        delay_mean=rng.choice((20, 100, 300)),
        sync_mean=rng.choice((1, 100, 1_000)),
        clients=4,
        think_mean=300,
        noise=0.8,
        liveness=rng.random() < 0.6,
    )


def _leases(plan: Plan, rng: random.Random) -> Plan:
    """Leaders that trust their leases while others take over, with clocks far apart."""
    drift = rng.choice((0.3, 0.8))
    fast = int(TICK / (1 + drift))
    settings = replace(
        plan.settings,
        election_ticks=rng.choice((6, 10)),
        heartbeat_ticks=rng.choice((1, 3)),
        check_quorum=True,
        lease_reads=True,
        lease_drift=drift,
        reads_max=100,
    )
    return replace(
        plan,
        members=3,
        spares=0,
        settings=settings,
        periods=tuple(rng.choice((TICK, fast)) for _ in range(_NODES_MAX)),
        delay_min=1,
        delay_mean=rng.choice((20, 20, 1_000, 2_000)),
        sync_mean=rng.choice((1, 50)),
        apply_mean=0,
        faults=("isolate-leader", "isolate-leader", "transfer-deaf", "pause-leader", "heal"),
        fault_every=settings.election_ticks * TICK,
        heal_mean=settings.election_ticks * TICK,
        events=rng.choice((500, 1_500)),
        clients=4,
        think_mean=200,
        noise=0.0,
        liveness=False,
    )


def _late(plan: Plan, rng: random.Random) -> Plan:
    """Answers that come terms too late, and leaders that crash before their disk has what they
    sent and are leaders again at once.
    """
    election = rng.choice((2, 3, 4))
    return replace(
        plan,
        members=3,
        spares=0,
        settings=replace(
            plan.settings, election_ticks=election, heartbeat_ticks=1, lease_reads=False
        ),
        faults=("crash-leader", "crash-leader", "slow-disk", "isolate-leader"),
        fault_every=election * TICK,
        heal_mean=election * TICK,
        restart_mean=TICK // 2,
        delay_min=1,
        delay_mean=20,
        ordered=False,
        loss=0.0,
        tail=0.3,
        tail_mean=rng.choice((3, 6)) * election * TICK,
        sync_mean=rng.choice((200, 1_000)),
        clients=4,
        think_mean=300,
        noise=0.8,
        liveness=False,
    )


def _members(plan: Plan, rng: random.Random) -> Plan:
    """Changes of members all the time."""
    return replace(
        plan,
        members=rng.choice((1, 2, 3)),
        spares=3,
        periods=tuple(TICK for _ in range(_NODES_MAX)),
        faults=("change", "change", "change", *rng.sample(FAULTS, 3)),
        fault_every=rng.choice((10, 20)) * plan.settings.election_ticks * TICK // 10,
        delay_mean=rng.choice((20, 100, 300)),
        sync_mean=rng.choice((1, 100)),
        liveness=rng.random() < 0.6,
    )


def _draw_any(rng: random.Random) -> Plan:
    members = rng.choices((1, 2, 3, 4, 5, 7), (3, 6, 50, 10, 28, 3))[0]
    spares = rng.choice((0, 0, 1, 2, 3))
    pick = rng.choice
    chance = rng.random
    settings = _draw_settings(rng)
    drift = settings.lease_drift if settings.lease_reads else pick((0.0, 0.1, 1.0))
    calm = chance() < 0.1  # no faults; what the network does is another matter
    ideal = chance() < 0.3
    return Plan(
        members=members,
        spares=spares,
        settings=settings,
        equal_timeouts=chance() < 0.15,
        periods=tuple(int(TICK / (1 + drift * chance())) for _ in range(_NODES_MAX)),
        snapshot_every=pick((0, 0, 2, 4, 10, 30)),
        snapshot_filler=pick((0, 0, 40, 200)),
        delay_min=pick((1, 20, 200)),
        delay_mean=pick((20, 100, 300, 1_000, 2_000)),
        ordered=chance() < 0.4,
        loss=0.0 if ideal or chance() < 0.3 else pick((0.01, 0.05, 0.2)),
        duplication=0.0 if ideal or chance() < 0.3 else pick((0.01, 0.1, 0.3)),
        tail=0.0 if ideal or chance() < 0.3 else pick((0.005, 0.03, 0.1)),
        tail_mean=pick((5, 20, 60)) * TICK,
        corruption=pick((0.0, 0.0, 0.05)),
        sync_mean=pick((1, 50, 200, 1_000, 3_000)),
        apply_mean=pick((0, 0, 0, 100, 1_500)),
        faults=() if calm else _draw_faults(rng),
        fault_every=pick((5, 10, 20, 40)) * settings.election_ticks * TICK // 10,
        heal_mean=pick((5, 10, 20, 60)) * settings.election_ticks * TICK // 10,
        restart_mean=pick((1, 4, 15)) * TICK,
        clients=pick((1, 2, 3, 4)),
        keys=pick((1, 1, 2, 3)),
        think_mean=pick((200, 1_000, 4_000)),
        noise=pick((0.0, 0.3, 0.7)),
        attempt_timeout=pick((3, 8, 25)) * TICK,
        events=rng.choices((250, 500, 900, 2_000, 6_000), (450, 330, 170, 45, 5))[0],
        audit_every=rng.choices((1, 25, 200), (2, 8, 90))[0],
        liveness=chance() < 0.3,
    )


def _draw_faults(rng: random.Random) -> tuple[str, ...]:
    """Some kinds, some of them more often than others."""
    share = rng.choice((0.2, 0.4, 0.7))
    kinds = [name for name in FAULTS if rng.random() < share]
    weighted = [name for name in kinds for _ in range(rng.choice((1, 1, 3)))]
    if rng.random() < 0.3:
        weighted += ["change"] * 6
    return tuple(weighted)


def _draw_settings(rng: random.Random) -> CoreSettings:
    pick = rng.choice
    chance = rng.random
    election = pick((2, 3, 4, 4, 6, 10))
    check_quorum = chance() < 0.8
    append_bytes = pick((1, 10, 60, 1 << 20))
    return CoreSettings(
        election_ticks=election,
        heartbeat_ticks=pick((1, max(1, election // 4), max(1, election // 2))),
        pre_vote=chance() < 0.8,
        check_quorum=check_quorum,
        lease_reads=check_quorum and chance() < 0.4,
        lease_drift=pick((0.05, 0.1, 0.3)),
        append_entries_max=pick((1, 1, 2, 3, 8, 1_024)),
        append_bytes_max=append_bytes,
        inflight_max=pick((1, 1, 2, 4, 256)),
        inflight_bytes_max=max(append_bytes, pick((10, 100, 16 << 20))),
        uncommitted_bytes_max=pick((30, 200, 64 << 20, 64 << 20)),
        proposal_bytes_max=pick((20, 8 << 20)),
        reads_max=pick((1, 3, 100_000, 100_000)),
        chunk_bytes=pick((8, 30, 1 << 20)),
        trailing_entries=pick((0, 0, 1, 5, 1_024)),
        catch_up_rounds_max=pick((1, 3, 10)),
    )
