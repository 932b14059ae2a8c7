"""What a lost leader costs: the time from its crash to the next command's result.

Virtual time is exact, so it may decide here. The settings are the defaults.
"""

from __future__ import annotations

import asyncio
from statistics import median

import pytest

from holon_actors.distributed.consensus import RaftClient, RaftGroup, RaftSettings
from holon_actors.testing import Simulation
from tests.distributed.consensus.kit import SimGroup

SETTINGS = RaftSettings()
ELECTION_S = 2 * SETTINGS.election_s  # the longest that is ever drawn
PART = 50
# A client's system of its own has this.
HEARTBEAT_S = 0.5


async def cost(sim: Simulation) -> float:
    """Seconds in which nothing could be committed, as a member or a client sees it."""
    group = SimGroup(sim, "abc", settings=SETTINGS)
    system = sim.node("client", heartbeat=HEARTBEAT_S)
    async with (
        asyncio.timeout(60),
        RaftClient(group.members, settings=SETTINGS, system=system) as client,
    ):
        await client.propose(["put", "x", 0], timeout=30)
        await asyncio.sleep(sim.draw("moment", 1_000) / 1_000)
        leader = group.leader
        assert leader is not None
        other = next(name for name in group.members if name != leader)
        caller: RaftClient | RaftGroup = client
        if sim.draw("member", 2):
            caller = group.groups[other]
        await caller.propose(["put", "x", 1], timeout=30)
        sim.crash(leader)
        crashed_at = sim.time()
        await caller.propose(["put", "x", 2], timeout=30)
        return sim.time() - crashed_at


@pytest.mark.parametrize("part", range(4))
def test_a_lost_leader_costs_less_than_two_election_timeouts(part: int) -> None:
    costs = {
        seed: Simulation(seed=seed).run(cost) for seed in range(part * PART, (part + 1) * PART)
    }
    worst = max(costs, key=costs.__getitem__)
    assert costs[worst] < 2 * ELECTION_S, f"seed {worst}"
    assert median(costs.values()) < ELECTION_S
